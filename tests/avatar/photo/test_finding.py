"""Which pictures hold one face that can speak, and how well it is marked."""

import cv2
import numpy as np
import pytest

from modules.avatar.photo.cropping import crop_face, moved
from modules.avatar.photo.finding import find_face
from modules.avatar.photo.made import draft_portrait
from modules.avatar.photo.marking import mark_face
from modules.errors import InvalidInput
from modules.messages import FACE_POINTS
from tests.avatar.photo.conftest import SITTERS, packed


def refused(rgb):
    with pytest.raises(InvalidInput) as caught:
        draft_portrait(packed(rgb))
    return caught.value


def errors(rgb, truth):
    """Distances of the found points from the true ones, as shares of that of the irises."""
    face = find_face(rgb)
    crop, into = crop_face(rgb, face)
    found = mark_face(crop, *moved(np.stack([face.left, face.right]), into))
    wanted = moved(np.array([truth[name] for name in FACE_POINTS], np.float32), into)
    distance = np.hypot(*(wanted[9] - wanted[4]))
    return np.hypot(*(found - wanted).T) / distance


@pytest.mark.parametrize("name", SITTERS)
def test_points_lie_where_they_were_drawn(pictures, name):
    found = errors(*pictures[name])
    assert np.median(found) < 0.05
    assert found.max() < 0.20


@pytest.mark.parametrize("angle", [-24, -12, 12, 24])
def test_a_tilted_head_is_found_and_set_upright(pictures, angle):
    rgb, truth = pictures["fair"]
    turn = cv2.getRotationMatrix2D((384, 420), angle, 0.8)
    turned = cv2.warpAffine(rgb, turn, (768, 768), borderMode=cv2.BORDER_REPLICATE)
    moved_truth = {name: tuple(turn @ (x, y, 1)) for name, (x, y) in truth.items()}
    assert np.median(errors(turned, moved_truth)) < 0.06


def test_the_irises_are_level_in_the_crop(drafts):
    for draft in drafts.values():
        marks = dict(zip(FACE_POINTS, draft.points, strict=True))
        rise = marks["right_iris"] - marks["left_iris"]
        assert abs(rise[1]) < 0.06 * rise[0]
        assert draft.rgb.shape == (512, 512, 3)


def test_a_small_part_of_a_large_picture_is_found(pictures):
    wide = np.full((1400, 2000, 3), 140, np.uint8)
    wide[300:1100, 900:1700] = cv2.resize(pictures["fair"][0], (800, 800))
    draft = draft_portrait(packed(wide))
    assert draft.points.min() > 0


def test_who_is_small_in_the_picture_is_advised_and_who_is_tiny_refused(pictures):
    rgb = pictures["fair"][0]
    assert "small" in draft_portrait(packed(cv2.resize(rgb, (520, 520)))).advice
    error = refused(cv2.resize(rgb, (220, 220), interpolation=cv2.INTER_AREA))
    assert error.reason == "face_small"
    assert error.params["pixels"] < error.params["needed"] < error.params["advised"]


def test_nobody_is_refused(pictures):
    random = np.random.default_rng(0)
    assert refused(random.integers(0, 255, (600, 600, 3), np.uint8)).reason == "face_none"
    rgb = pictures["fair"][0]
    assert refused(np.full_like(rgb, 128)).reason == "face_none"


def test_two_people_are_refused(pictures):
    error = refused(np.hstack([pictures["fair"][0], pictures["dark"][0]]))
    assert (error.reason, error.params["count"]) == ("face_several", 2)


def test_a_dark_picture_is_refused(pictures):
    assert refused((pictures["fair"][0] * 0.10).astype(np.uint8)).reason == "face_dark"


def test_dark_skin_in_good_light_is_not_a_dark_picture(drafts):
    assert drafts["dark"].points.shape == (26, 2)


def test_a_face_that_is_turned_away_is_refused(pictures):
    rgb, truth = pictures["fair"]
    eyes = truth["left_iris"][1]
    y, x = np.mgrid[0:768, 0:768].astype(np.float32)
    down = np.clip((y - eyes - 22) / 112, 0, 1)
    aside = cv2.remap(rgb, x - 45 * down, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    assert refused(aside).reason in ("face_profile", "face_none")


@pytest.mark.parametrize("cover", ["hand", "mask"])
@pytest.mark.parametrize("name", ["fair", "aged"])
def test_a_covered_mouth_is_refused(pictures, name, cover):
    rgb, truth = pictures[name]
    covered = rgb.copy()
    (x0, y), (x1, _) = truth["mouth_left"], truth["mouth_right"]
    middle = (round((x0 + x1) / 2), round(y))
    if cover == "mask":
        cv2.ellipse(covered, middle, (112, 75), 0, 0, 360, (150, 190, 215), -1)
    else:
        cheek = rgb[round(y) - 98, middle[0] - 68].tolist()
        cv2.ellipse(covered, middle, (98, 55), 0, 0, 360, cheek, -1)
    covered = cv2.GaussianBlur(covered, (0, 0), 2)
    assert refused(covered).reason in ("face_covered", "face_none")
