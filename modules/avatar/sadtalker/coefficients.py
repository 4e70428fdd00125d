"""Rows of coefficients over time: blinks, smoothing, and the windows that are mapped to motion."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import signal

from modules.avatar.sadtalker.mapping import AROUND, WINDOW
from modules.avatar.wav2lip.mel import COLUMNS_PER_S, RATE, mel
from modules.avatar.wav2lip.mel import WINDOW as MOMENT
from modules.messages import FPS, FloatArray

_BLINK = np.array([0.5, 0.9, 1.0, 0.9, 0.5], np.float32)
_SOONEST, _LATEST = 10, 70
"""Frames between the beginnings of two blinks."""
_NO_BLINKS = 20
"""Frames of a clip that is too short for blinks."""
_SAVGOL, _ORDER = 13, 2
_FRAME = RATE // FPS
_BEFORE = 2
"""Frames between the beginning of a frame's moment and the frame."""


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


def windows(rows: FloatArray, *, around: bool = False) -> FloatArray:
    """Return rows [n, c] with 13 neighbours to each side, [n, c, 27].

    The ends stand still, or, `around`, the first row follows the last.
    """
    mode: Literal["wrap", "edge"] = "wrap" if around else "edge"
    padded = np.pad(rows, ((AROUND, AROUND), (0, 0)), mode=mode)
    made = np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=0)
    return np.ascontiguousarray(made, np.float32)


def moments(samples: FloatArray) -> FloatArray:
    """Return what is heard in each frame of sound [n] at 16 kHz, float32 [frames, 1, 80, 16].

    The last frame is filled up with silence. A frame's moment begins two frames before it, and what
    lies beyond the ends is the column that is there.
    """
    frames = max(1, -(-len(samples) // _FRAME))
    heard = mel(np.pad(samples, (0, frames * _FRAME - len(samples))), "constant")
    # Cut off towards zero, as upstream does: the first two frames begin where the third one does.
    begins = [int(COLUMNS_PER_S * (frame - _BEFORE) / FPS) for frame in range(frames)]
    columns = np.array(begins)[:, None] + np.arange(MOMENT)
    taken = heard[:, np.clip(columns, 0, heard.shape[1] - 1)]
    return np.ascontiguousarray(taken.transpose(1, 0, 2)[:, None])
