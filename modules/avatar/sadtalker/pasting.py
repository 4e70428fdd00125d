"""A moved face back into its portrait."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from modules.avatar.neural.pasting import paste
from modules.avatar.sadtalker.alignment import FACE
from modules.avatar.sadtalker.studio import Head
from modules.messages import FRAME_SIZE, ByteArray

_BORDER = 0.14
"""Sides of the face over which it fades into the portrait."""


def shown(head: Head, face: ByteArray) -> ByteArray:
    """Return a frame, uint8 [512, 512, 3]: the portrait with the face, or the face alone."""
    if head.kind == "crop":
        size = FRAME_SIZE, FRAME_SIZE
        return np.asarray(cv2.resize(face, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    frame = head.rgb.copy()
    paste(frame, face, np.array(head.box), border(), 1.0)
    return frame


@cache
def border() -> ByteArray:
    """Return how opaque a moved face is, uint8 [256, 256]: soft on all sides, corners cut off."""
    off = np.abs((np.arange(FACE) + 0.5) / FACE - 0.5) * 2
    outwards = np.hypot(np.maximum(0, off[None] - 0.5), np.maximum(0, off[:, None] - 0.5)) / 0.5
    inside = np.clip((1 - outwards) / (2 * _BORDER), 0, 1)
    return np.asarray(255 * inside * inside * (3 - 2 * inside) + 0.5, np.uint8)
