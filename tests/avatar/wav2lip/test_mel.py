"""The network hears what it heard when it was trained."""

from __future__ import annotations

import numpy as np
import pytest

from modules.avatar.wav2lip.mel import SILENT, Padding, filters, mel, starts
from modules.messages import FloatArray
from tests.avatar.released import Goldens, noise
from tests.avatar.wav2lip.conftest import HERE

GOLDENS = Goldens(HERE / "goldens.npz")


def sound() -> FloatArray:
    moment = np.arange(32_000) / 16_000
    tones = 0.3 * np.sin(2 * np.pi * 220 * moment) + 0.2 * np.sin(2 * np.pi * 1555 * moment)
    return tones.astype(np.float32) + np.float32(0.05) * noise("input:wav2lip/wav", 32_000)


def test_the_mel_is_the_original_s() -> None:
    heard = mel(sound(), "constant")
    assert heard.shape == (80, 161)
    GOLDENS.compare("mel_sub", heard[:, ::4], 1e-3, sub=True)
    sums = [heard.sum(dtype=np.float64), np.abs(heard).sum(dtype=np.float64)]
    GOLDENS.compare("mel_checks", sums, 1e-4)


@pytest.mark.parametrize(("padding", "name"), [("constant", "zero_pad"), ("reflect", "reflect")])
def test_its_ends_are_padded_in_either_of_librosa_s_ways(padding: Padding, name: str) -> None:
    heard = mel(sound(), padding)
    GOLDENS.compare(f"mel_{name}_first4", heard[:, :4], 1e-3)
    GOLDENS.compare(f"mel_{name}_last4", heard[:, -4:], 1e-3)


def test_the_filters_are_slaney_s() -> None:
    GOLDENS.compare("mel_basis", filters()[::8], 1e-6)


def test_moments_begin_where_the_original_s_begin() -> None:
    found = starts(161)
    assert len(found) == 47
    GOLDENS.compare("mel_chunk_starts", found, 0)


def test_digital_silence_is_the_least_of_all_bands() -> None:
    assert np.all(mel(np.zeros(1_600, np.float32)) == np.float32(SILENT))


@pytest.mark.parametrize("length", [1, 100, 400, 401, 1_600])
def test_a_sound_of_any_length_has_a_mel(length: int) -> None:
    heard = mel(np.ones(length, np.float32) * 0.1)
    assert heard.shape == (80, 1 + length // 200)
    assert np.isfinite(heard).all()
