"""Speech into frames, with a mouth that a network paints: the sound is the clock.

The avatar's own frames follow one path through the whole reply, across pieces and clauses, and end
in the idle pose (`path.py`). In silence its own mouth is shown, or, where that is open, the one
that the network paints to silence. Frames are painted in short runs, so that those of several
sessions share a batch.
"""

from __future__ import annotations

import time
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from modules.avatar.neural.hearing import Hearing
from modules.avatar.neural.painting import Features, Run
from modules.avatar.neural.path import Indices, Path
from modules.avatar.stream import FaceStream
from modules.errors import EngineFailed
from modules.messages import FPS, ByteArray, FloatArray, Speech, TurnRequest

if TYPE_CHECKING:
    from modules.avatar.neural.engine import NeuralEngine
    from modules.avatar.neural.shelf import Attached

BoolArray = npt.NDArray[np.bool_]

RUN = 4
"""Frames of a run: 160 ms. A session's first frames wait for no more than theirs."""


class _Asked(NamedTuple):
    """A run on its way: the frames of the batch from `at` on."""

    at: int
    run: Run
    pictures: Future[ByteArray]


class NeuralStream(FaceStream):
    """One reply of an avatar with a painted mouth."""

    def __init__(self, request: TurnRequest, engine: NeuralEngine) -> None:
        super().__init__(request.reply)
        if request.portrait is None:
            raise EngineFailed("no_portrait", stage="avatar", engine=engine.spec.name)
        self._portrait = request.portrait
        self._engine = engine
        self._avatar: Attached | None = None
        self._path: Path | None = None
        self._hearing: Hearing | None = None
        self._asked: list[_Asked] = []
        self._began = 0.0

    def hear(self, speech: Speech, at: int) -> None:
        """Learn of a piece of speech; with the first one the avatar is taken from its shelf."""
        if self._avatar is None:
            self._avatar = self._engine.attached(self._portrait)
            self._path = Path(len(self._avatar.motion), loops=self._avatar.motion.loops)
            self._began = time.monotonic()
        if self._hearing is None:
            self._hearing = Hearing(self._engine.queue, self._framer.given)
        self._hearing.push(speech.samples, speech.visemes)

    def end(self, frame: int, now: int) -> None:
        """Lead the path home, to the idle pose."""
        assert self._hearing is not None
        assert self._path is not None
        self._hearing.end(frame + 1)
        self._path.end(frame + 1 - now)

    def forget(self) -> None:
        """Forget what was heard and not drawn."""
        self._hearing = None
        if self._path is not None:
            self._path.forget()

    def drawable(self) -> int | None:
        """Return how many frames have all the sound that they need."""
        return self._hearing.drawable if self._hearing is not None else None

    async def clear(self) -> None:
        """Forget what was pushed; what waits to be painted is not painted."""
        await super().clear()
        for asked in self._asked:
            asked.pictures.cancel()

    def fill(self, start: int, rgb: ByteArray) -> None:
        """Paint frames. Raises what the painter raises, and `EngineFailed` once it is closed."""
        assert self._path is not None
        assert self._avatar is not None
        indices, fades = self._path.take(len(rgb))
        if not len(rgb):
            return
        self._asked = [
            _Asked(at, run, self._submit(run, start + at)) for at, run in self._runs(start, indices)
        ]
        painted = {at + k for at, run, _ in self._asked for k in range(len(run.indices))}
        frames = self._avatar.motion.frames
        for k, index in enumerate(indices.tolist()):
            if k not in painted or not self._engine.queue.painter.whole:
                rgb[k] = frames[index]
        for asked in self._asked:
            self._show(asked, rgb)
        self._asked = []
        for k in np.flatnonzero(fades).tolist():
            rgb[k] = _dissolved(rgb[k], frames[0], float(fades[k]))

    def _submit(self, run: Run, frame: int) -> Future[ByteArray]:
        due = self._began + frame / FPS
        return self._engine.queue.submit(run, session=self, due=due)

    def _show(self, asked: _Asked, rgb: ByteArray) -> None:
        try:
            pictures = asked.pictures.result()
        except CancelledError as error:
            if self._seen != self._cleared:
                return  # nobody will see this batch
            raise EngineFailed("closed", stage="avatar", engine=self._engine.spec.name) from error
        here = slice(asked.at, asked.at + len(asked.run.indices))
        if self._engine.queue.painter.whole:
            rgb[here] = pictures
            return
        assert self._avatar is not None
        for k, crop in enumerate(pictures):
            index, strength = int(asked.run.indices[k]), float(asked.run.strength[k])
            self._avatar.paste(rgb[asked.at + k], crop, index, strength)

    def _runs(self, start: int, indices: Indices) -> list[tuple[int, Run]]:
        """Return what is to be painted of a batch: its place in it, and the run."""
        assert self._hearing is not None
        assert self._avatar is not None
        count = len(indices)
        strength = self._hearing.strength(start, count)
        opens = ~self._avatar.motion.closed[indices]
        silent = opens & (strength < 0.5)
        strength = np.where(opens, np.float32(1), strength)
        runs: list[tuple[int, Run]] = []
        at = 0
        for rows in self._hearing.features(start, count):
            for a, b in _stretches(silent[at : at + len(rows)], strength[at : at + len(rows)] > 0):
                heard = self._silence(b - a) if silent[at + a] else rows[a:b]
                runs.append((at + a, self._run(indices, heard, strength, at + a, at + b)))
            at += len(rows)
        return runs

    def _run(self, indices: Indices, heard: Features, strength: FloatArray, a: int, b: int) -> Run:
        assert self._avatar is not None
        return Run(self._avatar.prepared, indices[a:b], heard, strength[a:b])

    def _silence(self, count: int) -> Features:
        return self._engine.silence[:count]


def _stretches(silent: BoolArray, painted: BoolArray) -> list[tuple[int, int]]:
    """Return [a, b) of frames that are painted, to the same kind of sound, `RUN` at most."""
    found: list[tuple[int, int]] = []
    for k in np.flatnonzero(painted).tolist():
        if found:
            a, b = found[-1]
            if b == k and k - a < RUN and silent[k] == silent[a]:
                found[-1] = (a, k + 1)
                continue
        found.append((k, k + 1))
    return found


def _dissolved(picture: ByteArray, into: ByteArray, share: float) -> ByteArray:
    mixed = picture + (into.astype(np.float32) - picture) * share
    return np.asarray(mixed + 0.5, np.uint8)
