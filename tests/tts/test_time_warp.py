"""Warping against the textbook, and at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.tts.time_warp import warp


def moving(frames: int, seed: int = 0) -> np.ndarray:
    """Features that change slowly and never repeat."""
    steps = np.random.default_rng(seed).normal(size=(frames, 12))
    walk = np.cumsum(steps, axis=0)
    return (walk - walk.mean(axis=0)).astype(np.float32)


def stretched(a: np.ndarray, frames: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """`a` at an uneven pace, and where each of its frames went."""
    pace = np.random.default_rng(seed).uniform(0.5, 2, frames).cumsum()
    at = (pace - pace[0]) / (pace[-1] - pace[0]) * (len(a) - 1)
    b = np.stack([np.interp(at, np.arange(len(a)), column) for column in a.T], axis=1)
    return b.astype(np.float32), np.interp(np.arange(len(a)), at, np.arange(frames))


def textbook(a: np.ndarray, b: np.ndarray) -> float:
    """Mean distance along the best path, every cell by the definition."""
    unit_a, unit_b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    cost = 1 - unit_a @ unit_b.T
    best = np.full((len(a) + 1, len(b) + 1), np.inf)
    best[0, 0] = 0
    sums, counts = np.zeros_like(best), np.zeros_like(best)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            here = cost[i - 1, j - 1]
            weight = 1.0 if i == j == 1 else 1.5
            steps = [(best[i, j - 1] + here, i, j - 1), (best[i - 1, j] + here, i - 1, j)]
            steps.append((best[i - 1, j - 1] + weight * here, i - 1, j - 1))
            best[i, j], p, q = min(steps)
            sums[i, j], counts[i, j] = sums[p, q] + here, counts[p, q] + 1
    return float(sums[-1, -1] / counts[-1, -1])


@pytest.mark.parametrize(("n", "m"), [(30, 30), (20, 35), (35, 20), (1, 6), (6, 1), (1, 1)])
def test_the_path_is_the_best_one(n: int, m: int) -> None:
    rng = np.random.default_rng(n * m)
    a, b = (rng.normal(size=(k, 6)).astype(np.float32) for k in (n, m))
    assert warp(a, b)[1] == pytest.approx(textbook(a, b), abs=1e-5)


@pytest.mark.parametrize("frames", [300, 5000])
def test_an_uneven_pace_is_found(frames: int) -> None:
    a = moving(frames)
    b, truth = stretched(a, int(frames * 1.2))
    path, distance = warp(a, b)
    assert np.max(np.abs(path - truth)) < 5
    assert distance < 0.01


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 3000), m=st.integers(1, 3000))
def test_any_two_lengths_give_a_path_that_never_turns_back(n: int, m: int) -> None:
    rng = np.random.default_rng(n + 7 * m)
    path, distance = warp(
        rng.normal(size=(n, 3)).astype(np.float32), rng.normal(size=(m, 3)).astype(np.float32)
    )
    assert path.shape == (n,)
    assert np.all(np.diff(path) >= 0)
    assert path.min() >= 0 and path.max() <= m - 1
    assert np.isfinite(distance)
