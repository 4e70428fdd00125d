"""The benchmarks of the decoders and of faces at hand again run to their end on small networks."""

import math
import sys
from pathlib import Path

import cv2
import pytest

from benchmarks import face_decoder, face_ready
from modules.models import Weights
from tests.avatar.musetalk.test_painter import frames
from tests.fetched import as_fetched


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    cv2.imwrite(str(path), frames(1)[0])
    return path


def test_the_tiny_decoder_is_measured_against_the_full_one(
    small: Path, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_decoder, "weights", lambda: as_fetched(small, "avatar"))
    found = {row.name: row for row in face_decoder.run((picture, picture))}
    assert len(found) == 4
    crop = found["tiny decoder against the full one, crop"]
    assert crop.detail.endswith("n=2")
    assert 0 < crop.value < 60  # other weights: another picture
    assert all(math.isfinite(row.value) for row in found.values())


def test_a_decoder_loses_nothing_against_itself_and_all_against_its_negative() -> None:
    half = frames(1)[0] / 255
    assert face_decoder.noise_ratio(half, half) == pytest.approx(120)
    assert face_decoder.noise_ratio(half, half + 0.1) == pytest.approx(20)


def test_without_weights_the_row_says_how_to_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(face_decoder, "weights", lambda: Weights(tmp_path))
    monkeypatch.setattr(sys, "argv", ["face_decoder"])
    face_decoder.main()
    told = capsys.readouterr().out
    assert "not measured" in told
    assert "python -m benchmarks.face_decoder" in told


def test_a_face_at_hand_again_keeps_its_bound_without_a_card() -> None:
    [row] = [each for each in face_ready.run(frames=6) if each.at_most is not None]
    assert (row.at_most, row.name) == (500, "MuseTalk: an avatar of 6 frames at hand again")
    assert row.value > 0
