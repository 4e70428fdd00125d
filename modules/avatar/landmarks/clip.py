"""The points of a whole clip: gaps, and smoothing that comes neither late nor early.

A frame whose face was not found (a blink of the detector, a hand for a moment) is bridged from its
neighbours where the gap is short. Beyond that the clip ends: the longest stretch is kept, of points
and frames alike, so that nothing that is made of them ever falls out of step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from modules.messages import FPS, FloatArray

LONGEST_GAP = FPS // 5
"""0.2 s: a head moves little within it."""
_SIGMA = 1.6
"""Of the Gaussian, in frames: jitter of single frames goes, a nod of half a second stays."""


def longest_stretch(found: Sequence[FloatArray | None]) -> tuple[int, int]:
    """Return [begin, end) of the longest part without a gap longer than `LONGEST_GAP`.

    It begins and ends with a face; (0, 0) where there is none.
    """
    best = (0, 0)
    begin: int | None = None
    last = 0
    for k, points in enumerate(found):
        if points is None:
            continue
        if begin is None or k - last > LONGEST_GAP + 1:
            begin = k
        last = k
        if last + 1 - begin > best[1] - best[0]:
            best = (begin, last + 1)
    return best


def bridged(found: Sequence[FloatArray | None]) -> FloatArray:
    """Return float32 [n, 68, 2]: what was not found is drawn straight from neighbour to neighbour.

    At least one was found. Before the first and after the last one they stay.
    """
    known = [k for k, points in enumerate(found) if points is not None]
    rows = np.stack([points for points in found if points is not None]).reshape(len(known), -1)
    frames = np.arange(len(found))
    columns = [np.interp(frames, known, column) for column in rows.T]
    return np.stack(columns, -1).reshape(len(found), -1, 2).astype(np.float32)


def smoothed(points: FloatArray, *, loops: bool = False) -> FloatArray:
    """Return points float32 [n, k, 2] smooth over time, as many, and none of them late.

    A symmetric bell has no delay; at an end it is mirrored through that end's point, so that a
    steady motion stays one. A `loop` is smoothed round and round.
    """
    count = len(points)
    reach = min(int(np.ceil(3 * _SIGMA)), count - 1)
    if reach < 1:
        return points.astype(np.float32)
    steps = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (steps / _SIGMA) ** 2)
    weights /= weights.sum()
    if loops:
        padded = np.concatenate([points[-reach:], points, points[:reach]])
    else:
        before = 2 * points[:1] - points[1 : reach + 1][::-1]
        after = 2 * points[-1:] - points[-reach - 1 : -1][::-1]
        padded = np.concatenate([before, points, after])
    mean = sum(w * padded[k : k + count] for k, w in enumerate(weights))
    return np.asarray(mean, np.float32)
