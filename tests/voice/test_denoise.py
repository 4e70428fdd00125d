from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from modules.messages import SPEECH_RATE, FloatArray
from modules.voice.denoise import clean
from tests.voice.speaking import noise, reading, rms, with_noise


def paused() -> FloatArray:
    """Return speech with pauses, as people read."""
    return np.concatenate([np.pad(part, (3000, 9000)) for part in np.array_split(reading(), 5)])


def snr_db(wanted: FloatArray, found: FloatArray) -> float:
    return 20 * np.log10(rms(wanted) / rms(found - wanted))


def fan(seconds: float) -> FloatArray:
    sections = signal.butter(2, 900, fs=SPEECH_RATE, output="sos")
    return np.asarray(signal.sosfilt(sections, noise(seconds)), dtype=np.float32)


def test_a_clean_recording_is_left_alone() -> None:
    cleaned = clean(paused(), SPEECH_RATE)
    assert len(cleaned.samples) == len(paused())
    assert snr_db(paused(), cleaned.samples) > 60
    assert cleaned.snr_db > 60


def test_a_good_microphone_is_hardly_touched() -> None:
    recorded = with_noise(paused(), noise(60.0), 50.0)
    assert snr_db(paused(), clean(recorded, SPEECH_RATE).samples) > 49


@pytest.mark.parametrize(
    ("disturbance", "gain"), [(noise(60.0), 4.0), (fan(60.0), 1.5)], ids=["hiss", "fan"]
)
@pytest.mark.parametrize("before", [20.0, 10.0])
def test_steady_noise_is_reduced(disturbance: FloatArray, gain: float, before: float) -> None:
    cleaned = clean(with_noise(paused(), disturbance, before), SPEECH_RATE)
    assert snr_db(paused(), cleaned.samples) > before + gain


def test_pauses_become_much_quieter_without_single_tones_left() -> None:
    recorded = with_noise(paused(), noise(60.0), 15.0)
    cleaned = clean(recorded, SPEECH_RATE).samples
    pause = slice(-8000, -1500)
    assert 20 * np.log10(rms(cleaned[pause]) / rms(recorded[pause])) < -15
    spectrum = np.abs(signal.stft(cleaned[pause], nperseg=512)[2]) ** 2
    assert spectrum.max() < 60 * spectrum.mean()


@pytest.mark.parametrize("true", [30.0, 20.0, 10.0])
def test_the_estimated_ratio_is_near_the_true_one(true: float) -> None:
    assert clean(with_noise(paused(), noise(60.0), true), SPEECH_RATE).snr_db == pytest.approx(
        true, abs=4.5
    )


@pytest.mark.parametrize("length", [1, 100, 1024, 5000])
def test_short_and_silent_sound_keeps_its_length(length: int) -> None:
    assert len(clean(np.zeros(length, np.float32), SPEECH_RATE).samples) == length
    assert len(clean(0.1 * noise(1.0)[:length], SPEECH_RATE).samples) == length
