from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest
import soxr

from modules.errors import InvalidInput, StorageFailed
from modules.messages import SPEECH_RATE, FloatArray, VoiceProfile
from modules.voice.profile import load_profile, measure_profile, save_profile
from tests.voice.speaking import constant, noise, reading, vowel, with_noise


def measured(samples: FloatArray, rate: int = SPEECH_RATE) -> VoiceProfile:
    return measure_profile(samples, rate, id="0" * 32, name="mẫu")


def syllables(hertz: list[float], seconds: float = 0.25) -> FloatArray:
    """Return a contour of level syllables with short pauses."""
    pause = constant(0, 0.06)
    return np.concatenate([part for f0 in hertz for part in (constant(f0, seconds), pause)])


def spread_syllables(count: int = 40) -> list[float]:
    """Return pitches with median 200 Hz and a standard deviation of ln(F0) of 0.2."""
    steps = np.linspace(-1, 1, count) * 0.2 * np.sqrt(3)
    return [float(f0) for f0 in 200 * np.exp(np.random.default_rng(1).permutation(steps))]


def envelope_distance(first: VoiceProfile, second: VoiceProfile) -> float:
    sure = (first.envelope_hz > 200) & (first.envelope_hz < 7000)
    difference = (first.envelope_db - second.envelope_db)[sure]
    return float(np.std(difference))


def test_register_and_range_are_those_of_the_contour() -> None:
    profile = measured(vowel(syllables(spread_syllables())))
    assert profile.f0_hz == pytest.approx(200, rel=0.02)
    assert profile.f0_spread == pytest.approx(0.2, rel=0.06)


def test_creak_at_the_end_of_phrases_does_not_lower_the_register() -> None:
    pitches = spread_syllables()
    creaky = [f0 / 2 if number % 5 == 4 else f0 for number, f0 in enumerate(pitches)]
    profile = measured(vowel(syllables(creaky)))
    assert profile.f0_hz == pytest.approx(200, rel=0.05)
    assert profile.f0_spread < 0.26


def test_alternating_weak_pulses_do_not_lower_the_register() -> None:
    contour = syllables(spread_syllables())
    even = vowel(contour / 2)
    sound = vowel(contour) + 0.3 * even  # every other pulse is louder: half the period shows
    assert measured(sound).f0_hz == pytest.approx(200, rel=0.05)


@pytest.mark.parametrize("snr_db", [20.0, 10.0])
def test_noise_moves_the_register_by_less_than_two_percent(snr_db: float) -> None:
    clean, noisy = measured(reading()), measured(with_noise(reading(), noise(30.0), snr_db))
    assert noisy.f0_hz == pytest.approx(clean.f0_hz, rel=0.02)
    assert noisy.f0_spread == pytest.approx(clean.f0_spread, rel=0.15)


def test_a_humming_machine_is_not_taken_for_the_voice() -> None:
    seconds = np.arange(30 * SPEECH_RATE) / SPEECH_RATE
    hum = sum(np.sin(2 * np.pi * 100 * k * seconds) / k for k in (1, 2, 3)).astype(np.float32)
    paused = np.concatenate([np.pad(part, (0, 9000)) for part in np.array_split(reading(), 6)])
    assert measured(with_noise(paused, hum, 30.0)).f0_hz == pytest.approx(
        measured(reading()).f0_hz, rel=0.03
    )


def test_other_rates_and_levels_give_the_same_profile() -> None:
    base = measured(reading())
    for rate in (16_000, 44_100, 48_000):
        other = measured(0.2 * soxr.resample(reading(), SPEECH_RATE, rate), rate)
        assert other.f0_hz == pytest.approx(base.f0_hz, rel=0.01)
        assert envelope_distance(base, other) < 0.5


def test_a_vowel_higher_up_has_the_same_envelope() -> None:
    low, high = (measured(vowel(constant(hertz, 3.0))) for hertz in (110.0, 160.0))
    assert envelope_distance(low, high) < 3.0


def test_the_envelope_peaks_where_the_formants_are() -> None:
    profile = measured(vowel(syllables([110.0, 123.0, 131.0, 117.0] * 4)))
    hz, level = profile.envelope_hz, profile.envelope_db
    peaks = hz[1:-1][(level[1:-1] > level[:-2]) & (level[1:-1] >= level[2:])]
    for formant in (700.0, 1220.0, 2600.0):
        assert np.abs(peaks / formant - 1).min() < 0.05


def test_nothing_voiced_is_no_voice() -> None:
    with pytest.raises(InvalidInput) as refused:
        measured(0.1 * noise(3.0))
    assert refused.value.code == "invalid_input.no_voice"


def test_a_profile_survives_its_file(tmp_path: Path, profile: VoiceProfile) -> None:
    path = tmp_path / "profile.npz"
    save_profile(profile, path)
    held = load_profile(path)
    assert (held.id, held.name, held.f0_hz, held.f0_spread) == (
        profile.id,
        profile.name,
        profile.f0_hz,
        profile.f0_spread,
    )
    np.testing.assert_array_equal(held.envelope_hz, profile.envelope_hz)
    np.testing.assert_array_equal(held.envelope_db, profile.envelope_db)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["profile.npz"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"\x93NUMPY", b"[]"])
def test_a_damaged_profile_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "profile.npz"
    path.write_bytes(content)
    with pytest.raises(StorageFailed) as failed:
        load_profile(path)
    assert failed.value.code == "storage_failed.unreadable"


def test_a_pickle_in_a_profile_is_never_opened(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    path = tmp_path / "profile.npz"

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (opened,)

    packed = io.BytesIO()
    np.savez(packed, version=np.array(Trap(), dtype=object))
    path.write_bytes(packed.getvalue())
    with pytest.raises(StorageFailed):
        load_profile(path)
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(StorageFailed):
        load_profile(path)
    assert not opened.exists()
