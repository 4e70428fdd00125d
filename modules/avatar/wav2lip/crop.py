"""Where the network's face lies in a frame, and how its mouth fades into it.

Upstream takes the box of a detector, S3FD, that nothing else here needs. Its boxes go from the
middle of the forehead to the chin and from cheek to cheek; so does the one that is made of points
here, with upstream's margin below the chin, where an open mouth needs it.
"""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.wav2lip.mouth import FIRST_ROW, HALF, SIDE
from modules.messages import ByteArray, FloatArray

_FOREHEAD, _BELOW = 0.35, 0.04
"""Beyond brows and chin, in parts of the distance between them and of the box's height. Half of the
forehead is a sixth of a face, brows to chin being two thirds of it; ten of the 250 pixels that a
face is high in upstream's examples."""
_JAW, _BROWS = slice(0, 17), slice(17, 27)
_CHIN = 8
_WIDER = 1.06
"""How far beyond the jaw the mouth reaches, from the middle of the face: it drops when it opens."""
_SOFT = 4.0
"""Pixels of the 96, standard deviation of the fading."""


def box(points: FloatArray, height: int, width: int) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of a face with points [68, 2], within its frame."""
    brows, chin = float(points[_BROWS, 1].mean()), float(points[_CHIN, 1])
    top = brows - _FOREHEAD * (chin - brows)
    bottom = chin + _BELOW * (chin - top)
    left, right = float(points[:, 0].min()), float(points[:, 0].max())
    left, right = max(0, int(left)), min(width, int(np.ceil(right)))
    top, bottom = max(0, int(top)), min(height, int(np.ceil(bottom)))
    return left, top, max(right, left + 2), max(bottom, top + 2)


def cropped(frame: ByteArray, where: tuple[int, int, int, int]) -> ByteArray:
    """Return the face of a frame as the network takes it, uint8 [96, 96, 3], bilinear."""
    left, top, right, bottom = where
    return np.asarray(cv2.resize(frame[top:bottom, left:right], (SIDE, SIDE)), np.uint8)


def mask(points: FloatArray, where: tuple[int, int, int, int]) -> ByteArray:
    """Return how opaque a painted mouth is over its crop, uint8 [96, 96].

    It covers what lies between jaw and the middle of the nose, a little wider, and fades on all
    sides: in what the network does not paint, above `FIRST_ROW`, and at the crop's border it is 0.
    """
    left, top, right, bottom = where
    jaw = (points[_JAW] - (left, top)) * (SIDE / (right - left), SIDE / (bottom - top))
    middle = np.array([jaw[:, 0].mean(), HALF])
    wider = middle + _WIDER * (jaw - middle)
    low = wider[wider[:, 1] > HALF]
    if len(low) < 3:
        low = np.array([[4, SIDE - 4], [SIDE / 2, SIDE], [SIDE - 4, SIDE - 4]], np.float64)
    upper = [[low[-1, 0], HALF], [low[0, 0], HALF]]
    outline = np.concatenate([low, upper]).round().astype(np.int32)
    drawn = np.zeros((SIDE, SIDE), np.float32)
    cv2.fillConvexPoly(drawn, cv2.convexHull(outline), 1.0)
    soft = np.asarray(cv2.GaussianBlur(drawn, (0, 0), _SOFT, borderType=cv2.BORDER_CONSTANT))
    return np.asarray((255 * soft * _border()).round(), np.uint8)


def _border() -> FloatArray:
    rows, columns = np.arange(SIDE), np.arange(SIDE)
    down = np.minimum(rows - FIRST_ROW, SIDE - 1 - rows) / (HALF - FIRST_ROW)
    across = np.minimum(columns, SIDE - 1 - columns) / 4
    return np.asarray(np.clip(down, 0, 1)[:, None] * np.clip(across, 0, 1)[None], np.float32)
