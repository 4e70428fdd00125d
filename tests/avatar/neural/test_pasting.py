import cv2
import numpy as np
import pytest

from modules.avatar.neural.pasting import paste, soft_mask

BOX = (150, 250, 350, 450)


@pytest.fixture
def frame():
    """A smooth picture with light from the left."""
    y, x = np.mgrid[:512, :512]
    base = 90 + 0.15 * x + 0.05 * y
    texture = 6 * np.sin(x / 5) * np.sin(y / 7)
    return np.stack([base + texture + c for c in (30, 10, 0)], -1).astype(np.uint8)


def crop_of(frame, box=BOX, side=256):
    left, top, right, bottom = box
    return cv2.resize(frame[top:bottom, left:right], (side, side), interpolation=cv2.INTER_CUBIC)


def edge(picture, box=BOX):
    """Mean bend of a picture along the middle of its mask's border."""
    left, top, right, _ = box
    row = picture[top + 60 : top + 80, left + 60 : right - 60].astype(float)
    return np.abs(np.diff(row, 2, axis=0)).mean()


def test_what_lies_there_already_changes_nothing(frame):
    painted = frame.copy()
    paste(painted, crop_of(frame), BOX, soft_mask(256), 1.0)
    assert np.abs(painted.astype(int) - frame).max() <= 3


@pytest.mark.parametrize("shift", [(18, -12, 9), (-30, -30, -30), (25, 0, -25)])
def test_a_crop_of_other_colours_is_brought_to_those_of_its_border(frame, shift):
    crop = np.clip(crop_of(frame).astype(int) + shift, 0, 255).astype(np.uint8)
    painted = frame.copy()
    paste(painted, crop, BOX, soft_mask(256), 1.0)
    assert np.abs(painted.astype(int) - frame).mean() < 1.0
    assert edge(painted) < edge(frame) + 0.3


def test_light_that_falls_from_one_side_is_matched_on_each_side(frame):
    slope = np.linspace(-25, 25, 256)[None, :, None]
    crop = np.clip(crop_of(frame) + slope, 0, 255).astype(np.uint8)
    painted = frame.copy()
    paste(painted, crop, BOX, soft_mask(256), 1.0)
    left, top, right, bottom = BOX
    inner = (slice(top + 90, bottom - 30), slice(left + 40, right - 40))
    assert np.abs(painted[inner].astype(int) - frame[inner]).mean() < 5


def test_what_the_network_painted_is_kept(frame):
    crop = crop_of(frame)
    cv2.ellipse(crop, (128, 170), (40, 22), 0, 0, 360, (60, 10, 10), -1)
    painted = frame.copy()
    paste(painted, crop, BOX, soft_mask(256), 1.0)
    left, top, _, _ = BOX
    assert np.abs(painted[top + 133, left + 100].astype(int) - (60, 10, 10)).max() < 12


@pytest.mark.parametrize("box", [(-60, 400, 140, 600), (400, -80, 620, 140), (600, 600, 700, 700),
                                 (100, 100, 100, 100)])  # fmt: skip
def test_a_box_beyond_the_frame_is_cut_and_never_raises(frame, box):
    painted = frame.copy()
    paste(painted, np.full((96, 96, 3), 255, np.uint8), box, np.full((96, 96), 255, np.uint8), 1.0)
    assert painted.shape == frame.shape


def test_strength_goes_from_the_own_mouth_to_the_painted_one(frame):
    crop = crop_of(frame)
    cv2.ellipse(crop, (128, 170), (40, 22), 0, 0, 360, (60, 10, 10), -1)
    shown = []
    for strength in (0.0, 0.5, 1.0):
        painted = frame.copy()
        paste(painted, crop, BOX, soft_mask(256), strength)
        shown.append(painted[383, 250].astype(int))
    assert np.array_equal(shown[0], frame[383, 250])
    assert np.abs(shown[1] - (shown[0] + shown[2]) / 2).max() <= 1


def test_a_lip_that_moved_into_the_border_tints_no_skin(frame):
    crop = np.clip(crop_of(frame).astype(int) + 12, 0, 255).astype(np.uint8)
    cv2.ellipse(crop, (128, 232), (70, 18), 0, 0, 360, (120, 20, 20), -1)
    painted = frame.copy()
    paste(painted, crop, BOX, soft_mask(256), 1.0)
    left, top, _, _ = BOX
    above = (slice(top + 80, top + 150), slice(left + 50, left + 150))
    assert np.abs(painted[above].astype(int) - frame[above]).mean() < 3
