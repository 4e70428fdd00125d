"""Boxes and alignment: known faces come out where they must."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.avatar.sadtalker.alignment import (
    FACE,
    STANDARD,
    align,
    face_box,
    face_of,
    points_in,
)
from modules.messages import FloatArray
from tests.avatar.wav2lip.test_painter import face_points


def standard_points(scale: float, x: float, y: float) -> FloatArray:
    """68 points whose five are the standard ones, seen from the front; y downwards."""
    points = np.zeros((68, 2))
    seen = STANDARD[:, :2] * (scale, -scale) + (x, y)
    for indices, place in zip(((36, 39), (42, 45), (30,), (48,), (54,)), seen, strict=True):
        points[list(indices)] = place
    return points.astype(np.float32)


@given(st.floats(60, 160), st.floats(100, 150), st.floats(100, 150))
def test_scale_and_place_of_a_face_are_found(scale: float, x: float, y: float) -> None:
    face = np.zeros((FACE, FACE, 3), np.uint8)
    found, place = align(face, standard_points(scale, x, y))
    assert found.shape == (224, 224, 3)
    np.testing.assert_allclose(place, [102 / scale, x, FACE - 1 - y], rtol=1e-4)


def test_an_aligned_face_lies_where_the_network_expects_it() -> None:
    face = np.zeros((FACE, FACE, 3), np.uint8)
    face[139:142, 119:122] = 255
    found, _ = align(face, standard_points(102, 120, 140))
    y, x = np.argwhere(found[..., 0] > 200).mean(0)
    # The middle of the model's face is the middle of the picture.
    assert (round(x), round(y)) == pytest.approx((112, 112), abs=2)


def test_a_smaller_face_is_made_larger() -> None:
    face = np.random.default_rng(0).integers(0, 255, (FACE, FACE, 3)).astype(np.uint8)
    larger, smaller = (align(face, standard_points(s, 128, 128)).place[0] for s in (60, 160))
    assert larger > 1 > smaller


@given(st.floats(-100, 600), st.floats(-100, 600), st.floats(1, 300))
def test_a_box_lies_within_its_portrait(x: float, y: float, size: float) -> None:
    box = face_box(face_points(x, y, size), 512, 512)
    assert 0 <= box.left < box.right <= 512
    assert 0 <= box.top < box.bottom <= 512
    assert face_of(np.zeros((512, 512, 3), np.uint8), box).shape == (FACE, FACE, 3)


def test_a_frontal_face_s_box_is_a_square_around_it() -> None:
    box = face_box(face_points(256, 240, 60), 512, 512)
    assert (box.right - box.left) == pytest.approx(box.bottom - box.top, abs=1)
    assert (box.left + box.right) / 2 == pytest.approx(256.5, abs=2)
    inside = points_in(face_points(256, 240, 60), box)
    assert inside.min() > 0
    assert inside.max() < FACE
