from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from modules.messages import SPEECH_RATE, FloatArray
from modules.voice.periods import HOP
from modules.voice.pitch import track_pitch
from tests.voice.speaking import constant, noise, reading, said, vowel, with_noise


def cents(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return how far apart voiced frames are, without the first and last 50 ms."""
    voiced = found > 0
    voiced[:9] = voiced[-9:] = False
    return 1200 * np.log2(found[voiced] / true[voiced])


@pytest.mark.parametrize("hertz", [60.0, 85.0, 120.0, 210.0, 330.0, 520.0])
def test_a_steady_vowel_is_heard_at_its_pitch(hertz: float) -> None:
    f0 = track_pitch(vowel(constant(hertz, 0.8)).astype(np.float64))
    error = cents(f0, np.full(len(f0), hertz))
    assert len(error) > 0.9 * (len(f0) - 18)
    assert np.abs(error).max() < 15


def test_a_rising_and_falling_contour_is_followed() -> None:
    seconds = np.arange(2 * SPEECH_RATE) / SPEECH_RATE
    contour = 120 * np.exp(0.25 * np.sin(2 * np.pi * 1.5 * seconds))
    f0 = track_pitch(vowel(contour.astype(np.float32)).astype(np.float64))
    error = cents(f0, contour[np.minimum(np.arange(len(f0)) * HOP, len(contour) - 1)])
    assert np.sqrt(np.mean(error**2)) < 25


def test_noise_and_silence_have_no_pitch() -> None:
    assert not track_pitch(np.zeros(SPEECH_RATE)).any()
    assert np.mean(track_pitch(0.1 * noise(2.0).astype(np.float64)) > 0) < 0.03


def test_the_pulses_after_a_glottal_closure_are_voiced_and_the_closure_is_not() -> None:
    f0 = np.concatenate([constant(110, 0.3), constant(0, 0.05), constant(95, 0.045)])
    found = track_pitch(np.pad(vowel(f0), (0, 2000)).astype(np.float64))
    closure = found[int(0.32 * SPEECH_RATE) // HOP : int(0.345 * SPEECH_RATE) // HOP]
    release = found[int(0.36 * SPEECH_RATE) // HOP : int(0.385 * SPEECH_RATE) // HOP]
    assert not closure.any()
    assert (np.abs(release - 95) < 10).all()


def test_both_parts_of_a_spoken_creaky_tone_are_voiced() -> None:
    sound = said("mạ").astype(np.float64)
    f0 = track_pitch(sound)
    level = np.abs(sound[: len(sound) // HOP * HOP].reshape(-1, HOP)).max(axis=1)
    loud = np.flatnonzero(level > 0.1 * level.max())
    closed = np.flatnonzero(level[loud[0] : loud[-1]] < 1e-3 * level.max()) + loud[0]
    assert len(closed), "the tts no longer closes the glottis in a nặng"
    after = f0[closed[-1] + 2 : loud[-1]]
    assert np.mean(after > 0) > 0.7
    assert not f0[closed[1:-1]].any()


def test_a_voice_in_noise_does_not_jump_to_the_octave() -> None:
    sound = with_noise(reading(), noise(30.0), 10.0).astype(np.float64)
    clean, noisy = track_pitch(reading().astype(np.float64)), track_pitch(sound)
    both = (clean > 0) & (noisy > 0)
    assert np.mean(both) > 0.8 * np.mean(clean > 0)
    assert np.mean(np.abs(np.log2(noisy[both] / clean[both])) > 0.8) < 0.01


@given(st.integers(0, 5000))
@settings(max_examples=60, deadline=None)
def test_there_is_a_frame_for_every_hop_and_one_more(length: int) -> None:
    assert len(track_pitch(np.zeros(length))) == length // HOP + 1


def through_a_telephone(samples: FloatArray) -> FloatArray:
    sections = signal.butter(6, (300, 3400), "bandpass", fs=SPEECH_RATE, output="sos")
    return np.asarray(signal.sosfilt(sections, samples), dtype=np.float32)


def test_a_man_on_the_telephone_is_not_heard_an_octave_up() -> None:
    # The band begins at two and a half times his pitch.
    words = reading()[: 8 * SPEECH_RATE]
    clean = track_pitch(words.astype(np.float64))
    called = track_pitch(through_a_telephone(words).astype(np.float64))
    both = (clean > 0) & (called > 0)
    assert np.mean(both) > 0.55 * np.mean(clean > 0)
    assert np.mean(np.abs(np.log2(called[both] / clean[both])) > 0.7) < 0.03


def test_a_hiss_or_a_hum_far_from_the_voice_is_not_its_pitch() -> None:
    # Periodic sound two octaves up between two words: a whistle, a key, a fricative's resonance.
    whistle = 0.2 * np.sin(2 * np.pi * 520 * np.arange(6000) / SPEECH_RATE)
    voice = vowel(constant(110, 0.5))
    f0 = track_pitch(np.concatenate([voice, whistle, voice]).astype(np.float64))
    assert f0.max() < 200
