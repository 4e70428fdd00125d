"""A clause converted in steps is the clause converted at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.messages import SPEECH_RATE, FloatArray
from modules.voice.openvoice import conversion
from modules.voice.openvoice.checkpoint import load_converter
from modules.voice.openvoice.conversion import Conversion, in_halves
from modules.voice.openvoice.network import Converter
from modules.voice.pieces import piece_ends
from tests.voice.openvoice.filled import noise
from tests.voice.speaking import rms, said

EDGE = SPEECH_RATE // 20
SOURCE, TARGET = noise("source", 256), noise("target", 256)
LONG = "Hôm qua mẹ tôi mua ba quả dưa hấu, hai cân khoai lang."


@pytest.fixture(scope="module")
def network(small: Path) -> Converter:
    return load_converter(small)


def begun(network: Converter, samples: FloatArray, **options: Any) -> Conversion:
    return Conversion(network, samples, SOURCE, TARGET, **options)


def streamed(network: Converter, samples: FloatArray, ends: list[int]) -> FloatArray:
    steps = begun(network, samples)
    return np.concatenate([steps.render(end) for end in ends])


def difference_db(found: FloatArray, expected: FloatArray) -> float:
    apart = (found - expected)[EDGE:-EDGE]
    return 20 * np.log10(rms(apart) / rms(expected[EDGE:-EDGE]) + 1e-12)


def test_in_its_full_size_a_streamed_clause_is_the_whole_one(converter: Converter) -> None:
    samples = said(LONG)[:24_500]
    whole = begun(converter, samples).render(len(samples))
    found = streamed(converter, samples, piece_ends(len(samples)))
    assert len(piece_ends(len(samples))) > 1
    assert len(found) == len(whole) == len(samples)
    assert difference_db(found, whole) < -90
    assert np.abs(found - whole).max() < 1e-4  # the edges too


@given(st.lists(st.integers(1, 130_000), max_size=9))
@settings(max_examples=6, deadline=None)
def test_in_whatever_steps_the_sound_is_the_same(network: Converter, cuts: list[int]) -> None:
    samples = said(LONG)
    ends = sorted({min(cut, len(samples)) for cut in cuts} | {len(samples)})
    whole = begun(network, samples).render(len(samples))
    assert difference_db(streamed(network, samples, ends), whole) < -90


def test_latents_made_in_windows_are_those_made_at_once(
    network: Converter, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = said(LONG)
    whole = begun(network, samples).render(len(samples))
    monkeypatch.setattr(conversion, "LATENT_WINDOW", 60)
    found = streamed(network, samples, [*range(9_000, len(samples), 9_000), len(samples)])
    assert difference_db(found, whole) < -90


@pytest.mark.parametrize("reach", ["latent_reach", "decoder_reach"])
def test_a_window_with_less_beside_it_would_be_heard(network: Converter, reach: str) -> None:
    class Short:
        def __getattr__(self, name: str) -> Any:
            return 2 if name == reach else getattr(network.config, name)

    samples = said(LONG)
    whole = begun(network, samples).render(len(samples))
    steps = begun(network, samples)
    steps._config = Short()  # type: ignore[assignment]
    found = np.concatenate([steps.render(end) for end in piece_ends(len(samples))])
    assert difference_db(found, whole) > -60


@pytest.mark.parametrize("length", [1, 255, 256, 257, 800, 3_000, 22_049])
def test_however_short_a_clause_comes_back_as_long(network: Converter, length: int) -> None:
    samples = said(LONG)[2_000 : 2_000 + length]
    made = begun(network, samples).render(length)
    assert len(made) == length
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert np.abs(made).max() <= 1


def test_the_same_seed_gives_the_same_sound_and_another_a_little_other_one(
    network: Converter,
) -> None:
    samples = said("ừ")
    once, again, other = (begun(network, samples, seed=s).render(len(samples)) for s in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert rms(once - other) > 0


def test_without_chance_the_seed_does_not_matter(network: Converter) -> None:
    samples = said("ừ")
    one, other = (begun(network, samples, seed=s, tau=0.0).render(len(samples)) for s in (1, 2))
    np.testing.assert_array_equal(one, other)


def test_the_speakers_matter(network: Converter) -> None:
    samples = said("ừ")
    here = begun(network, samples).render(len(samples))
    there = Conversion(network, samples, TARGET, SOURCE).render(len(samples))
    assert rms(here - there) > 0.01 * rms(here)


def test_in_halves_it_is_the_same_sound_but_for_rounding(small: Path, network: Converter) -> None:
    halves = in_halves(load_converter(small))
    samples = said(LONG)[:20_000]
    whole = begun(network, samples).render(len(samples))
    found = streamed(halves, samples, [7_000, len(samples)])
    assert found.dtype == np.float32
    assert difference_db(found, whole) < -35


def test_where_two_windows_meet_there_is_no_step(small: Path) -> None:
    halves = in_halves(load_converter(small))
    samples = said(LONG)[:30_000]
    whole = begun(halves, samples).render(len(samples))
    found = streamed(halves, samples, [10_000, 20_000, len(samples)])
    apart = found - whole
    for edge in (39 * 256, 78 * 256):
        jump = abs(np.diff(apart)[edge - 300 : edge + 300]).max()
        assert jump <= np.abs(np.diff(apart)).max()
    assert difference_db(found, whole) < -40
