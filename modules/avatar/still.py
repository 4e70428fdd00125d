"""The last face: the persona's resting picture, and nothing that could fail.

Only Pillow and the picture beside the persona's file are used; without the picture it is a plain
colour. The voice goes on.
"""

from __future__ import annotations

import logging
from functools import lru_cache

import numpy as np

from modules.avatar.gallery import known, poster_file
from modules.avatar.stream import FaceStream
from modules.engines import EngineSpec
from modules.messages import FRAME_SIZE, ByteArray, TurnRequest

log = logging.getLogger("guong.avatar")

PLAIN = (201, 176, 144)
"""The wall behind the personas."""


@lru_cache(maxsize=8)
def picture(avatar: str) -> ByteArray:
    """Return the resting picture of a known persona, uint8 [512, 512, 3], or a plain colour."""
    plain = np.empty((FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
    plain[:] = PLAIN
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        return plain
    try:
        with Image.open(poster_file(avatar)) as image:
            found = np.array(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, ValueError) as error:
        log.warning("no picture of %s: %s", avatar, type(error).__name__)
        return plain
    return found if found.shape == plain.shape else plain


class StillEngine:
    """Shows a picture while the voice goes on."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec

    def load(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing to close."""

    def open(self, request: TurnRequest) -> StillStream:
        """Return the still of the request's persona."""
        return StillStream(request)


class StillStream(FaceStream):
    """One reply over a still."""

    def __init__(self, request: TurnRequest) -> None:
        super().__init__(request.reply)
        portrait = request.portrait
        self._picture = portrait.rgb if portrait else picture(known(request.persona.avatar))

    def draw(self, frame: int, out: ByteArray) -> None:
        """Show the picture."""
        out[:] = self._picture
