"""Loudness, tilt, hum and pauses: measured on speech that was spoiled by known amounts."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from modules.messages import SPEECH_RATE, FloatArray
from modules.voice.openvoice.correction import GAIN_LIMIT_DB, TAPS, Finish, measure
from modules.voice.profile import measure_profile
from tests.voice.references import base_profile
from tests.voice.speaking import noise, reading, rms, said

SPEECH = reading()[: 4 * SPEECH_RATE]


def tilted(samples: FloatArray, db_an_octave: float) -> FloatArray:
    """Return speech tilted around 1 kHz, zero phase."""
    spectrum = np.fft.rfft(samples)
    hertz = np.maximum(np.fft.rfftfreq(len(samples), 1 / SPEECH_RATE), 80.0)
    gain = 10 ** (db_an_octave * np.log2(hertz / 1000) / 20)
    return np.fft.irfft(spectrum * gain, len(samples)).astype(np.float32)


def finished(before: FloatArray, after: FloatArray, taps: FloatArray) -> FloatArray:
    return Finish(before, taps)(after)


def tilt_error(samples: FloatArray) -> float:
    """Return how far the envelope is from the base voice's, in dB RMS over half octaves."""
    found, wanted = measure_profile(samples, SPEECH_RATE, id="", name=""), base_profile()
    edges = 2.0 ** np.arange(np.log2(200), np.log2(7000), 0.5)
    apart = found.envelope_db - wanted.envelope_db
    bands = [
        apart[(wanted.envelope_hz >= low) & (wanted.envelope_hz < 1.41 * low)].mean()
        for low in edges
    ]
    return float(np.std(bands))


@pytest.mark.parametrize("gain_db", [-9.0, -3.0, 0.0, 6.0])
def test_what_comes_out_is_as_loud_as_what_went_in(gain_db: float) -> None:
    spoiled = SPEECH * np.float32(10 ** (gain_db / 20))
    taps = measure(SPEECH, spoiled, base_profile(), base_profile())
    level = 20 * np.log10(rms(finished(SPEECH, spoiled, taps)) / rms(SPEECH))
    assert level == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("slope", [-1.5, 1.5])
def test_a_tilt_is_taken_back(slope: float) -> None:
    spoiled = tilted(SPEECH, slope)
    taps = measure(SPEECH, spoiled, base_profile(), base_profile())
    before, after = tilt_error(spoiled), tilt_error(finished(SPEECH, spoiled, taps))
    assert before > 1.8
    assert after < 0.5 * before


def test_speech_that_needs_nothing_is_hardly_touched() -> None:
    taps = measure(SPEECH, SPEECH, base_profile(), base_profile())
    assert taps.shape == (TAPS,)
    hertz, response = signal.freqz(taps, 1, 512, fs=SPEECH_RATE)
    level = 20 * np.log10(np.abs(response[(hertz > 200) & (hertz < 7000)]))
    assert np.abs(level).max() < 0.2


def test_what_the_network_does_to_all_sound_is_corrected_only_so_far() -> None:
    spoiled = tilted(SPEECH, -9.0) * np.float32(0.01)
    taps = measure(SPEECH, spoiled, base_profile(), base_profile())
    _, response = signal.freqz(taps, 1, 512, fs=SPEECH_RATE)
    assert 20 * np.log10(np.abs(response)).max() < GAIN_LIMIT_DB + 12


def test_nothing_is_delayed() -> None:
    click = np.zeros(4_000, dtype=np.float32)
    click[2_000] = 0.5
    taps = measure(SPEECH, tilted(SPEECH, -1.5), base_profile(), base_profile())
    out = finished(np.full(4_000, 0.1, dtype=np.float32), click, taps)
    assert np.abs(out[:2_000]).max() < 1e-6
    assert np.argmax(np.abs(out)) in (2_000, 2_001)


def test_hum_in_pauses_and_below_the_voice_is_removed() -> None:
    words = np.concatenate([said("Xin chào."), np.zeros(SPEECH_RATE, np.float32), said("Dạ.")])
    moment = np.arange(len(words)) / SPEECH_RATE
    buzz = 0.01 * sum(np.sin(2 * np.pi * hertz * moment) for hertz in (25, 150, 450, 2_000))
    taps = measure(SPEECH, SPEECH, base_profile(), base_profile())
    out = finished(words, (words + buzz).astype(np.float32), taps)
    pause = slice(len(said("Xin chào.")) + 4_000, len(words) - len(said("Dạ.")) - 4_000)
    assert rms(buzz[pause]) > 0.01
    assert rms(out[pause]) < 1e-5
    bottom = signal.butter(4, 35, fs=SPEECH_RATE, output="sos")
    rumble = [rms(signal.sosfilt(bottom, each)) for each in (words + buzz, out)]
    assert rumble[1] < 0.4 * rumble[0]


def test_no_consonant_is_cut_by_the_gate() -> None:
    words = said("Sáng sớm sương xuống, xe chạy chậm.")
    taps = np.zeros(TAPS, dtype=np.float32)
    taps[0] = 1
    sibilants = signal.butter(4, 4_000, "highpass", fs=SPEECH_RATE, output="sos")
    kept = rms(signal.sosfilt(sibilants, finished(words, words, taps)))
    assert kept == pytest.approx(rms(signal.sosfilt(sibilants, words)), rel=0.02)


def test_sound_without_a_voice_is_only_made_as_loud() -> None:
    hiss = 0.01 * noise(2.0)
    taps = measure(SPEECH[: len(hiss)], hiss, base_profile(), base_profile())
    assert np.abs(taps[1:]).max() < 0.05 * abs(taps[0])
    assert taps[0] == pytest.approx(10 ** (GAIN_LIMIT_DB / 20), rel=0.05)


@cache
def taps_of_a_tilt() -> FloatArray:
    return measure(SPEECH, tilted(SPEECH, 1.5), base_profile(), base_profile())


@given(st.lists(st.integers(1, 40_000), max_size=6))
@settings(max_examples=15, deadline=None)
def test_pieces_are_finished_as_the_whole_is(cuts: list[int]) -> None:
    words, taps = SPEECH[:44_100], taps_of_a_tilt()
    whole = finished(words, words, taps)
    edges = [0, *sorted({min(cut, len(words)) for cut in cuts} | {len(words)})]
    finish = Finish(words, taps)
    parts = [finish(words[a:b]) for a, b in itertools.pairwise(edges)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)


def test_nothing_leaves_the_bounds() -> None:
    loud = np.sign(np.sin(np.arange(SPEECH_RATE) / 9)).astype(np.float32)
    taps = measure(SPEECH, SPEECH * np.float32(0.3), base_profile(), base_profile())
    assert np.abs(finished(loud, loud, taps)).max() <= 1
