"""What a reply's ear hears is the original's mel, whatever pieces the sound comes in."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.avatar.neural.painting import FRAME_HEARD
from modules.avatar.wav2lip.ear import FUTURE, MelEar
from modules.avatar.wav2lip.mel import SILENT, mel, starts
from modules.messages import FloatArray
from tests.avatar.wav2lip.test_mel import sound


def heard(samples: FloatArray, cuts: list[int], last: bool = True) -> FloatArray:
    ear = MelEar()
    edges = [0, *sorted(min(cut, len(samples)) for cut in cuts), len(samples)]
    pieces = [samples[a:b] for a, b in itertools.pairwise(edges)]
    made = [ear.push(piece) for piece in pieces]
    return np.concatenate([*made, ear.push(samples[:0], last=last)])


def test_each_frame_hears_the_moment_that_begins_with_it() -> None:
    samples = sound()
    whole = mel(samples, "constant")
    found = heard(samples, [])
    expected = [whole[:, at : at + 16] for at in starts(161)[:-1]]
    assert found.shape == (50, 1, 80, 16)
    np.testing.assert_allclose(found[: len(expected), 0], expected, atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 20_000), max_size=6), st.integers(1, 20_000))
def test_pieces_make_no_difference(cuts: list[int], length: int) -> None:
    samples = sound()[:length]
    found = heard(samples, cuts)
    assert len(found) == -(-length // FRAME_HEARD)
    np.testing.assert_allclose(found, heard(samples, []), atol=1e-4)


def test_a_frame_is_given_as_soon_as_its_future_is_there_and_no_sooner() -> None:
    ear, samples = MelEar(), sound()
    assert len(ear.push(samples[: FRAME_HEARD + FUTURE - 1])) == 0
    assert len(ear.push(samples[FRAME_HEARD + FUTURE - 1 :][:1])) == 1


def test_beyond_the_end_lies_silence() -> None:
    found = heard(sound()[: 10 * FRAME_HEARD], [])
    assert len(found) == 10
    assert np.all(found[-1, 0, :, -4:] == np.float32(SILENT))
    assert found[-1, 0, :, 0].max() > 0


def test_nothing_said_is_nothing_heard() -> None:
    assert heard(sound()[:0], []).shape == (0, 1, 80, 16)
