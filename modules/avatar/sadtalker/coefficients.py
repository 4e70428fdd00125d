"""Rows of coefficients over time: blinks, smoothing, and the windows that are mapped to motion."""

from __future__ import annotations

import numpy as np
from scipy import signal

from modules.avatar.sadtalker.mapping import AROUND, WINDOW
from modules.messages import FloatArray

_BLINK = np.array([0.5, 0.9, 1.0, 0.9, 0.5], np.float32)
_SOONEST, _LATEST = 10, 70
"""Frames between the beginnings of two blinks."""
_NO_BLINKS = 20
"""Frames of a clip that is too short for blinks."""
_SAVGOL, _ORDER = 13, 2


def blinks(frames: int, random: np.random.Generator) -> FloatArray:
    """Return how far lids are closed in each frame, float32 [frames], with blinks by chance."""
    closed = np.zeros(frames, np.float32)
    if frames <= _NO_BLINKS:
        return closed
    latest = max(_SOONEST + 1, min(frames // 2, _LATEST))
    at = int(random.integers(_SOONEST, latest))
    while at + len(_BLINK) < frames:
        closed[at : at + len(_BLINK)] = _BLINK
        at += len(_BLINK) + int(random.integers(_SOONEST, latest))
    return closed


def smooth(poses: FloatArray) -> FloatArray:
    """Return poses [n, 6] without their tremble (Savitzky and Golay 1964)."""
    odd = len(poses) - (len(poses) + 1) % 2
    window = min(_SAVGOL, odd)
    if window <= _ORDER:
        return poses
    return np.asarray(signal.savgol_filter(poses, window, _ORDER, axis=0), np.float32)


def windows(rows: FloatArray) -> FloatArray:
    """Return rows [n, c] with 13 neighbours to each side, [n, c, 27]; the ends stand still."""
    padded = np.pad(rows, ((AROUND, AROUND), (0, 0)), mode="edge")
    made = np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=0)
    return np.ascontiguousarray(made, np.float32)
