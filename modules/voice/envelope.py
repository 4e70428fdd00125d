"""Spectral envelopes: WORLD's CheapTrick and D4C on chosen frames, and the two frequency axes."""

from __future__ import annotations

import numpy as np
import pyworld

from modules.messages import SPEECH_RATE, FloatArray
from modules.voice.periods import HOP, Array

FFT_SIZE = 1024
BINS = FFT_SIZE // 2 + 1
BIN_HZ: Array = np.asarray(np.arange(BINS) * (SPEECH_RATE / FFT_SIZE), dtype=np.float64)

LOWEST_F0_HZ = 3 * SPEECH_RATE / (FFT_SIZE - 3)
"""CheapTrick's window is three periods, which must fit into `FFT_SIZE`: 64.8 Hz."""


def frame_times(first: int, last: int) -> Array:
    """Return the seconds at which frames `first` to `last` (exclusive) stand."""
    return np.asarray(np.arange(first, last) * (HOP / SPEECH_RATE), dtype=np.float64)


def envelopes(samples: Array, f0: Array, times: Array) -> Array:
    """Return the power envelope at each time, float64 [frames, BINS] (CheapTrick, Morise 2015).

    `samples` float64 [n] at `SPEECH_RATE`, whole; `f0` in Hz at `times`, 0 where unvoiced. Frames
    are analysed each for itself, so some of them give exactly what all of them would.
    """
    # A creaky frame gets the longest window there is; CheapTrick would take it for unvoiced.
    f0 = np.where(f0 > 0, np.maximum(f0, LOWEST_F0_HZ + 0.1), 0.0)
    found: Array = pyworld.cheaptrick(samples, f0, times, SPEECH_RATE, fft_size=FFT_SIZE)
    return found


def aperiodicities(samples: Array, f0: Array, times: Array) -> FloatArray:
    """Return the share of noise in the amplitude at each time, 0 to 1, float32 [frames, BINS]
    (D4C, Morise 2016). `f0` alone says what is voiced.
    """
    found = pyworld.d4c(samples, f0, times, SPEECH_RATE, threshold=0.0, fft_size=FFT_SIZE)
    return np.asarray(found, dtype=np.float32)


def log_mean_power(log_power: FloatArray) -> FloatArray:
    """Return the logarithm of each frame's power per sample, float32 [frames, 1].

    `log_power` float32 [frames, BINS] is half a spectrum: all but its ends count twice.
    """
    power = np.exp(log_power)
    total = 2 * power.sum(axis=1, keepdims=True) - power[:, :1] - power[:, -1:]
    return np.asarray(np.log(total / FFT_SIZE))
