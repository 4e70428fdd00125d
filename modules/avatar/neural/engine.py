"""What every engine with a painter shares: loading, avatars at hand, preparing, streams."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np

from modules.avatar.neural.painting import BOXES, FRAME_HEARD, MASKS, Features, Painter
from modules.avatar.neural.preparation import Progress, painted
from modules.avatar.neural.queue import PaintQueue
from modules.avatar.neural.shelf import (
    Attached,
    motion_file,
    painted_file,
    read_motion,
    read_painted,
    write_painted,
)
from modules.avatar.neural.stream import RUN, NeuralStream
from modules.engines import EngineLock, EngineSpec
from modules.errors import EngineFailed, StorageFailed
from modules.messages import Portrait, TurnRequest

AT_HAND = 6
"""Avatars that stay attached: each may hold its frames on the device."""
_SILENCE_FRAMES = 60


class NeuralEngine:
    """An engine whose network paints mouths. A subclass makes the painter."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self._queue: PaintQueue | None = None
        self._lock = EngineLock()
        self._at_hand: OrderedDict[tuple[Path, int], Attached] = OrderedDict()

    def make(self) -> Painter:
        """Load the network; blocks.

        Raises `EngineUnavailable` where something is missing and `WeightsRejected` for wrong files.
        """
        raise NotImplementedError

    @property
    def queue(self) -> PaintQueue:
        """The way to the painter. Raises `EngineFailed` before `load` and after `close`."""
        if self._queue is None:
            raise EngineFailed("closed", stage="avatar", engine=self.spec.name)
        return self._queue

    @cached_property
    def silence(self) -> Features:
        """What the painter hears in silence: features of some equal frames, `RUN` at least."""
        ear = self.queue.call(self.queue.painter.ear)
        nothing = np.zeros(_SILENCE_FRAMES * FRAME_HEARD, np.float32)
        rows = self.queue.call(lambda: ear.push(nothing, True))
        middle = len(rows) // 2
        return rows[middle - RUN : middle + RUN]

    def load(self) -> None:
        """Make the painter. Raises as `make` does."""
        self._queue = PaintQueue(self.make())

    def close(self) -> None:
        """Let go of the painter and of all avatars."""
        queue, self._queue = self._queue, None
        self._at_hand.clear()
        self.__dict__.pop("silence", None)
        if queue is not None:
            queue.close()

    def open(self, request: TurnRequest) -> NeuralStream:
        """Return the face of the request's portrait. Raises `EngineFailed` where there is none."""
        return NeuralStream(request, self)

    def prepared(self, portrait: Portrait) -> bool:
        """Tell whether a portrait can speak now."""
        try:
            return bool(portrait.folder) and painted_file(portrait, self.queue.painter).exists()
        except StorageFailed:  # no motion is there, or one that another version kept
            return False

    def prepare(
        self,
        portrait: Portrait,
        progress: Progress = lambda share: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Prepare a portrait whose motion is kept, for good; False where `cancelled` said so.

        Blocks; living sessions are painted in between. Raises `StorageFailed`, and what the painter
        raises.
        """
        motion = read_motion(motion_file(portrait))
        arrays = painted(self.queue, motion, progress, cancelled)
        if arrays is None:
            return False
        write_painted(painted_file(portrait, self.queue.painter, motion.digest), arrays)
        return True

    def attached(self, portrait: Portrait) -> Attached:
        """Return a prepared avatar, ready to be painted; blocks at its first use.

        Raises `EngineFailed` "not_prepared".
        """
        if not self.prepared(portrait):
            raise self._unprepared()
        file = painted_file(portrait, self.queue.painter)
        key = file, file.stat().st_mtime_ns
        with self._lock:
            found = self._at_hand.get(key)
            if found is None:
                found = self._at_hand[key] = self._attach(portrait, file)
            self._at_hand.move_to_end(key)
            while len(self._at_hand) > AT_HAND:
                self._at_hand.popitem(last=False)
        return found

    def _attach(self, portrait: Portrait, file: Path) -> Attached:
        try:
            motion = read_motion(motion_file(portrait))
            arrays = read_painted(file, len(motion))
        except StorageFailed as error:  # the next engine speaks; preparing anew mends it
            raise self._unprepared() from error
        painter = self.queue.painter
        attached = self.queue.call(lambda: painter.attach(motion.frames, arrays))
        return Attached(motion, attached, arrays[BOXES], np.asarray(arrays[MASKS], np.uint8))

    def _unprepared(self) -> EngineFailed:
        return EngineFailed("not_prepared", stage="avatar", engine=self.spec.name)
