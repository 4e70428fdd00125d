"""A whole answer, acted by a head: it begins when the answer is over."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
import soxr

from modules.avatar.landmarks.finder import Finder
from modules.avatar.landmarks.mapping import points68
from modules.avatar.neural.painting import FRAME_HEARD
from modules.avatar.sadtalker.acting import speaking
from modules.avatar.sadtalker.pasting import shown
from modules.avatar.sadtalker.studio import Head, Studio
from modules.avatar.stream import FaceStream
from modules.messages import (
    FRAME_SAMPLES,
    LISTEN_RATE,
    SPEECH_RATE,
    ByteArray,
    FloatArray,
    Portrait,
    Speech,
)


class TalkingHead(FaceStream):
    """One reply of a portrait, for a film. Pose and blinks need the whole of what is said: frames
    come once the last piece has been heard.
    """

    def __init__(
        self, reply: int, portrait: Portrait, studio: Studio, finder: Finder, *, still: bool
    ) -> None:
        super().__init__(reply)
        self._portrait, self._studio, self._still = portrait, studio, still
        self._finder = finder
        self._sound: list[FloatArray] = []
        self._head: Head | None = None
        self._faces: Iterator[ByteArray] = iter(())

    def hear(self, speech: Speech, at: int) -> None:
        """Learn of a piece of speech."""
        self._sound.append(speech.samples)

    def forget(self) -> None:
        """Forget what was heard and not drawn."""
        self._sound = []

    def drawable(self) -> int | None:
        """Return 0 until all is said."""
        return 0 if self._head is None else None

    def end(self, frame: int, now: int) -> None:
        """Act the whole reply: all its sound, and the silence that it ends in."""
        portrait = self._portrait
        said = np.concatenate(self._sound)
        whole = np.pad(said, (0, max(0, (frame + 1 - now) * FRAME_SAMPLES - len(said))))
        heard = soxr.resample(whole, SPEECH_RATE, LISTEN_RATE)[: (frame + 1 - now) * FRAME_HEARD]
        points = self._finder.picture(portrait.rgb, points68(portrait.points))
        self._head = self._studio.see(portrait.rgb, points, "full")
        rows = speaking(
            self._studio, self._head, np.asarray(heard, np.float32), still=self._still,
            seed=zlib.crc32(portrait.id.encode()),
        )  # fmt: skip
        self._faces = self._studio.frames(self._head, rows)

    def draw(self, frame: int, out: ByteArray) -> None:
        """Draw the next frame."""
        assert self._head is not None
        out[:] = shown(self._head, next(self._faces))
