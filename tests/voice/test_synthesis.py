from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.messages import SPEECH_RATE
from modules.voice.envelope import BIN_HZ
from modules.voice.periods import HOP
from modules.voice.pitch import track_pitch
from modules.voice.synthesis import (
    BEFORE,
    FILTER_BINS,
    REACH,
    filtered_frames,
    overlap_add,
    place_pulses,
    pulse_responses,
    voiced_stretches,
    voicing,
)
from tests.voice.speaking import noise

CONTOURS = st.lists(st.one_of(st.just(0.0), st.floats(50, 600)), min_size=1, max_size=80).map(
    np.array
)


def played(f0: np.ndarray, envelope: np.ndarray) -> np.ndarray:
    """Return pulses through one envelope (ln of power) at a contour given for every frame."""
    length = (len(f0) - 1) * HOP
    positions, periods = place_pulses(f0, length)
    rows = np.repeat(envelope[None].astype(np.float32), len(positions), axis=0)
    canvas = np.zeros(length, dtype=np.float32)
    blocks = pulse_responses(rows, positions, periods)
    overlap_add(canvas, positions.astype(np.intp) - BEFORE, blocks)
    return canvas


def formant_envelope() -> np.ndarray:
    peaks = sum(3 * np.exp(-(((BIN_HZ - f) / 150) ** 2)) for f in (700, 1200, 2600))
    return peaks - np.log1p((BIN_HZ / 700) ** 2) - 8


@pytest.mark.parametrize("hertz", [55.0, 104.8, 231.0, 480.0])
def test_pulses_sound_at_exactly_the_pitch_asked_for(hertz: float) -> None:
    sound = played(np.full(350, hertz), formant_envelope())
    f0 = track_pitch(sound.astype(np.float64))[20:-20]
    assert (np.abs(1200 * np.log2(f0 / hertz)) < 3).all()


def test_a_gliding_pitch_is_neither_late_nor_early() -> None:
    contour = 120 * np.exp(0.2 * np.sin(np.arange(500) * HOP / SPEECH_RATE * 2 * np.pi * 2))
    f0 = track_pitch(played(contour, formant_envelope()).astype(np.float64))
    kept = slice(20, -20)
    best = min(range(-3, 4), key=lambda lag: np.abs(np.roll(f0, -lag)[kept] - contour[kept]).mean())
    assert best == 0


@pytest.mark.parametrize("hertz", [80.0, 160.0, 320.0])
def test_loudness_is_that_of_the_envelope_at_any_pitch(hertz: float) -> None:
    envelope = formant_envelope()
    sound = played(np.full(400, hertz), envelope)[2000:-2000]
    assert 10 * np.log10(np.mean(sound**2) / np.exp(envelope).mean()) == pytest.approx(0, abs=1.0)


@pytest.mark.parametrize("period", [45.3, 100.0, 300.0])
def test_a_pulse_has_the_energy_of_one_period_of_its_envelope(period: float) -> None:
    envelope = (-np.log1p((BIN_HZ / 250) ** 2)).astype(np.float32)
    response = pulse_responses(envelope[None], np.array([7.3]), np.array([period]))[0]
    whole = np.concatenate([envelope, envelope[-2:0:-1]])  # both halves of the spectrum
    meant = period * np.exp(whole).mean()
    assert np.sum(response**2) == pytest.approx(meant, rel=0.01)


def test_pulses_do_not_push_the_voice_off_zero_nor_ring_on() -> None:
    response = pulse_responses(
        formant_envelope()[None].astype(np.float32), np.array([0.0]), np.array([200.0])
    )[0]
    assert abs(response.sum()) < 0.02 * np.abs(response).sum()
    tail = np.sum(response[BEFORE + 400 :] ** 2) / np.sum(response**2)
    assert 10 * np.log10(tail) < -30


@given(CONTOURS)
@settings(max_examples=80, deadline=None)
def test_every_pulse_lies_in_a_voiced_stretch_a_period_after_the_last(f0: np.ndarray) -> None:
    length = (len(f0) - 1) * HOP + 60
    positions, periods = place_pulses(f0, length)
    assert len(positions) == len(periods)
    assert (np.diff(positions) > 0).all()
    for first, last in voiced_stretches(f0):
        assert (f0[first:last] > 0).all()
        inside = positions[(positions >= first * HOP - HOP) & (positions < last * HOP)]
        gaps = np.diff(inside)
        assert (gaps >= SPEECH_RATE / f0[first:last].max() - 2).all()
        assert (gaps <= SPEECH_RATE / f0[first:last].min() + 2).all()
    if not f0.any():
        assert not len(positions)


@given(CONTOURS)
@settings(max_examples=50, deadline=None)
def test_voicing_stays_between_none_and_all(f0: np.ndarray) -> None:
    voiced = voicing(f0, len(f0) * HOP)
    assert voiced.min() >= 0
    assert voiced.max() <= 1
    np.testing.assert_array_equal(voiced[::HOP][f0 > 0], 1.0)


@given(st.integers(1, 3000), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_frames_with_gains_of_one_give_the_sound_back(length: int, seed: int) -> None:
    sound = noise(length / SPEECH_RATE, seed)
    padded = np.pad(sound, (HOP, 2 * HOP))
    frames = len(sound) // HOP + 2
    gains = np.ones((frames, FILTER_BINS), dtype=np.float32)
    canvas = np.zeros(len(sound), dtype=np.float32)
    overlap_add(canvas, np.arange(frames) * HOP - REACH, filtered_frames(0, (padded, gains)))
    np.testing.assert_allclose(canvas, sound, atol=1e-5)


def test_what_lies_outside_the_canvas_is_dropped() -> None:
    canvas = np.zeros(4, dtype=np.float32)
    overlap_add(canvas, np.array([-2, 3, 9, -9]), np.ones((4, 3), dtype=np.float32))
    np.testing.assert_array_equal(canvas, [1, 0, 0, 1])
