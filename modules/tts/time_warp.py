"""Dynamic time warping: which frame of one sound answers to which of another (Sakoe, Chiba 1978).

A row of the cost matrix is filled at once: the best way along the row is a running minimum. Long
sounds are first warped at an eighth of the frame rate, then near that path at the full one, so that
time and memory grow with their length and not with its square (Salvador and Chan 2007).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from modules.messages import FloatArray

_COARSER = 8
_DIRECT = 1200
"""Frames up to which one pass is enough."""
_BAND = 0.25
"""How far the path may stray from the diagonal, as a share of the length."""
_LEAST_BAND = 40
_NEAR = 40
"""Frames that the fine path may stray from the coarse one."""
_DIAGONAL = 1.5
"""Cost of a step in both sounds: between 1, which favours the diagonal, and 2, which does not."""

Ints = npt.NDArray[np.int64]


def warp(a: FloatArray, b: FloatArray) -> tuple[FloatArray, float]:
    """Return for each frame of `a` [n, d] its frame of `b` [m, d], and their mean distance.

    Frames are compared by the cosine of their angle; both need at least one. The result is a float
    array [n] that never falls.
    """
    if max(len(a), len(b)) <= _DIRECT or min(len(a), len(b)) <= _DIRECT // _COARSER:
        return _warp_within(a, b, _around_diagonal(len(a), len(b)))
    coarse, _ = _warp_within(
        pooled_a := _pooled(a),
        pooled_b := _pooled(b),
        _around_diagonal(len(pooled_a), len(pooled_b)),
    )
    centres = np.interp(np.arange(len(a)) / _COARSER, np.arange(len(coarse)), coarse) * _COARSER
    return _warp_within(a, b, _within(centres, len(b), _NEAR))


def _pooled(values: FloatArray) -> FloatArray:
    whole = values[: len(values) // _COARSER * _COARSER]
    return np.asarray(whole.reshape(-1, _COARSER, values.shape[1]).mean(axis=1), np.float32)


def _around_diagonal(n: int, m: int) -> tuple[Ints, int]:
    reach = max(_LEAST_BAND, round(_BAND * m))
    return _within(np.linspace(0, m - 1, n), m, reach)


def _within(centres: npt.NDArray[np.floating], m: int, reach: int) -> tuple[Ints, int]:
    """Return the first column of each row's band, and the width of all of them.

    The first row's band holds the first column, the last row's the last, and each overlaps the one
    before, or no path would lead through.
    """
    n = len(centres)
    width = min(m, 2 * reach + 1)
    if n * reach < m:
        return np.zeros(n, np.int64), m
    wanted = np.round(centres).astype(np.int64) - reach
    wanted[0], wanted[-1] = 0, m - width
    ramp = reach * np.arange(n)
    rising = np.maximum.accumulate(np.clip(wanted, 0, m - width))
    slow = np.minimum.accumulate(rising - ramp) + ramp
    slow[-1] = m - width
    return np.maximum.accumulate((slow - ramp)[::-1])[::-1] + ramp, width


def _warp_within(a: FloatArray, b: FloatArray, band: tuple[Ints, int]) -> tuple[FloatArray, float]:
    first, width = band
    local = _distances(a, b, first, width)
    total = _accumulated(local, first)
    columns, cost = _path(total, local, first, len(b) - 1)
    return columns, cost


def _distances(a: FloatArray, b: FloatArray, first: Ints, width: int) -> FloatArray:
    """Return 1 - cosine between each row of `a` and the columns of its band, [n, width]."""
    unit_a = a / (np.linalg.norm(a, axis=1, keepdims=True) + 1e-9)
    unit_b = b / (np.linalg.norm(b, axis=1, keepdims=True) + 1e-9)
    if width == len(b):
        return np.asarray(1 - unit_a @ unit_b.T, np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(unit_b, width, axis=0)
    found = np.empty((len(a), width), np.float32)
    for i, start in enumerate(first):
        found[i] = 1 - unit_a[i] @ windows[start]
    return found


def _accumulated(local: FloatArray, first: Ints) -> npt.NDArray[np.float64]:
    """Return the cost of the best path to each cell of the band."""
    n, width = local.shape
    total = np.empty((n, width))
    total[0] = np.cumsum(local[0])
    before = np.full(width + 1, np.inf)
    for i in range(1, n):
        cost = local[i].astype(np.float64)
        shift = int(first[i] - first[i - 1])
        # before[k] is the cell above and to the left of column k of this row.
        before[:] = np.inf
        source = total[i - 1, max(0, shift - 1) :]
        before[(1 if shift == 0 else 0) :][: len(source)] = source
        enter = np.minimum(before[1:] + cost, before[:-1] + _DIAGONAL * cost)
        along = np.cumsum(cost)
        total[i] = along + np.minimum.accumulate(enter - along)
    return total


def _path(
    total: npt.NDArray[np.float64], local: FloatArray, first: Ints, last: int
) -> tuple[FloatArray, float]:
    """Walk back from the end; return the mean column of each row and the mean local distance."""
    n, width = total.shape
    i, j = n - 1, last - int(first[-1])
    sums, counts, cost = np.zeros(n), np.zeros(n), 0.0
    while True:
        sums[i] += j + first[i]
        counts[i] += 1
        cost += float(local[i, j])
        if i == 0 and j == 0:
            break
        i, j = _previous(total, local, first, i, j, width)
    columns = np.maximum.accumulate(sums / counts)
    return columns.astype(np.float32), cost / float(counts.sum())


def _previous(
    total: npt.NDArray[np.float64], local: FloatArray, first: Ints, i: int, j: int, width: int
) -> tuple[int, int]:
    best, step = (total[i, j - 1] + local[i, j], (i, j - 1)) if j else (np.inf, (i - 1, 0))
    if i == 0:
        return step
    above = j + int(first[i] - first[i - 1])
    for column, weight in ((above, 1.0), (above - 1, _DIAGONAL)):
        if 0 <= column < width:
            cost = total[i - 1, column] + weight * local[i, j]
            if cost <= best:
                best, step = cost, (i - 1, column)
    return step
