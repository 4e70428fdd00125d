"""Blinks, smoothing and windows over time."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modules.avatar.sadtalker.coefficients import blinks, smooth, windows

BLINK = [0.5, 0.9, 1.0, 0.9, 0.5]


@given(st.integers(0, 600), st.integers(0, 1000))
def test_blinks_are_whole_and_as_far_apart_as_the_original_s(frames: int, seed: int) -> None:
    closed = blinks(frames, np.random.default_rng(seed))
    assert closed.shape == (frames,)
    begins = [k for k in range(len(closed) - 4) if np.allclose(closed[k : k + 5], BLINK)]
    assert np.isclose(closed.sum(), 3.8 * len(begins))
    assert all(k >= 10 for k in begins)
    assert all(later - sooner >= 15 for sooner, later in itertools.pairwise(begins))
    if frames <= 20:
        assert not begins


def test_lids_close_in_every_clip_of_some_seconds() -> None:
    assert all(blinks(200, np.random.default_rng(seed)).any() for seed in range(20))


@given(st.integers(1, 40))
def test_a_steady_motion_is_not_changed_by_smoothing(frames: int) -> None:
    poses = np.linspace(0, 1, frames, dtype=np.float32)[:, None] * np.ones((1, 6), np.float32)
    np.testing.assert_allclose(smooth(poses), poses, atol=1e-5)


def test_a_tremble_is_taken_away() -> None:
    tremble = np.where(np.arange(50) % 2, 0.1, -0.1)[:, None] * np.ones((1, 6))
    assert np.abs(smooth(tremble.astype(np.float32))[6:-6]).max() < 0.03


def test_a_window_holds_the_neighbours_and_stands_still_at_the_ends() -> None:
    rows = np.arange(40, dtype=np.float32)[:, None] * np.ones((1, 70), np.float32)
    made = windows(rows)
    assert made.shape == (40, 70, 27)
    assert made[20, 3].tolist() == list(range(7, 34))
    assert made[0, 0].tolist() == [0] * 13 + list(range(14))
    assert made[39, 0].tolist() == [*range(26, 40), *[39] * 13]
