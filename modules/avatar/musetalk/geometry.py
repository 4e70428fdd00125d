"""Where the painter's crop lies in a frame, and the square around it that the mask is made on."""

from __future__ import annotations

import numpy as np

from modules.messages import FloatArray

NOSE_BRIDGE = 29
"""The crop's middle line: what lies above it is shown to the painter, what lies below is masked."""
MARGIN = 10
"""Pixels that the crop reaches below the chin (version 1.5)."""
_WIDER = 1.5

Box = tuple[int, int, int, int]
"""Left, top, right, bottom (exclusive) in pixels."""


def face_box(points: FloatArray, width: int, height: int) -> Box:
    """Return the crop of a face of 68 points: from chin to as far above the nose's bridge as the
    chin is below it, and as wide as the points; within the frame.
    """
    whole = points.astype(np.int64)
    middle, lowest = int(whole[NOSE_BRIDGE, 1]), int(whole[:, 1].max())
    top = max(0, 2 * middle - lowest)
    left, right = max(0, int(whole[:, 0].min())), min(width, int(whole[:, 0].max()))
    return left, top, right, min(lowest + MARGIN, height)


def square_around(box: Box) -> Box:
    """Return the square on which the mask is made: half as wide again as the longer side of the
    box; it may reach beyond the frame.
    """
    left, top, right, bottom = box
    half = int(max(right - left, bottom - top) // 2 * _WIDER)
    x, y = (left + right) // 2, (top + bottom) // 2
    return x - half, y - half, x + half, y + half
