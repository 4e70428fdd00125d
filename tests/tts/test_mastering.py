"""Levels, edges and steadiness of sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.messages import SPEECH_RATE
from modules.tts import mastering


def tone(seconds: float = 0.5, hz: float = 200, height: float = 0.3) -> np.ndarray:
    time = np.arange(round(seconds * SPEECH_RATE)) / SPEECH_RATE
    return (height * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def test_the_sound_is_found_with_its_margins() -> None:
    samples = np.zeros(SPEECH_RATE, np.float32)
    samples[5000:9000] = tone()[:4000]
    start, stop = mastering.sounding(samples)
    assert 5000 - 200 < start < 5000
    assert 9000 < stop < 9000 + 500


def test_there_is_no_sound_in_silence() -> None:
    assert mastering.sounding(np.zeros(1000, np.float32)) == (0, 0)
    assert mastering.sounding(np.zeros(0, np.float32)) == (0, 0)


def test_fades_reach_zero_and_leave_the_middle() -> None:
    samples = np.ones(2000, np.float32)
    out = mastering.faded(samples)
    assert out[0] == out[-1] == 0
    assert np.array_equal(out[120:-900], samples[120:-900])
    assert np.abs(np.diff(out)).max() < 0.02
    assert not mastering.faded(np.zeros(0, np.float32)).size


def test_the_level_leaves_pauses_out() -> None:
    spoken = tone(1.0)
    paused = np.concatenate([spoken, np.zeros(3 * SPEECH_RATE, np.float32), spoken])
    assert mastering.level_db(paused) == pytest.approx(mastering.level_db(spoken), abs=0.2)
    assert mastering.level_db(spoken) == pytest.approx(20 * np.log10(0.3 / 2**0.5), abs=0.1)
    assert mastering.level_db(np.zeros(100, np.float32)) == -120


@given(st.lists(st.floats(-50, 50, width=32), max_size=50))
def test_the_limiter_keeps_below_its_ceiling_in_order_and_in_sign(values: list[float]) -> None:
    samples = np.array(sorted(values), np.float32)
    out = mastering.limited(samples)
    assert np.all(np.abs(out) <= mastering.CEILING)
    assert np.all(np.diff(out) >= 0)
    assert np.all(np.sign(out) == np.sign(samples))


def test_the_limiter_leaves_what_is_not_loud() -> None:
    samples = tone(height=0.69)
    assert np.array_equal(mastering.limited(samples), samples)


def test_speech_is_brought_to_a_level_but_silence_is_not() -> None:
    for height in (0.02, 0.9):
        out = mastering.levelled(tone(height=height), -20)
        assert mastering.level_db(out) == pytest.approx(-20, abs=0.1)
    assert not mastering.levelled(np.zeros(5000, np.float32), -20).any()


def test_an_offset_goes_and_a_low_voice_stays() -> None:
    low = tone(1.0, 55)
    out = mastering.without_offset(low + 0.2)[SPEECH_RATE // 4 :]
    assert abs(float(out.mean())) < 2e-3
    assert np.std(out) == pytest.approx(np.std(low), rel=0.1)


def test_flutter_wavers_by_the_formula_and_keeps_the_length() -> None:
    steady = tone(2.0, 200)
    out = mastering.with_flutter(steady, 25)
    assert out.shape == steady.shape
    crossings = np.flatnonzero((out[:-1] < 0) & (out[1:] >= 0))
    # Linear interpolation of the crossing gives each period to a small part of a sample.
    exact = crossings - out[crossings] / (out[crossings + 1] - out[crossings])
    f0 = SPEECH_RATE / np.diff(exact)
    assert 0.006 < np.std(f0) / 200 < 0.0075  # 25/5000 * sqrt(3/2)
    assert np.max(np.abs(f0 / 200 - 1)) < 0.0155
    assert np.mean(f0) == pytest.approx(200, rel=0.002)
