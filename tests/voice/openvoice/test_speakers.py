"""Who speaks: heard once, kept beside the sample, gone with it."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import numpy as np
import pytest
import torch

from modules.errors import EngineFailed
from modules.messages import SPEECH_RATE, FloatArray
from modules.voice import VoiceStore, write_sample
from modules.voice.openvoice.checkpoint import load_converter
from modules.voice.openvoice.network import Converter
from modules.voice.openvoice.speakers import Sample, segments, speaker_of, without_pauses
from modules.voice.openvoice.spectrogram import spectrogram
from tests.voice.speaking import other_reading, reading, said

OWNER = "a" * 32


@pytest.fixture(scope="module")
def network(small: Path) -> Converter:
    return load_converter(small)


def numbers(value: float) -> FloatArray:
    return np.full(4, value, dtype=np.float32)


@pytest.mark.parametrize(("seconds", "count"), [(1, 1), (5, 1), (14, 1), (16, 2), (30, 3), (60, 6)])
def test_a_sample_is_heard_in_equal_parts_of_about_ten_seconds(seconds: int, count: int) -> None:
    parts = segments(np.zeros(seconds * SPEECH_RATE, dtype=np.float32))
    assert len(parts) == count
    assert sum(map(len, parts)) == seconds * SPEECH_RATE
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_speaker_is_the_mean_over_the_parts(network: Converter) -> None:
    spoken = without_pauses(reading())
    with torch.inference_mode():
        each = [
            network.speaker(
                spectrogram(torch.from_numpy(part[: len(part) // 256 * 256]), network.config)
            )[0, :, 0].numpy()
            for part in segments(spoken)
        ]
    assert len(each) == 2
    found = speaker_of(network, reading())
    assert found.shape == (256,)
    np.testing.assert_allclose(found, np.mean(each, axis=0), atol=1e-6)


def test_silence_around_and_long_pauses_are_not_heard(network: Converter) -> None:
    first, second = said("Xin chào bạn, tôi tên là Lan."), said("Hôm nay trời đẹp quá nhé.")
    second_long = np.zeros(2 * SPEECH_RATE, dtype=np.float32)
    spoken = without_pauses(np.concatenate([second_long, first, second_long, second, second_long]))
    together = len(first) + len(second)
    assert 0.8 * together < len(spoken) < 1.1 * together
    short = np.zeros(SPEECH_RATE // 2, dtype=np.float32)
    kept = without_pauses(np.concatenate([first, short, second]))
    assert len(kept) > 0.8 * (together + len(short))


def test_where_nobody_speaks_all_of_it_is_heard() -> None:
    hum = np.sin(np.arange(SPEECH_RATE) / 30).astype(np.float32)
    np.testing.assert_array_equal(without_pauses(hum), hum)


@pytest.mark.parametrize("length", [1, 100, 1023])
def test_a_scrap_of_sound_still_has_a_speaker(network: Converter, length: int) -> None:
    found = speaker_of(network, reading()[:length])
    assert found.shape == (256,)
    assert np.isfinite(found).all()


def test_what_was_heard_is_kept_beside_the_sample_for_its_owner_alone(tmp_path: Path) -> None:
    write_sample(tmp_path / "sample.flac", said("ừ"))
    sample = Sample.read(str(tmp_path / "sample.flac"))
    assert sample.remember("x", 4, lambda: numbers(1)).tolist() == [1, 1, 1, 1]
    again = Sample.read(str(tmp_path / "sample.flac"))
    assert again.remember("x", 4, lambda: numbers(2)).tolist() == [1, 1, 1, 1]
    assert again.remember("y", 4, lambda: numbers(3)).tolist() == [3, 3, 3, 3]
    (kept,) = tmp_path.glob("openvoice-sample-x.npy")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_another_sound_has_another_key(tmp_path: Path) -> None:
    keys = set()
    for text in ("ừ", "dạ"):
        write_sample(tmp_path / "sample.flac", said(text))
        keys.add(Sample.read(str(tmp_path / "sample.flac")).key)
    assert len(keys) == 2


def npy(values: FloatArray) -> bytes:
    packed = io.BytesIO()
    np.save(packed, values)
    return packed.getvalue()


@pytest.mark.parametrize(
    "damage",
    [b"", b"\x93NUMPY", b"nonsense", npy(np.zeros(3)), npy(np.full(4, np.nan)), npy(np.eye(2))],
)
def test_what_was_kept_and_is_damaged_is_heard_again(tmp_path: Path, damage: bytes) -> None:
    write_sample(tmp_path / "sample.flac", said("ừ"))
    sample = Sample.read(str(tmp_path / "sample.flac"))
    (tmp_path / "openvoice-sample-x.npy").write_bytes(damage)
    assert sample.remember("x", 4, lambda: numbers(5)).tolist() == [5, 5, 5, 5]
    assert sample.remember("x", 4, lambda: numbers(6)).tolist() == [5, 5, 5, 5]


def test_a_disk_that_refuses_takes_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "no space")

    write_sample(tmp_path / "sample.flac", said("ừ"))
    sample = Sample.read(str(tmp_path / "sample.flac"))
    monkeypatch.setattr("modules.voice.openvoice.speakers.write_private", full)
    assert sample.remember("x", 4, lambda: numbers(1)).tolist() == [1, 1, 1, 1]


def test_no_pickle_is_read_from_beside_a_sample(tmp_path: Path) -> None:
    write_sample(tmp_path / "sample.flac", said("ừ"))
    np.save(tmp_path / "openvoice-sample-x.npy", np.array([{}], dtype=object), allow_pickle=True)
    sample = Sample.read(str(tmp_path / "sample.flac"))
    assert sample.remember("x", 4, lambda: numbers(1)).tolist() == [1, 1, 1, 1]


def test_a_stored_voice_says_where_its_sample_is_and_takes_all_with_it(tmp_path: Path) -> None:
    store = VoiceStore(tmp_path / "users")
    voice = store.add(OWNER, "Lan", 0.3 * other_reading(), SPEECH_RATE, consent=True)
    profile = store.get(OWNER, voice.id)
    sample = Sample.read(profile.sample)
    sample.remember("x", 4, lambda: numbers(1))
    assert len(sample.samples()) / SPEECH_RATE == pytest.approx(voice.seconds, abs=0.1)
    assert [v.id for v in store.list(OWNER)] == [voice.id]
    store.delete(OWNER, voice.id)
    assert list((tmp_path / "users").rglob("*.npy")) == []
    with pytest.raises(EngineFailed, match="no_sample"):
        Sample.read(profile.sample)


@pytest.mark.parametrize("content", [b"", b"fLaC", b"RIFF"])
def test_a_damaged_sample_is_a_failure_of_the_engine(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sample.flac").write_bytes(content)
    with pytest.raises(EngineFailed, match="no_sample"):
        Sample.read(str(tmp_path / "sample.flac")).samples()
