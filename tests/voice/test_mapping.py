from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.messages import SPEECH_RATE, VoiceProfile
from modules.voice.envelope import BIN_HZ, BINS
from modules.voice.mapping import (
    RANGE_LIMITS,
    TILT_LIMIT_DB,
    TRACT_LIMITS,
    VoiceMap,
    map_voices,
    tract_scale,
)
from modules.voice.periods import CEIL_HZ, FLOOR_HZ
from modules.voice.profile import measure_profile
from tests.voice.references import CHANGES, base_profile, changed, reference
from tests.voice.speaking import other_reading

PITCHES = st.floats(40, 700)


@pytest.fixture
def base() -> VoiceProfile:
    return base_profile()


def test_a_voice_maps_onto_itself_unchanged(base: VoiceProfile) -> None:
    change = map_voices(base, base)
    f0 = np.array([0.0, 80.0, base.f0_hz, 200.0])
    np.testing.assert_allclose(change.pitch(f0), f0)
    assert change.tract_scale == pytest.approx(1.0)
    assert np.abs(change.tilt_db).max() < 0.1
    levels = np.linspace(-9, 3, BINS, dtype=np.float32)[None]
    np.testing.assert_allclose(change.colour(levels), levels, atol=0.03)


@given(
    st.lists(PITCHES, min_size=2, max_size=9),
    PITCHES,
    st.floats(0.01, 0.6),
    st.floats(-6, 6),
)
def test_pitch_keeps_its_order_its_silence_and_its_bounds(
    f0: list[float], target_hz: float, spread: float, wish: float
) -> None:
    hz = np.linspace(80, 10_800, 16, dtype=np.float32)
    base = VoiceProfile("", "", 120.0, 0.15, hz, np.zeros(16, np.float32))
    target = VoiceProfile("", "", target_hz, spread, hz, np.zeros(16, np.float32))
    moved = map_voices(base, target, wish).pitch(np.sort([0.0, *f0]))
    assert moved[0] == 0
    assert (np.diff(moved) >= 0).all()
    assert (moved[1:] >= FLOOR_HZ).all()
    assert (moved[1:] <= CEIL_HZ).all()


def test_the_median_goes_to_the_median_and_a_wish_on_top(base: VoiceProfile) -> None:
    target = replace(base, f0_hz=230.0)
    assert map_voices(base, target).pitch(np.array([base.f0_hz]))[0] == pytest.approx(230)
    # The tts has spoken the wish already: what comes in is higher, and so is what goes out.
    spoken = np.array([base.f0_hz * 2 ** (3 / 12)])
    wished = map_voices(base, target, 3.0).pitch(spoken)[0]
    assert wished == pytest.approx(230 * 2 ** (3 / 12))


@pytest.mark.parametrize(("spread", "expected"), [(0.01, 0), (5.0, 1)])
def test_a_voice_without_melody_and_a_wild_one_stay_intelligible(
    base: VoiceProfile, spread: float, expected: int
) -> None:
    change = map_voices(base, replace(base, f0_spread=spread))
    assert change.range_ratio == RANGE_LIMITS[expected]


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_a_known_tract_is_found_within_five_percent(base: VoiceProfile, name: str) -> None:
    assert tract_scale(base, reference(name)) == pytest.approx(CHANGES[name].tract, rel=0.05)


def test_a_tract_is_found_through_a_dull_microphone(base: VoiceProfile) -> None:
    sample = changed(other_reading(), CHANGES["female-like"])
    dull = np.convolve(sample, np.array([0.5, 0.5], np.float32), "same")
    target = measure_profile(dull, SPEECH_RATE, id="", name="")
    assert tract_scale(base, target) == pytest.approx(1.16, rel=0.05)


def test_an_envelope_that_says_nothing_gives_what_is_usual_at_that_pitch(
    base: VoiceProfile,
) -> None:
    unknown = replace(base, envelope_db=np.zeros_like(base.envelope_db), f0_hz=base.f0_hz * 1.75)
    assert tract_scale(base, unknown) == pytest.approx(1.16, abs=0.03)
    assert tract_scale(base, replace(unknown, f0_hz=base.f0_hz)) == pytest.approx(1.0, abs=0.03)
    impossible = replace(unknown, f0_hz=base.f0_hz * 5)
    assert tract_scale(base, impossible) <= TRACT_LIMITS[1] + 1e-9


def test_tilt_is_limited_and_speaks_of_what_the_sample_holds(base: VoiceProfile) -> None:
    bright = replace(base, envelope_db=base.envelope_db + 30 * (base.envelope_hz > 3000))
    tilt = map_voices(base, bright).tilt_db
    assert np.abs(tilt).max() <= TILT_LIMIT_DB
    assert tilt[BIN_HZ > 6000].min() > 6


def test_a_telephones_missing_band_is_not_taken_for_a_dull_voice(base: VoiceProfile) -> None:
    cut = base.envelope_db - 70 * (base.envelope_hz > 3800)
    tilt = map_voices(base, replace(base, envelope_db=cut.astype(np.float32))).tilt_db
    assert np.abs(tilt).max() < 3


@pytest.mark.parametrize("scale", [0.85, 1.0, 1.2])
def test_stretching_moves_a_peak_by_the_scale_and_keeps_the_power(scale: float) -> None:
    change = VoiceMap(100, 100, 1.0, scale, np.zeros(BINS, np.float32))
    levels = -(((BIN_HZ - 2000) / 300) ** 2).astype(np.float32)[None]
    moved = change.colour(levels)
    assert BIN_HZ[np.argmax(moved)] == pytest.approx(2000 * scale, abs=BIN_HZ[1])
    assert np.exp(moved).sum() == pytest.approx(np.exp(levels).sum(), rel=1e-4)
