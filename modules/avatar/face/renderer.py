"""Draws frames: changed eyes and mouth go into a large picture, which is then moved and reduced."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from modules.avatar.face.eyes import EyePainter, EyeState
from modules.avatar.face.furrows import furrows
from modules.avatar.face.inside import Box
from modules.avatar.face.mouth import MouthPainter
from modules.avatar.face.warp import HeadWarp
from modules.avatar.rig.blinks import LIDS
from modules.avatar.rig.idle import idle_pose
from modules.avatar.rig.pose import Pose
from modules.avatar.specification import Mouth, PersonaFile
from modules.engines import EngineLock
from modules.messages import FRAME_SIZE, ByteArray

Key = tuple[int, ...]
_NO_MAP = np.empty(0, np.float32)
_MOUTH_BYTES, _EYE_BYTES = 9_000_000, 6_000_000
"""Some hundred mouths, and eyes, of which the same two hundred looks and lids come back often."""
_MOUTH_STEPS = (40, 24, 24, 16, 8, 12, 16, 24, 8)
"""Steps into which each value of `Mouth` is rounded."""


class Patches:
    """Drawn parts of a face, least recently used first; shared by the streams of an engine."""

    def __init__(self, limit: int) -> None:
        self._limit, self._bytes = limit, 0
        self._known: OrderedDict[Key, ByteArray] = OrderedDict()
        self._lock = EngineLock()

    def get(self, key: Key, draw: Callable[[], ByteArray]) -> ByteArray:
        """Return the patch of a key; draws it, outside the lock, where it is not known."""
        with self._lock:
            patch = self._known.get(key)
            if patch is not None:
                self._known.move_to_end(key)
                return patch
        drawn = draw()
        drawn.setflags(write=False)
        with self._lock:
            if key not in self._known:
                self._known[key] = drawn
                self._bytes += drawn.nbytes
            while self._bytes > self._limit:
                self._bytes -= self._known.popitem(last=False)[1].nbytes
        return drawn

    @property
    def nbytes(self) -> int:
        """Bytes of all patches."""
        return self._bytes


class Renderer:
    """Everything about one persona that all streams share. Immutable but for its patches.

    With `fine` the eyes keep detail that only a picture of the large size can hold.
    """

    def __init__(self, persona: PersonaFile, portrait: ByteArray, fine: bool = False) -> None:
        look = persona.look
        self.portrait = portrait
        self.mouths, self.lids = Patches(_MOUTH_BYTES), Patches(_EYE_BYTES)
        self.warp = HeadWarp(look)
        centre, smile, lit = look.head.centre, persona.rest.corner, look.light.side
        self.mouth = MouthPainter(look.lips, persona.folds, smile, centre, portrait, lit)
        self.eyes = [EyePainter(look.eyes, centre, side, portrait, lit, fine) for side in (-1, 1)]
        taken = [self.mouth.box, *(eye.box for eye in self.eyes)]
        self.furrows = furrows(look.skin, idle_pose(persona.rest), centre, portrait, taken)
        self._prepare_blinks(persona)

    def _prepare_blinks(self, persona: PersonaFile) -> None:
        # Blinks come with the first sentence; their pictures take a while and are always the same.
        brush, still = self.brush(), idle_pose(persona.rest)
        for lid in (*LIDS, 1.0):
            brush.draw_eyes(still._replace(lid=lid))

    def brush(self) -> Brush:
        """Make the state of one stream."""
        return Brush(self)


class Brush:
    """The picture of one stream, and what is drawn in it now."""

    def __init__(self, renderer: Renderer) -> None:
        self._shared = renderer
        self._picture = renderer.portrait.copy()
        self._drawn: dict[int, Key] = {}

    def draw(self, pose: Pose, out: ByteArray) -> None:
        """Draw a pose into `out`, uint8 [512 n, 512 n, 3] and contiguous."""
        self._draw_mouth(pose.mouth)
        self.draw_eyes(pose)
        self._draw_furrows(pose)
        where = self._shared.warp.map(pose, len(out) // FRAME_SIZE)
        edge = cv2.BORDER_REPLICATE
        cv2.remap(self._picture, where, _NO_MAP, cv2.INTER_LINEAR, dst=out, borderMode=edge)

    def draw_eyes(self, pose: Pose) -> None:
        """Draw the eyes of a pose into the large picture."""
        lid, squint = round(pose.lid * 32), round(pose.squint * 12)
        look = (round(pose.gaze_x * 4), round(pose.gaze_y * 4))
        for part, painter in enumerate(self._shared.eyes, start=1):
            key = (part, lid, squint, *look)
            state = EyeState(lid / 32, squint / 12, look[0] / 4, look[1] / 4)
            self._place(self._shared.lids, key, painter.box, partial(painter.paint, state))

    def _draw_mouth(self, mouth: Mouth) -> None:
        steps = zip(mouth, _MOUTH_STEPS, strict=True)
        key = tuple(round(value * step) for value, step in steps)
        values = [at / step for at, step in zip(key, _MOUTH_STEPS, strict=True)]
        painter = self._shared.mouth
        draw = partial(painter.paint, Mouth(*values))
        self._place(self._shared.mouths, (0, *key), painter.box, draw)

    def _draw_furrows(self, pose: Pose) -> None:
        for part, lines in enumerate(self._shared.furrows, start=3):
            key = (part, lines.level(pose))
            if self._drawn.get(part) != key:
                top, bottom, left, right = lines.box
                self._picture[top:bottom, left:right] = lines.skin(key[1])
                self._drawn[part] = key

    def _place(self, patches: Patches, key: Key, box: Box, draw: Callable[[], ByteArray]) -> None:
        if self._drawn.get(key[0]) == key:
            return
        top, bottom, left, right = box
        self._picture[top:bottom, left:right] = patches.get(key, draw)
        self._drawn[key[0]] = key
