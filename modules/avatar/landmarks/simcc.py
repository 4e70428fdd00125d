"""SimCC: each coordinate of a point as a row of scores (Li et al. 2022, "SimCC")."""

from __future__ import annotations

import numpy as np

from modules.messages import FloatArray

SPLIT = 2.0
"""Bins for a pixel of the network's input."""


def decode(simcc_x: FloatArray, simcc_y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return points float32 [k, 2] in pixels of the input, and how sure each is, float32 [k].

    `simcc_x` is float32 [k, width * 2], `simcc_y` [k, height * 2]. A point is as sure as the less
    sure of its coordinates. The labels were bells, so a parabola through the logarithms of the best
    bin and its neighbours tells the place between two bins.
    """
    places = np.stack([_peak(simcc_x), _peak(simcc_y)], -1) / SPLIT
    sure = np.minimum(simcc_x.max(-1), simcc_y.max(-1))
    return places.astype(np.float32), sure.astype(np.float32)


def _peak(scores: FloatArray) -> FloatArray:
    last = scores.shape[-1] - 1
    best = scores.argmax(-1)
    inner = np.clip(best, 1, last - 1)
    rows = np.arange(len(scores))
    before, here, after = (
        np.log(np.maximum(scores[rows, inner + step], 1e-6)) for step in (-1, 0, 1)
    )
    bend = before - 2 * here + after
    shift = np.where(bend < -1e-9, 0.5 * (before - after) / np.minimum(bend, -1e-9), 0.0)
    found = np.where(best == inner, inner + np.clip(shift, -0.5, 0.5), best)
    return np.asarray(found, np.float32)
