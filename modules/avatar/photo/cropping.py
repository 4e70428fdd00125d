"""The picture's part that speaks: head and shoulders, eyes level, 512 x 512."""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.photo.arrays import Array
from modules.avatar.photo.finding import Face
from modules.messages import FRAME_SIZE

IRISES = 84.0
"""Pixels between the irises in the crop: a head of 250 pixels, with shoulders, as drawn ones."""
_LARGEST = 128.0
"""A face that fills its picture is cropped as closely as this."""
_EYE_LINE = 0.42
_LIFT = 56
"""Pixels that the head may be moved from its place, so that nothing beyond the picture shows."""


def crop_face(rgb: Array, face: Face) -> tuple[Array, Array]:
    """Return the crop, uint8 [512, 512, 3], and float32 [2, 3]: from the picture into the crop.

    Where the picture ends within the crop its edge is continued, softly.
    """
    into = min(_candidates(rgb, face), key=lambda pair: pair[0])[1]
    scale = float(np.hypot(into[0, 0], into[0, 1]))
    picture, mapped = rgb, into
    if scale < 0.75:  # reduced first, or fine texture would turn into noise
        shrink = 1.5 * scale
        picture = cv2.resize(rgb, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        mapped = into.copy()
        mapped[:, :2] /= shrink
    size = (FRAME_SIZE, FRAME_SIZE)
    crop = cv2.warpAffine(
        picture, mapped, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    inside = cv2.warpAffine(np.ones(picture.shape[:2], np.float32), mapped, size)
    if inside.min() < 0.5:
        soft = cv2.GaussianBlur(crop, (0, 0), 9).astype(np.float32)
        share = cv2.GaussianBlur(inside, (0, 0), 4)[..., None]
        crop = np.clip(crop * share + soft * (1 - share), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(crop), np.asarray(into, np.float32)


def _candidates(rgb: Array, face: Face) -> list[tuple[float, Array]]:
    """Return (how bad, map) of crops: what is beyond the picture is worse than a closer one."""
    corners = np.array([[0, 0, 1], [FRAME_SIZE, 0, 1], [0, FRAME_SIZE, 1], [FRAME_SIZE] * 2 + [1]])
    height, width = rgb.shape[:2]
    listed: list[tuple[float, Array]] = []
    for distance in np.linspace(IRISES, _LARGEST, 9):
        for x in (0, -_LIFT // 2, _LIFT // 2, -_LIFT, _LIFT):
            for y in (0, -_LIFT // 2, _LIFT // 2, -_LIFT, _LIFT):
                into = _similarity(face, float(distance), x, y)
                seen = corners @ cv2.invertAffineTransform(into).T
                beyond = np.maximum(0, -seen).sum() + np.maximum(0, seen - (width, height)).sum()
                beyond *= distance / face.distance
                moved = 0.4 * (abs(x) + abs(y)) + 2.0 * (distance - IRISES)
                listed.append((float(3 * beyond + moved), into))
    return listed


def _similarity(face: Face, distance: float, x: float, y: float) -> Array:
    dx, dy = (face.right - face.left) * (distance / face.distance**2)
    turn = np.array([[dx, dy], [-dy, dx]], np.float64)
    middle = (face.left + face.right) / 2
    target = np.array([FRAME_SIZE / 2 + x, _EYE_LINE * FRAME_SIZE + y])
    return np.column_stack([turn, target - turn @ middle])


def moved(points: Array, into: Array) -> Array:
    """Return points float32 [n, 2] of the picture as points of the crop."""
    return np.asarray(points @ into[:, :2].T + into[:, 2], np.float32)
