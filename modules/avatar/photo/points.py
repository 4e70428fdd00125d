"""The marked points of a face: what is expected of them, and whether a set of them is a face."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from modules.errors import InvalidInput
from modules.messages import FACE_POINTS, FRAME_SIZE, FloatArray

INDEX = {name: k for k, name in enumerate(FACE_POINTS)}
_FIELD = "points"

_RIGHT_HALF: dict[str, tuple[float, float]] = {
    "right_iris": (0.5, 0.0),
    "right_eye_inner": (0.265, 0.03),
    "right_eye_outer": (0.755, -0.005),
    "right_eye_top": (0.505, -0.095),
    "right_eye_bottom": (0.505, 0.095),
    "right_brow_inner": (0.21, -0.33),
    "right_brow_middle": (0.56, -0.42),
    "right_brow_outer": (0.88, -0.31),
    "mouth_right": (0.40, 1.09),
    "jaw_right": (0.84, 1.09),
}
_MIDDLE: dict[str, tuple[float, float]] = {
    "nose_base": (0.0, 0.70),
    "upper_lip_outer": (0.0, 0.96),
    "upper_lip_inner": (0.0, 1.08),
    "lower_lip_inner": (0.0, 1.08),
    "lower_lip_outer": (0.0, 1.24),
    "chin": (0.0, 1.80),
}


def expected() -> dict[str, tuple[float, float]]:
    """Return where the points of an average adult face lie, seen from the front.

    Unit: the distance of the irises (62 mm); origin: the middle between them, y downwards. From the
    means of Farkas 1994, "Anthropometry of the Head and Face".
    """
    mirrored = {name.replace("right", "left"): (-x, y) for name, (x, y) in _RIGHT_HALF.items()}
    return {**_RIGHT_HALF, **mirrored, **_MIDDLE}


def as_array(marks: Mapping[str, tuple[float, float]]) -> FloatArray:
    """Return points by name as float32 [len(FACE_POINTS), 2]. Raises KeyError for a missing one."""
    return np.array([marks[name] for name in FACE_POINTS], np.float32)


def check_points(given: object) -> FloatArray:
    """Return points that somebody gave, by name: [x, y] in pixels of the 512 x 512 crop.

    Raises `InvalidInput` with `field` "points": `points_missing` (`point`), `points_number`
    (`point`: not two finite numbers within the picture) or `points_order` (`point`, `than`: the
    two stand the wrong way round, or too near).
    """
    named = given if isinstance(given, Mapping) else {}
    marks = {name: _place(name, named) for name in FACE_POINTS}
    _check_order(marks)
    return as_array(marks)


def _place(name: str, named: Mapping[object, object]) -> tuple[float, float]:
    if name not in named:
        raise InvalidInput("points_missing", field=_FIELD, point=name)
    value = named[name]
    if isinstance(value, list | tuple) and len(value) == 2:
        numbers = [v for v in value if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(numbers) == 2 and all(math.isfinite(v) and 0 <= v <= FRAME_SIZE for v in numbers):
            return float(numbers[0]), float(numbers[1])
    raise InvalidInput("points_number", field=_FIELD, point=name)


_ACROSS = (
    ("left_eye_outer", "left_iris", 4), ("left_iris", "left_eye_inner", 4),
    ("left_eye_inner", "right_eye_inner", 8), ("right_eye_inner", "right_iris", 4),
    ("right_iris", "right_eye_outer", 4), ("left_brow_outer", "left_brow_inner", 8),
    ("right_brow_inner", "right_brow_outer", 8), ("mouth_left", "mouth_right", 20),
    ("jaw_left", "mouth_left", 2), ("mouth_right", "jaw_right", 2),
    ("mouth_left", "nose_base", 4), ("nose_base", "mouth_right", 4),
)  # fmt: skip
"""(left, right, least distance in pixels)."""
_DOWN = (
    ("left_brow_middle", "left_eye_top", 2), ("right_brow_middle", "right_eye_top", 2),
    ("left_eye_top", "left_eye_bottom", 4), ("right_eye_top", "right_eye_bottom", 4),
    ("left_eye_bottom", "nose_base", 8), ("right_eye_bottom", "nose_base", 8),
    ("nose_base", "upper_lip_outer", 3), ("upper_lip_outer", "upper_lip_inner", 1),
    ("upper_lip_inner", "lower_lip_inner", 0), ("lower_lip_inner", "lower_lip_outer", 1),
    ("lower_lip_outer", "chin", 10),
)  # fmt: skip


def _check_order(marks: Mapping[str, tuple[float, float]]) -> None:
    for axis, pairs in enumerate((_ACROSS, _DOWN)):
        for first, second, least in pairs:
            if marks[second][axis] - marks[first][axis] < least:
                raise InvalidInput("points_order", field=_FIELD, point=first, than=second)
