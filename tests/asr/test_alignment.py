"""The way through time: the same as by plain loops, and always forward."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from modules.asr.alignment import warped


def by_loops(costs: npt.NDArray[np.float64]) -> float:
    """Return what the cheapest way costs."""
    total = np.full((costs.shape[0] + 1, costs.shape[1] + 1), np.inf)
    total[0, 0] = 0
    for i in range(1, total.shape[0]):
        for j in range(1, total.shape[1]):
            before = min(total[i - 1, j - 1], total[i - 1, j], total[i, j - 1])
            total[i, j] = costs[i - 1, j - 1] + before
    return float(total[-1, -1])


@given(st.integers(1, 9), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_the_cheapest_way_is_found_and_goes_forward(rows: int, columns: int, seed: int) -> None:
    costs = np.random.default_rng(seed).normal(size=(rows, columns))
    i, j = warped(costs.astype(np.float32))
    assert np.isclose(costs.astype(np.float32)[i, j].sum(), by_loops(costs), atol=1e-3)
    assert (i[0], j[0], i[-1], j[-1]) == (0, 0, rows - 1, columns - 1)
    for steps in (np.diff(i), np.diff(j)):
        assert set(steps.tolist()) <= {0, 1}
    assert (np.diff(i) + np.diff(j) > 0).all()
