"""Which pixels of a crop are replaced: jaw, lips and the inside of the mouth, never the nose.

The original paints this mask on a map of a parsing network (BiSeNet, whose weights may be used for
research only). Here the map is drawn from the 68 points: only what lies below the middle of the
square counts, and there the skin ends where the points of the jaw say. `jaw_mask` and
`square_mask` take a map from either.
"""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.musetalk.geometry import Box, square_around
from modules.messages import ByteArray, FloatArray

MAP = 512
"""Side of a parsing map."""
SKIN, NOSE, MOUTH, UPPER_LIP, LOWER_LIP = 1, 10, 11, 12, 13
"""Classes of CelebAMask-HQ (Lee et al. 2020) as BiSeNet numbers them."""
MASK = 128
"""Side of the mask that is kept of a crop: soft, so it needs no more."""
_CHEEK = 90
"""Columns of the map to each side of the middle in which the chin is not drawn in."""
_BLUR = 0.1
_BORDER = 0.08
"""Share of a crop's side in which its mask fades out: the original ends there in a line."""


def growing_kernel() -> ByteArray:
    """Return uint8 [33, 33]: a cone on a column below its middle, so skin grows upwards."""
    kernel = np.zeros((33, 33), np.uint8)
    for row in range(10, 33):
        reach = min(row - 10, 10)
        kernel[row, 16 - reach : 16 + reach + 1] = 1
    return kernel


def jaw_mask(parsing: ByteArray) -> ByteArray:
    """Return 0 or 255 for a parsing map, both uint8 [512, 512]: the skin without the cheeks'
    outermost pixels and without the nose, the lips, and what is between them.
    """
    skin = np.where(parsing == SKIN, np.uint8(255), np.uint8(0))
    grown = cv2.dilate(skin, growing_kernel())
    narrow = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (35, 3))
    eroded = cv2.erode(grown, narrow, iterations=2)
    made = np.where(_cheeks()[None], eroded, grown)
    made[parsing == NOSE] = 0
    made[np.isin(parsing, (MOUTH, UPPER_LIP, LOWER_LIP))] = 255
    return np.asarray(made, np.uint8)


def _cheeks() -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    columns, middle = np.arange(MAP), MAP // 2
    return (columns <= middle - _CHEEK) | (columns >= middle + _CHEEK)


def square_mask(parsing: ByteArray, box: Box) -> ByteArray:
    """Return the original's opacity over the square around a box, uint8 [side, side]: the jaw
    within the box, only in the square's lower half, blurred.
    """
    left, top, right, bottom = box
    x, y, end, _ = square_around(box)
    side = end - x
    mask = cv2.resize(jaw_mask(parsing), (side, side), interpolation=cv2.INTER_AREA)
    kept = np.zeros((side, side), np.uint8)
    kept[top - y : bottom - y, left - x : right - x] = mask[
        top - y : bottom - y, left - x : right - x
    ]
    kept[: side // 2] = 0
    width = int(_BLUR * side // 2 * 2) + 1
    return np.asarray(cv2.GaussianBlur(kept, (width, width), 0), np.uint8)


def box_mask(points: FloatArray, box: Box) -> ByteArray:
    """Return the opacity over a crop, uint8 [128, 128], for the 68 points of its face."""
    left, top, right, bottom = box
    x, y, _, _ = square_around(box)
    square = square_mask(parsed(points, box), box)
    part = square[top - y : bottom - y, left - x : right - x]
    fitted = cv2.resize(part, (MASK, MASK), interpolation=cv2.INTER_AREA)
    return np.asarray(fitted * _fading() + 0.5, np.uint8)


def _fading() -> FloatArray:
    places = (np.arange(MASK) + 0.5) / MASK
    ramp = np.clip(np.minimum(places, 1 - places) / _BORDER, 0, 1)
    soft = ramp * ramp * (3 - 2 * ramp)
    return np.asarray(soft[:, None] * soft[None], np.float32)


def parsed(points: FloatArray, box: Box) -> ByteArray:
    """Return a parsing map of the square around a box, drawn from the 68 points of its face."""
    x, y, end, _ = square_around(box)
    placed = (points - (x, y)) * (MAP / (end - x))
    made = np.zeros((MAP, MAP), np.uint8)
    brows = placed[26:16:-1]
    forehead = brows - (0, 0.35 * float(np.ptp(placed[:, 1])))
    for outline, kind in (
        (np.concatenate([placed[0:17], forehead]), SKIN),
        (placed[[27, 31, 32, 33, 34, 35]], NOSE),
        (placed[48:60], UPPER_LIP),
        (placed[60:68], MOUTH),
    ):
        cv2.fillPoly(made, [np.round(outline * 16).astype(np.int32)], kind, cv2.LINE_8, 4)
    return made
