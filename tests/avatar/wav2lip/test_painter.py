"""The painter keeps what `neural/painting.py` asks of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from modules.avatar.neural.painting import BOXES, MASKS, Run
from modules.avatar.wav2lip import painter as painting
from modules.avatar.wav2lip.crop import box, mask
from modules.avatar.wav2lip.mouth import FIRST_ROW, HALF
from modules.avatar.wav2lip.painter import FACES, Seen, Wav2LipPainter
from modules.messages import ByteArray, FloatArray
from tests.avatar.released import noise


def face_points(x: float = 256, y: float = 240, size: float = 100) -> FloatArray:
    """A face as a child would draw it, in the order of iBUG 300-W."""
    around = np.linspace(np.pi, 0, 17)
    jaw = np.stack([np.cos(around), 1.25 * np.sin(around)], 1)
    brows = np.stack([np.linspace(-0.7, 0.7, 10), np.full(10, -0.45)], 1)
    nose = np.stack([np.zeros(9), np.linspace(-0.2, 0.35, 9)], 1)
    eyes = np.stack([np.linspace(-0.6, 0.6, 12), np.full(12, -0.2)], 1)
    lips = np.stack([np.linspace(-0.35, 0.35, 20), np.full(20, 0.75)], 1)
    points = np.concatenate([jaw, brows, nose, eyes, lips]) * size + (x, y)
    return np.asarray(points, np.float32)


@pytest.fixture(scope="module")
def frames() -> ByteArray:
    random = np.random.default_rng(1)
    small = random.integers(0, 255, (4, 16, 16, 3))
    return np.asarray(np.kron(small, np.ones((1, 32, 32, 1))), np.uint8)


@pytest.fixture(scope="module")
def points() -> FloatArray:
    return np.stack([face_points(256 + 3 * k) for k in range(4)])


@pytest.fixture(scope="module")
def painter(released: Path) -> Wav2LipPainter:
    return Wav2LipPainter.load(released.parent, None)


@pytest.fixture
def prepared(painter: Wav2LipPainter, frames: ByteArray, points: FloatArray) -> Seen:
    return painter.attach(frames, painter.prepare(frames, points))


def run(prepared: Seen, *indices: int, seed: str = "paint") -> Run:
    mels = noise(seed, len(indices), 1, 80, 16)
    return Run(prepared, np.array(indices), mels, np.ones(len(indices), np.float32))


def test_a_face_s_box_goes_from_the_forehead_to_below_the_chin() -> None:
    left, top, right, bottom = box(face_points(), 512, 512)
    assert (left, right) == (156, 356)
    assert top < 240 - 45 < 240 + 125 < bottom


def test_the_hidden_half_begins_between_eyes_and_mouth() -> None:
    _, top, _, bottom = box(face_points(), 512, 512)
    assert 240 - 20 < top + (bottom - top) * HALF / 96 < 240 + 60


@pytest.mark.parametrize(("x", "y"), [(10, 240), (500, 240), (256, 5), (256, 500), (2000, 2000)])
def test_a_box_lies_within_its_frame_wherever_the_face_is(x: float, y: float) -> None:
    left, top, right, bottom = box(face_points(x, y), 512, 512)
    assert 0 <= left < right
    assert 0 <= top < bottom
    assert mask(face_points(x, y), (left, top, right, bottom)).shape == (96, 96)


def test_a_mask_covers_the_mouth_and_fades_before_what_is_not_painted() -> None:
    where = box(face_points(), 512, 512)
    opaque = mask(face_points(), where)
    left, top, right, bottom = where
    x, y = round((256 - left) / (right - left) * 96), round((240 + 75 - top) / (bottom - top) * 96)
    assert opaque[y - 6 : y + 6, x - 14 : x + 14].min() > 240
    assert not opaque[: FIRST_ROW + 1].any()
    assert not opaque[-1].any()
    assert not opaque[:, [0, -1]].any()
    assert np.abs(np.diff(opaque.astype(int), axis=0)).max() < 64


def test_what_is_prepared_is_the_same_however_many_frames_come_at_once(
    painter: Wav2LipPainter, frames: ByteArray, points: FloatArray
) -> None:
    whole = painter.prepare(frames, points)
    assert {BOXES, MASKS, FACES} == set(whole)
    for k in range(4):
        one = painter.prepare(frames[k : k + 1], points[k : k + 1])
        assert all(np.array_equal(one[name][0], whole[name][k]) for name in whole)


def test_faces_have_the_colours_that_the_network_knows_them_in(
    painter: Wav2LipPainter, points: FloatArray
) -> None:
    red = np.zeros((1, 512, 512, 3), np.uint8)
    red[..., 0] = 200
    assert painter.prepare(red, points[:1])[FACES][0, 50, 50].tolist() == [0, 0, 200]
    prepared = painter.attach(red, painter.prepare(red, points[:1]))
    mouth = painter.paint([run(prepared, 0)])[0][0]
    assert mouth[0, 50].tolist() == [200, 0, 0]


def test_rows_that_are_not_painted_are_the_avatar_s_own(
    painter: Wav2LipPainter, prepared: Seen
) -> None:
    mouths = painter.paint([run(prepared, 2)])[0]
    own = prepared.faces[[2]][..., ::-1]
    assert np.array_equal(mouths[:, :FIRST_ROW], own[:, :FIRST_ROW])
    assert np.abs(mouths[:, FIRST_ROW:].astype(int) - own[:, FIRST_ROW:]).mean() > 5
    assert prepared.faces[2].shape == (96, 96, 3)


def test_sessions_that_share_a_batch_get_what_they_would_get_alone(
    painter: Wav2LipPainter, prepared: Seen, frames: ByteArray, points: FloatArray
) -> None:
    other = painter.attach(frames[::-1], painter.prepare(frames[::-1], points))
    runs = [run(prepared, 0, 1), run(other, 3, seed="other"), run(prepared, 2, seed="third")]
    together = painter.paint(runs)
    assert [made.shape for made in together] == [(2, 96, 96, 3), (1, 96, 96, 3), (1, 96, 96, 3)]
    for each, made in zip(runs, together, strict=True):
        alone = painter.paint([each])[0]
        assert np.abs(alone.astype(int) - made).max() <= 1


def test_a_frame_is_encoded_once(
    painter: Wav2LipPainter, prepared: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = painter.paint([run(prepared, 0, 1, 0)])[0]
    assert sorted(prepared.encoded) == [0, 1]
    prepared.faces = np.zeros_like(prepared.faces)
    again = painter.paint([run(prepared, 0, 1, 0)])[0]
    assert np.array_equal(again[:, FIRST_ROW:], first[:, FIRST_ROW:])


def test_no_more_faces_are_kept_than_there_is_room_for(
    painter: Wav2LipPainter, prepared: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painting, "_KEPT", 2)
    mouths = painter.paint([run(prepared, 0, 1, 2, 3)])[0]
    assert len(prepared.encoded) == 2
    assert np.array_equal(mouths, painter.paint([run(prepared, 0, 1, 2, 3)])[0])
