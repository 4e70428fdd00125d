"""SadTalker as what makes a portrait move while nothing is said (`neural/painting.py`, `Mover`)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from modules.avatar.sadtalker.acting import IDLE_FRAMES, idling
from modules.avatar.sadtalker.pasting import shown
from modules.avatar.sadtalker.studio import Studio
from modules.messages import ByteArray, FloatArray


class SadTalkerMover:
    """Idles a portrait. Used by one thread at a time."""

    name = "sadtalker"
    version = "1"

    def __init__(self, studio: Studio, frames: int = IDLE_FRAMES) -> None:
        self._studio, self._frames = studio, frames

    def idle(self, rgb: ByteArray, points: FloatArray) -> Iterator[ByteArray]:
        """Yield the frames of a seamless loop, each uint8 [512, 512, 3]; `points` [68, 2].

        All coefficients are closed curves, and each frame is mapped with the 13 before and after it
        round the loop: the last frame is as near to the first as any two others.
        """
        head = self._studio.see(rgb, points, "full")
        rows = idling(self._studio, head, zlib.crc32(rgb.tobytes()), self._frames)
        for face in self._studio.frames(head, rows, around=True):
            yield shown(head, face)
