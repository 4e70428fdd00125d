"""On drawn faces, whose points are known to the pixel."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.avatar.landmarks.clip import LONGEST_GAP, bridged, longest_stretch, smoothed
from modules.avatar.landmarks.following import follow
from modules.avatar.landmarks.mapping import points68
from modules.avatar.photo.cropping import crop_face, moved
from modules.avatar.photo.engine import portrait_loop
from modules.avatar.photo.finding import find_face
from modules.avatar.photo.points import INDEX
from modules.messages import FACE_POINTS

SHARED = {
    36: "left_eye_outer", 39: "left_eye_inner", 42: "right_eye_inner", 45: "right_eye_outer",
    17: "left_brow_outer", 21: "left_brow_inner", 22: "right_brow_inner", 26: "right_brow_outer",
    48: "mouth_left", 54: "mouth_right", 51: "upper_lip_outer", 57: "lower_lip_outer",
    62: "upper_lip_inner", 66: "lower_lip_inner", 8: "chin", 33: "nose_base",
}  # fmt: skip


@pytest.fixture(scope="module")
def known(pictures):
    """Of each sitter the true points in the crop."""
    found = {}
    for name, (rgb, truth) in pictures.items():
        _, into = crop_face(rgb, find_face(rgb))
        found[name] = moved(np.array([truth[p] for p in FACE_POINTS], np.float32), into)
    return found


def test_the_points_that_both_have_are_the_same_points(known):
    for marks in known.values():
        mapped = points68(marks)
        for number, name in SHARED.items():
            assert np.allclose(mapped[number], marks[INDEX[name]], atol=0.02), name


def test_found_points_lie_near_the_true_ones_on_every_sitter(known, faces):
    for name, marks in known.items():
        found, true = points68(faces[name].points), points68(marks)
        iris = np.hypot(*(marks[INDEX["right_iris"]] - marks[INDEX["left_iris"]]))
        errors = np.hypot(*(found - true).T) / iris
        assert np.median(errors) < 0.06, name
        assert errors[48:68].max() < 0.15, name


def test_the_points_of_a_face_stand_in_their_order(known):
    for marks in known.values():
        p = points68(marks)
        assert (np.diff(p[2:15, 0]) > 0).all()
        assert (np.diff(p[:9, 1]) > 0).all()
        assert (np.diff(p[8:17, 1]) < 0).all()
        assert p[8, 1] == p[:17, 1].max()
        assert (np.diff(p[17:27, 0]) > 0).all()
        assert (np.diff(p[27:31, 1]) > 0).all()
        assert (np.diff(p[31:36, 0]) > 0).all()
        assert p[49:54, 1].max() <= p[60:65, 1].min() + 2
        assert p[65:68, 1].max() <= p[55:60, 1].max()
        # The corners of the jaw lie on the contour.
        for name in ("jaw_left", "jaw_right"):
            apart = cv2.pointPolygonTest(p[:17], tuple(map(float, marks[INDEX[name]])), True)
            assert abs(apart) < 6


def test_a_face_that_is_turned_turns_its_points(faces):
    marks = next(iter(faces.values())).points
    turn = cv2.getRotationMatrix2D((256, 256), 17, 0.8)
    turned = marks @ turn[:, :2].T + turn[:, 2]
    expected = points68(marks) @ turn[:, :2].T + turn[:, 2]
    assert np.allclose(points68(turned.astype(np.float32)), expected, atol=0.05)


@given(st.floats(-0.5, 0.5), st.integers(8, 40))
def test_smoothing_delays_no_motion_and_moves_no_end(speed, count):
    line = np.arange(count)[:, None, None] * np.full((1, 68, 2), speed)
    assert np.allclose(smoothed(line.astype(np.float32)), line, atol=1e-3)


def test_smoothing_takes_jitter_and_leaves_a_nod():
    t = np.arange(100)
    nod = 12 * np.exp(-0.5 * ((t - 50) / 7) ** 2)
    noisy = nod + np.random.default_rng(0).normal(0, 1, 100)
    out = smoothed(np.tile(noisy[:, None, None], (1, 68, 2)).astype(np.float32))[:, 0, 0]
    assert abs(int(out.argmax()) - 50) <= 2
    assert np.std(np.diff(out)) < 0.55 * np.std(np.diff(noisy))
    assert out.max() > 10


def test_a_loop_is_smooth_over_its_seam():
    t = 2 * np.pi * np.arange(50) / 50
    around = np.tile(np.sin(t)[:, None, None], (1, 68, 2)).astype(np.float32)
    out = smoothed(around, loops=True)[:, 0, 0]
    steps = np.abs(np.diff(np.concatenate([out, out[:1]])))
    assert steps.max() < 0.14


def test_short_gaps_are_bridged_and_long_ones_end_the_clip():
    face = np.zeros((68, 2), np.float32)
    found = [None] * 3 + [face + k for k in range(30)] + [None] * LONGEST_GAP
    found += [face + 36] * 4 + [None] * (LONGEST_GAP + 1) + [face] * 20
    begin, end = longest_stretch(found)
    assert (begin, end) == (3, 37 + LONGEST_GAP)
    rows = bridged(found[begin:end])
    assert rows.shape == (end - begin, 68, 2)
    assert (np.diff(rows[28:40, 0, 0]) >= 0).all()
    assert longest_stretch([None] * 9) == (0, 0)


def test_points_follow_a_portrait_through_its_idle_loop(faces):
    name, face = next(iter(faces.items()))
    frames = [frame for k, frame in enumerate(portrait_loop(face)) if k < 120 and k % 3 == 0]
    start = points68(face.points)
    found = list(follow(frames, start))
    assert all(points is not None for points in found), name
    travelled = np.stack(found).mean(1) - start.mean(0)
    assert 0.5 < np.abs(travelled).max() < 12
    assert np.abs(np.diff(np.stack(found), axis=0)).max() < 4


def test_a_face_that_is_gone_is_not_followed(faces):
    face = next(iter(faces.values()))
    empty = np.full_like(face.rgb, 127)
    found = list(follow([face.rgb, empty, face.rgb], points68(face.points)))
    assert found[1] is None
    assert np.abs(found[2] - found[0]).max() < 0.5


def test_a_known_motion_is_followed_within_a_pixel(faces):
    face = next(iter(faces.values()))
    start = points68(face.points)
    turns = [cv2.getRotationMatrix2D((256, 256), k * 0.7, 1 + k * 0.004) for k in range(10)]
    frames = [cv2.warpAffine(face.rgb, turn, (512, 512), borderMode=1) for turn in turns]
    for turn, found in zip(turns, follow(frames, start), strict=True):
        assert np.abs(found - (start @ turn[:, :2].T + turn[:, 2])).max() < 1.0
