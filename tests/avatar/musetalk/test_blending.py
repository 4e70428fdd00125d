"""Masks and blending are the original's where they are held against it, and better at the seam."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from modules.avatar.landmarks.mapping import points68
from modules.avatar.musetalk.blending import Grounds, beneath, grounds, pasted
from modules.avatar.musetalk.geometry import Box, face_box, square_around
from modules.avatar.musetalk.masks import (
    LOWER_LIP,
    MAP,
    MASK,
    MOUTH,
    NOSE,
    SKIN,
    UPPER_LIP,
    box_mask,
    growing_kernel,
    jaw_mask,
    parsed,
    square_mask,
)
from modules.avatar.neural.pasting import paste
from modules.messages import ByteArray, FloatArray
from tests.avatar.musetalk.filled import HERE, noise

BOX: Box = (170, 100, 300, 250)


@pytest.fixture(scope="module")
def originals() -> dict[str, ByteArray]:
    with np.load(HERE / "blending.npz") as held:
        return {name: held[name] for name in held.files}


@pytest.fixture(scope="module")
def parsing() -> ByteArray:
    y, x = np.mgrid[:MAP, :MAP]
    made = np.zeros((MAP, MAP), np.uint8)
    made[y > 430] = 14
    for cx, cy, rx, ry, kind in (
        (256, 270, 150, 190, SKIN), (256, 270, 28, 45, NOSE), (256, 360, 55, 22, UPPER_LIP),
        (256, 362, 45, 9, MOUTH),
    ):  # fmt: skip
        made[((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1] = kind
    return made


def face(x: float = 256, y: float = 250, size: float = 80) -> FloatArray:
    """68 points of a face seen from the front; `size` is half its width."""
    t = np.linspace(0, np.pi, 17)
    jaw = np.stack([-np.cos(t), 0.1 + 1.2 * np.sin(t)], 1)
    brows = np.stack([np.linspace(-0.8, 0.8, 10), np.full(10, -0.35)], 1)
    bridge = np.stack([np.zeros(4), np.linspace(-0.15, 0.3, 4)], 1)
    nostrils = np.stack([np.linspace(-0.2, 0.2, 5), np.full(5, 0.4)], 1)
    eyes = np.stack([np.linspace(-0.6, 0.6, 12), np.full(12, -0.1)], 1)
    ring = np.linspace(np.pi, 3 * np.pi, 13)[:-1]
    lips = np.stack([0.35 * np.cos(ring), 0.72 + 0.12 * np.sin(ring)], 1)
    small = np.linspace(np.pi, 3 * np.pi, 9)[:-1]
    inner = np.stack([0.25 * np.cos(small), 0.72 + 0.04 * np.sin(small)], 1)
    points = np.concatenate([jaw, brows, bridge, nostrils, eyes, lips, inner])
    return np.asarray(points * size + (x, y), np.float32)


def test_the_kernels_are_the_originals(originals) -> None:
    assert np.array_equal(growing_kernel(), originals["kernel"])
    narrow = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (35, 3))
    assert np.array_equal(narrow, originals["cheek_kernel"])


def test_the_mask_of_jaw_and_lips_is_the_originals(parsing, originals) -> None:
    expected = np.unpackbits(originals["jaw"]).reshape(MAP, MAP)
    assert np.array_equal(jaw_mask(parsing) > 0, expected > 0)


def test_the_mask_over_the_square_is_the_originals_within_one_level(parsing, originals) -> None:
    assert square_around(BOX) == tuple(originals["crop"])
    apart = square_mask(parsing, BOX).astype(int) - originals["mask"]
    assert np.abs(apart).max() <= 1


def test_faces_are_blended_as_the_original_blends_them(originals) -> None:
    frame = np.clip(np.abs(noise("input:blend/frame", 360, 480, 3)) * 60, 0, 255).astype(np.uint8)
    crop = np.clip(np.abs(noise("input:blend/face", 150, 130, 3)) * 60, 0, 255).astype(np.uint8)
    left, top, right, bottom = BOX
    x, y, *_ = originals["crop"]
    mask = originals["mask"][top - y : bottom - y, left - x : right - x]
    below = _below(frame, BOX, mask, square=False)
    made = pasted(_planes(crop), _tensor(frame), below, torch.ones(1), colours=False)[0].numpy()
    apart = made.reshape(-1)[::31].astype(int) - originals["blended_sub"]
    assert np.abs(apart).max() <= 1
    assert int((made != frame).sum()) == pytest.approx(originals["changed"][0], rel=0.02)


def _planes(picture: ByteArray) -> torch.Tensor:
    return torch.from_numpy(picture.transpose(2, 0, 1)[None].astype(np.float32)) / 255


def _below(frame: ByteArray, box: Box, mask: ByteArray, *, square: bool = True) -> Grounds:
    if square:
        mask = cv2.resize(mask, (MASK, MASK))
    left, top, right, bottom = box
    under = beneath(frame[top:bottom, left:right])
    return grounds(torch.tensor([box]), *(_tensor(each) for each in (mask, under)))


def _tensor(array: ByteArray) -> torch.Tensor:
    return torch.from_numpy(array[None].copy())


@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_a_card_pastes_as_the_processor_does(strength: float) -> None:
    frame = cv2.GaussianBlur((noise("frame", 512, 512, 3) * 400 + 128).clip(0, 255), (0, 0), 9)
    crop = cv2.GaussianBlur((noise("crop", 256, 256, 3) * 400 + 150).clip(0, 255), (0, 0), 9)
    ground, painted = frame.astype(np.uint8), crop.astype(np.uint8)
    points = face()
    box = face_box(points, 512, 512)
    mask = box_mask(points, box)
    expected = ground.copy()
    paste(expected, painted, np.array(box), mask, strength)
    below = _below(ground, box, mask)
    made = pasted(_planes(painted), _tensor(ground), below, torch.tensor([strength]))[0].numpy()
    apart = np.abs(made.astype(int) - expected)
    assert apart.mean() < 0.3
    assert apart.max() <= 12
    assert (expected != ground).any()


def test_a_face_that_is_darker_leaves_no_seam() -> None:
    y, x = np.mgrid[:512, :512]
    frame = np.stack([120 + x / 8, 100 + y / 8, 90 + x / 16], -1).astype(np.uint8)
    points = face()
    box = face_box(points, 512, 512)
    below = _below(frame, box, box_mask(points, box))
    left, top, right, bottom = box
    darker = cv2.resize(frame[top:bottom, left:right], (256, 256)).astype(np.int16) - 25
    crop = _planes(darker.clip(0, 255).astype(np.uint8))
    plain = pasted(crop, _tensor(frame), below, torch.ones(1), colours=False)[0].numpy().astype(int)
    matched = pasted(crop, _tensor(frame), below, torch.ones(1))[0].numpy().astype(int)
    assert np.abs(plain - frame).max() >= 20
    assert np.abs(matched - frame).max() <= 4


def test_nothing_is_pasted_at_no_strength_or_outside_the_box() -> None:
    frame = np.full((512, 512, 3), 77, np.uint8)
    points = face()
    box = face_box(points, 512, 512)
    below = _below(frame, box, box_mask(points, box))
    white = torch.ones(1, 3, 256, 256)
    assert np.array_equal(pasted(white, _tensor(frame), below, torch.zeros(1))[0].numpy(), frame)
    made = pasted(white, _tensor(frame), below, torch.ones(1), colours=False)[0].numpy()
    left, top, right, bottom = box
    made[top:bottom, left:right] = 77
    assert np.array_equal(made, frame)


def test_the_crop_reaches_from_the_chin_to_as_far_above_the_nose() -> None:
    points = face()
    left, top, right, bottom = face_box(points, 512, 512)
    chin, bridge = int(points[:, 1].max()), int(points[29, 1])
    assert (top, bottom) == (2 * bridge - chin, chin + 10)
    assert (left, right) == (int(points[:, 0].min()), int(points[:, 0].max()))


@pytest.mark.parametrize(("x", "y"), [(20, 250), (500, 250), (256, 480), (256, 30)])
def test_a_face_at_the_edge_gets_a_crop_within_its_frame(x: float, y: float) -> None:
    left, top, right, bottom = box = face_box(face(x, y), 512, 512)
    assert 0 <= left < right <= 512
    assert 0 <= top < bottom <= 512
    assert box_mask(face(x, y), box).shape == (MASK, MASK)


def test_the_mask_holds_the_mouth_and_not_the_nose_and_ends_softly() -> None:
    points = face()
    box = face_box(points, 512, 512)
    mask = box_mask(points, box)
    left, top, right, bottom = box

    def at(x: float, y: float) -> int:
        across, down = (x - left) / (right - left), (y - top) / (bottom - top)
        return int(mask[int(down * MASK), int(across * MASK)])

    mouth = points[48:68].mean(0)
    assert at(*mouth) > 250
    assert at(points[29, 0], points[29, 1] - 10) == 0
    assert max(mask[0].max(), mask[-1].max(), mask[:, 0].max(), mask[:, -1].max()) < 20
    steps = np.abs(np.diff(mask.astype(int), axis=0)).max()
    assert steps < 50


def test_a_map_from_points_knows_skin_nose_lips_and_mouth() -> None:
    points = face()
    box = face_box(points, 512, 512)
    x, y, end, _ = square_around(box)
    found = parsed(points, box)

    def at(place: FloatArray) -> int:
        column, row = (place - (x, y)) * (MAP / (end - x))
        return int(found[int(row), int(column)])

    assert at(points[60:68].mean(0)) == MOUTH
    assert at(points[30]) == NOSE
    assert at((points[57] + points[66]) / 2) in (UPPER_LIP, LOWER_LIP)
    assert at((points[57] + points[8]) / 2) == SKIN
    assert at(points[8] + (0, 20)) == 0


def test_on_portraits_only_the_mouth_changes_however_the_light_of_the_crop_does(faces) -> None:
    for portrait in faces.values():
        placed = points68(portrait.points)
        left, top, right, bottom = box = face_box(placed, 512, 512)
        mask = box_mask(placed, box)
        crop = cv2.resize(portrait.rgb[top:bottom, left:right], (256, 256)).astype(np.float32)
        tinted = (crop * (0.85, 0.9, 1.0) - 8).clip(0, 255).astype(np.uint8)
        below = _below(portrait.rgb, box, mask)
        ground = _tensor(portrait.rgb)
        plain, matched = (
            pasted(_planes(tinted), ground, below, torch.ones(1), colours=colours)[0].numpy()
            for colours in (False, True)
        )
        apart = [np.abs(each.astype(int) - portrait.rgb).mean() for each in (plain, matched)]
        assert apart[1] < 0.3 * apart[0]
