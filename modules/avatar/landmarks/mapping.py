"""From the 26 points of a portrait, found or dragged, to the 68 that painters know.

The points that both have are taken over. Brows, lids and lips are arcs through three of them; the
contour of the jaw is the average one, bent to the two corners of the jaw and the chin.
"""

from __future__ import annotations

import numpy as np

from modules.avatar.photo.points import INDEX
from modules.messages import FloatArray

JAW = (
    (1.02, 0.03), (1.01, 0.32), (0.97, 0.61), (0.91, 0.88), (0.82, 1.14), (0.66, 1.40),
    (0.46, 1.62), (0.24, 1.76), (0.0, 1.80),
)  # fmt: skip
"""The right half of an average contour from the height of the eyes to the chin, in distances of the
irises from the middle between them (as `photo.points.expected`: after Farkas 1994)."""
_JAW_CORNER = (0.84, 1.09)
_CHIN = (0.0, 1.80)
_BRIDGE = (0.03, 0.26, 0.49, 0.72)
"""Points 27 to 30: how far from between the eyes to the base of the nose, in that distance."""
_WINGS = ((-0.22, -0.06), (-0.11, -0.02), (0.0, 0.0), (0.11, -0.02), (0.22, -0.06))
"""Points 31 to 35, from the base of the nose, in distances of the irises."""

# An arc: how far along the chord from its first to its last point, and how high, 1 in the middle.
_BROW = ((0.0, 0.0), (0.22, 0.72), (0.47, 1.0), (0.74, 0.78), (1.0, 0.0))
_LID = ((0.30, 0.92), (0.70, 0.92))
_UPPER_LIP = ((0.0, 0.0), (0.18, 0.55), (0.38, 1.06), (0.5, 1.0), (0.62, 1.06), (0.82, 0.55), (1.0, 0.0))  # fmt: skip  # noqa: E501
_LOWER_LIP = ((0.82, 0.60), (0.64, 0.94), (0.5, 1.0), (0.36, 0.94), (0.18, 0.60))
_INNER = ((0.08, 0.0), (0.30, 0.82), (0.5, 1.0), (0.70, 0.82), (0.92, 0.0))
_INNER_LOWER = ((0.70, 0.82), (0.5, 1.0), (0.30, 0.82))


def points68(points: FloatArray) -> FloatArray:
    """Return float32 [68, 2] (order of `neural.painting.POINTS`) from a portrait's points,
    float32 [26, 2] in the order of `FACE_POINTS`.
    """

    def at(name: str) -> FloatArray:
        return np.asarray(points[INDEX[name]], np.float32)

    parts = [
        _jaw(at("left_iris"), at("right_iris"), at("jaw_left"), at("jaw_right"), at("chin")),
        _arc(at("left_brow_outer"), at("left_brow_middle"), at("left_brow_inner"), _BROW),
        _arc(at("right_brow_inner"), at("right_brow_middle"), at("right_brow_outer"), _back(_BROW)),
        _nose(at("left_eye_inner"), at("right_eye_inner"), at("nose_base"),
              at("right_iris") - at("left_iris")),
        _eye(at("left_eye_outer"), at("left_eye_top"), at("left_eye_inner"), at("left_eye_bottom")),
        _eye(at("right_eye_inner"), at("right_eye_top"), at("right_eye_outer"),
             at("right_eye_bottom")),
        _mouth(*(at(name) for name in (
            "mouth_left", "mouth_right", "upper_lip_outer", "lower_lip_outer", "upper_lip_inner",
            "lower_lip_inner",
        ))),
    ]  # fmt: skip
    return np.concatenate(parts).astype(np.float32)


def _back(arc: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    return tuple((1 - along, high) for along, high in reversed(arc))


def _arc(
    first: FloatArray, middle: FloatArray, last: FloatArray, shape: tuple[tuple[float, float], ...]
) -> FloatArray:
    chord = last - first
    foot = float(np.dot(middle - first, chord) / max(1e-6, float(np.dot(chord, chord))))
    high = middle - (first + foot * chord)
    # The middle may lie nearer to one end: what is along the chord is stretched to it.
    along = np.array([a for a, _ in shape], np.float32)
    share = np.array([h for _, h in shape], np.float32)
    where = np.where(along <= 0.5, along * 2 * foot, foot + (along - 0.5) * 2 * (1 - foot))
    return np.asarray(first + where[:, None] * chord + share[:, None] * high, np.float32)


def _eye(first: FloatArray, top: FloatArray, last: FloatArray, bottom: FloatArray) -> FloatArray:
    upper, lower = _arc(first, top, last, _LID), _arc(first, bottom, last, _LID)
    return np.stack([first, *upper, last, *lower[::-1]])


def _nose(left: FloatArray, right: FloatArray, base: FloatArray, across: FloatArray) -> FloatArray:
    top = (left + right) / 2
    # The tip stands out: it lies a little above the base.
    tip = top + (base - top) * 0.82
    bridge = [top + (tip - top) * (share / _BRIDGE[-1]) for share in _BRIDGE]
    down = np.array([-across[1], across[0]], np.float32)
    wings = [base + x * across + y * down for x, y in _WINGS]
    return np.stack([*bridge, *wings]).astype(np.float32)


def _mouth(
    left: FloatArray, right: FloatArray, upper: FloatArray, lower: FloatArray,
    upper_inner: FloatArray, lower_inner: FloatArray,
) -> FloatArray:  # fmt: skip
    return np.concatenate([
        _arc(left, upper, right, _UPPER_LIP),
        _arc(left, lower, right, _LOWER_LIP),
        _arc(left, upper_inner, right, _INNER),
        _arc(left, lower_inner, right, _INNER_LOWER),
    ])  # fmt: skip


def _jaw(
    left: FloatArray, right: FloatArray, corner_left: FloatArray, corner_right: FloatArray,
    chin: FloatArray,
) -> FloatArray:  # fmt: skip
    """The average contour, each half bent so that it goes through its corner and the chin."""
    middle, across = (left + right) / 2, right - left
    down = np.array([-across[1], across[0]], np.float32)
    axes = np.stack([across, down], -1)
    halves = []
    for corner, side in ((corner_left, -1), (corner_right, 1)):
        half = np.array(JAW) * (side, 1)
        there = np.linalg.solve(axes, np.stack([corner, chin], -1) - middle[:, None]).T
        off_corner = there[0] - np.array(_JAW_CORNER) * (side, 1)
        off_chin = there[1] - _CHIN
        # From the corner down the chin's share grows; above, a half is as wide as at the corner.
        share = np.clip((half[:, 1] - _JAW_CORNER[1]) / (_CHIN[1] - _JAW_CORNER[1]), 0, 1)[:, None]
        moved = half + (1 - share) * off_corner * (1, 0) + share * off_chin
        halves.append(middle + moved @ axes.T)
    return np.concatenate([halves[0], halves[1][-2::-1]]).astype(np.float32)
