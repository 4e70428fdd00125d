from __future__ import annotations

import numpy as np
import pytest
import soxr
from scipy import signal

from modules.errors import InvalidInput
from modules.messages import SPEECH_RATE, FloatArray
from modules.voice.activity import WINDOW_S
from modules.voice.profile import measure_profile
from modules.voice.sample import LEVEL_DB, prepare_sample
from tests.voice.references import CHANGES, changed
from tests.voice.speaking import noise, other_reading, reading, rms, with_noise


def excerpt() -> FloatArray:
    """Return as much speech as a sample needs and a little more: 9 s."""
    return reading()[: 9 * SPEECH_RATE]


def excerpt_pitch() -> float:
    return measure_profile(excerpt(), SPEECH_RATE, id="", name="").f0_hz


def all_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything count as speech."""
    monkeypatch.setattr(
        "modules.voice.sample.speech_windows",
        lambda samples, _: np.ones(round(len(samples) / SPEECH_RATE / WINDOW_S), dtype=bool),
    )


def refused(samples: FloatArray, rate: int = SPEECH_RATE) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        prepare_sample(np.asarray(samples, dtype=np.float32), rate)
    assert caught.value.params["field"] == "sample"
    return caught.value


def melody(seconds: float) -> FloatArray:
    """Return plucked notes with their overtones."""
    time = np.arange(round(seconds * SPEECH_RATE)) / SPEECH_RATE
    notes = np.array([220, 247, 262, 294, 330, 349, 392, 440])[(time * 4).astype(int) % 8]
    phase = 2 * np.pi * np.cumsum(notes) / SPEECH_RATE
    sound = sum(np.sin(k * phase) / k for k in range(1, 10))
    return np.asarray(0.1 * sound * np.exp(-3 * (time * 4 % 1)), dtype=np.float32)


@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_speech_at_any_rate_becomes_a_sample_of_the_same_voice(rate: int) -> None:
    recorded = soxr.resample(0.3 * excerpt(), SPEECH_RATE, rate)
    sample = prepare_sample(recorded, rate)
    assert sample.dtype == np.float32
    assert len(sample) / SPEECH_RATE == pytest.approx(9.0, abs=1.2)
    found = measure_profile(sample, SPEECH_RATE, id="", name="")
    assert found.f0_hz == pytest.approx(excerpt_pitch(), rel=0.02)


@pytest.mark.parametrize("name", ["child", "deep"])
def test_high_and_low_voices_are_voices(name: str) -> None:
    assert len(prepare_sample(changed(excerpt(), CHANGES[name]), SPEECH_RATE))


@pytest.mark.parametrize("gain", [0.01, 1.1])
def test_the_sample_has_the_same_level_however_loud_it_was_recorded(gain: float) -> None:
    sample = prepare_sample(excerpt() * np.float32(gain), SPEECH_RATE)
    assert 20 * np.log10(rms(sample)) == pytest.approx(LEVEL_DB, abs=0.1)
    assert np.abs(sample).max() <= 0.95


def test_silence_at_the_ends_and_long_pauses_are_cut() -> None:
    parts = [np.pad(part, (0, 3 * SPEECH_RATE)) for part in np.array_split(excerpt(), 3)]
    recorded = np.pad(np.concatenate(parts), (4 * SPEECH_RATE, 5 * SPEECH_RATE))
    sample = prepare_sample(recorded, SPEECH_RATE)
    assert len(sample) < len(excerpt()) + 2 * SPEECH_RATE
    begins = np.flatnonzero(np.abs(sample) > 0.01)
    assert begins[0] < 0.4 * SPEECH_RATE
    assert len(sample) - begins[-1] < 0.5 * SPEECH_RATE


def test_an_offset_and_rumble_are_taken_out() -> None:
    time = np.arange(len(excerpt())) / SPEECH_RATE
    rumble = (0.05 * np.sin(2 * np.pi * 15 * time)).astype(np.float32)
    sample = prepare_sample(0.4 * excerpt() + rumble + 0.2, SPEECH_RATE)
    assert abs(sample.mean()) < 1e-3
    spectrum = np.abs(np.fft.rfft(sample)) ** 2
    hertz = np.fft.rfftfreq(len(sample), 1 / SPEECH_RATE)
    assert spectrum[hertz < 25].sum() < 1e-4 * spectrum.sum()


def test_a_clean_recording_comes_out_as_it_went_in() -> None:
    paused = np.pad(excerpt() * np.float32(0.5), SPEECH_RATE)
    sample = prepare_sample(paused, SPEECH_RATE)
    lag = int(np.argmax(signal.correlate(paused, sample, "valid", "fft")))
    original = paused[lag : lag + len(sample)]
    scale = float(sample @ original / (original @ original))
    error = rms(sample - scale * original) / rms(sample)
    assert 20 * np.log10(error) < -25  # the high-pass turns the phase of the lowest tones a little


def test_of_a_long_recording_the_minute_with_most_speech_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    all_speech(monkeypatch)  # Silero needs 45 ms for a second of sound
    speech = np.concatenate([reading(), other_reading(), reading(), other_reading()])
    assert len(speech) > 62 * SPEECH_RATE
    recorded = np.pad(speech, (50 * SPEECH_RATE, 30 * SPEECH_RATE))
    sample = prepare_sample(recorded, SPEECH_RATE)
    assert len(sample) == 60 * SPEECH_RATE
    seconds = np.abs(sample).reshape(60, SPEECH_RATE).max(axis=1)
    assert (seconds > 0.05).all()


def test_too_little_speech_is_too_short_however_long_the_file() -> None:
    error = refused(np.pad(excerpt()[: 3 * SPEECH_RATE], (0, 20 * SPEECH_RATE)))
    assert error.code == "invalid_input.too_short"
    assert error.params["needed"] == 5
    assert 2 <= float(error.params["seconds"]) < 4


@pytest.mark.parametrize("seconds", [0.0, 0.001, 4.96])
def test_a_short_file_is_too_short(seconds: float) -> None:
    error = refused(excerpt()[: round(seconds * SPEECH_RATE)])
    assert error.code == "invalid_input.too_short"
    assert float(error.params["seconds"]) < 5


def test_silence_is_silent_and_what_is_not_a_number_is_named() -> None:
    assert refused(np.zeros(10 * SPEECH_RATE)).reason == "silent"
    broken = excerpt().copy()
    broken[5000] = np.nan
    assert refused(broken).reason == "not_finite"
    broken[5000] = np.inf
    assert refused(broken).reason == "not_finite"


@pytest.mark.parametrize("rate", [SPEECH_RATE, 48_000])
@pytest.mark.parametrize("ceiling", [0.2, 1.0])
def test_a_clipped_recording_is_refused_at_whatever_level_it_clips(
    rate: int, ceiling: float
) -> None:
    limit = np.quantile(np.abs(excerpt()), 0.985)
    clipped = np.clip(excerpt(), -limit, limit) * np.float32(ceiling / limit)
    error = refused(soxr.resample(clipped, SPEECH_RATE, rate), rate)
    assert error.reason == "clipped"
    assert 1 < float(error.params["percent"]) < 8


def test_a_recording_that_clips_now_and_then_is_taken() -> None:
    limit = np.quantile(np.abs(excerpt()), 0.998)
    assert len(prepare_sample(np.clip(excerpt(), -limit, limit), SPEECH_RATE))


@pytest.mark.parametrize(
    "sound",
    [0.1 * noise(12.0), melody(12.0), 0.2 * np.sin(np.arange(12 * SPEECH_RATE) * 0.06)],
    ids=["hiss", "music", "a tone"],
)
def test_what_is_not_a_voice_is_named_so(sound: FloatArray) -> None:
    assert refused(sound).reason == "no_voice"


def test_whispering_has_no_pitch_to_match(monkeypatch: pytest.MonkeyPatch) -> None:
    loudness = np.sqrt(np.convolve(excerpt() ** 2, np.hanning(2000) / 1000, "same"))
    breath = signal.lfilter([1], [1, -1.2, 0.8], noise(len(excerpt()) / SPEECH_RATE))
    whisper = 0.2 * loudness * breath[: len(loudness)]
    assert refused(whisper).reason == "no_voice"
    # Silero does not take this one for speech; a real whisper it may.
    all_speech(monkeypatch)
    assert refused(whisper).reason == "no_voice"


def test_noise_is_filtered_until_it_is_too_much() -> None:
    hiss = noise(30.0)
    sample = prepare_sample(with_noise(0.3 * excerpt(), hiss, 15.0), SPEECH_RATE)
    found = measure_profile(sample, SPEECH_RATE, id="", name="")
    assert found.f0_hz == pytest.approx(excerpt_pitch(), rel=0.03)
    error = refused(with_noise(0.3 * excerpt(), hiss, 1.0))
    assert error.reason == "too_noisy"
    assert float(error.params["decibels"]) < float(error.params["needed"])
