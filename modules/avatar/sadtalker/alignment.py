"""Where a face lies in its portrait, and how it lies where coefficients are read from.

The five standard points are those of the face model at rest, as upstream ships them (Apache-2.0,
src/config/similarity_Lm3D_all.mat: means of eye corners, nose, corners of the mouth); several
public projects give the same figures.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from modules.avatar.sadtalker.reconstruction import SIDE
from modules.messages import ByteArray, FloatArray

FACE = 256
"""Side in pixels of the face that is moved."""
STANDARD = np.array(
    [
        [-0.31148657, 0.29036078, 0.13377953],
        [0.30979887, 0.28972036, 0.13179526],
        [0.0032535, -0.04617932, 0.55244243],
        [-0.25216928, -0.38133916, 0.22405732],
        [0.2484662, -0.38128236, 0.22235769],
    ]
)
"""Left eye, right eye, nose, left and right corner of the mouth: x, y upwards, z to the viewer."""
_SCALE = 102.0
"""Pixels of the 224 that are one unit of the standard points."""

Floats = npt.NDArray[np.float64]


class Box(NamedTuple):
    """Pixels of a portrait; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int


class Alignment(NamedTuple):
    """The picture that coefficients are read from, uint8 [224, 224, 3], and its scale and place."""

    picture: ByteArray
    place: FloatArray
    """float32 [3]: scale, and x and y of the middle of the face, y upwards."""


def face_box(points: FloatArray, height: int, width: int) -> Box:
    """Return the box of a face with points [68, 2]: upright, around the square that FFHQ cuts out
    (Karras et al. 2019), which is turned like the face.
    """
    eyes = np.stack([points[36:42].mean(0), points[42:48].mean(0)]).astype(np.float64)
    middle, across = eyes.mean(0), eyes[1] - eyes[0]
    down = points[[48, 54]].mean(0) - middle
    x = across - down[::-1] * (-1, 1)
    x *= max(2.0 * np.hypot(*across), 1.8 * np.hypot(*down)) / max(1e-6, np.hypot(*x))
    y = x[::-1] * (-1, 1)
    centre = middle + 0.1 * down
    # Corners are left top, left bottom, right bottom, right top of the face; a side of the box goes
    # through the outer one of the two that belong to it.
    corners = np.stack([centre - x - y, centre - x + y, centre + x + y, centre + x - y]) + 0.5
    left, top = corners[[0, 1], 0].min(), corners[[0, 3], 1].min()
    right, bottom = corners[[2, 3], 0].max(), corners[[1, 2], 1].max()
    return Box(*_within((left, top, right, bottom), height, width))


def _within(sides: tuple[float, ...], height: int, width: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = (int(np.floor(side)) for side in sides)
    left, top = min(max(left, 0), width - 2), min(max(top, 0), height - 2)
    return left, top, max(left + 2, min(right, width)), max(top + 2, min(bottom, height))


def face_of(rgb: ByteArray, box: Box, side: int = FACE) -> ByteArray:
    """Return the face of a portrait, uint8 [side, side, 3]."""
    part = rgb[box.top : box.bottom, box.left : box.right]
    return np.asarray(cv2.resize(part, (side, side)), np.uint8)


def points_in(points: FloatArray, box: Box, side: int = FACE) -> FloatArray:
    """Return points of a portrait as they lie in its face."""
    size = (box.right - box.left, box.bottom - box.top)
    return np.asarray((points - (box.left, box.top)) * side / size, np.float32)


def align(face: ByteArray, points: FloatArray) -> Alignment:
    """Scale and move a face [side, side, 3] so that its points [68, 2] lie on the standard ones."""
    high, wide = face.shape[:2]
    five = _five(points.astype(np.float64))
    five[:, 1] = high - 1 - five[:, 1]
    scale, (x, y) = _fit(five)
    scale = _SCALE / scale
    size = int(wide * scale), int(high * scale)
    left = int(size[0] / 2 - SIDE / 2 + (x - wide / 2) * scale)
    top = int(size[1] / 2 - SIDE / 2 + (high / 2 - y) * scale)
    larger = Image.fromarray(face).resize(size, Image.Resampling.BICUBIC)
    cut = larger.crop((left, top, left + SIDE, top + SIDE))
    return Alignment(np.asarray(cut, np.uint8), np.array([scale, x, y], np.float32))


def _five(points: Floats) -> Floats:
    eyes = points[[36, 39]].mean(0), points[[42, 45]].mean(0)
    return np.stack([*eyes, points[30], points[48], points[54]])


def _fit(five: Floats) -> tuple[float, Floats]:
    """Return scale and shift of the affine map from the standard points to five in a picture, by
    least squares; the scale is the mean length of its two rows.
    """
    known = np.concatenate([STANDARD, np.ones((5, 1))], axis=1)
    rows = np.linalg.lstsq(known, five, rcond=None)[0]
    return float(np.linalg.norm(rows[:3], axis=0).mean()), rows[3]
