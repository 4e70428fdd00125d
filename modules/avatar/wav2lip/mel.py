"""The mel spectrogram that Wav2Lip and SadTalker hear (upstream's audio.py and hparams.py).

librosa pads the ends of a sound with its mirror image before version 0.9 and with zeros from then
on; Wav2Lip was made with the first, SadTalker with the second. Two columns at each end differ.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import signal

from modules.messages import FloatArray

RATE = 16_000
HOP = 200
FFT = 800
BANDS = 80
COLUMNS_PER_S = RATE // HOP
WINDOW = 16
"""Columns of one moment: 0.2 s."""
SILENT = -4.0
"""What digital silence is: the least that a band can be."""
PREEMPHASIS = 0.97
_LOW_HZ, _HIGH_HZ = 55.0, 7_600.0
_FLOOR, _REFERENCE_DB, _RANGE_DB, _LARGEST = 1e-5, 20.0, 100.0, 4.0

Padding = Literal["reflect", "constant"]


def mel(samples: FloatArray, padding: Padding = "reflect") -> FloatArray:
    """Return float32 [80, 1 + n // 200], between -4 and 4, of sound [n] at 16 kHz.

    Column c lies around sample 200 c.
    """
    emphasised = signal.lfilter([1.0, -PREEMPHASIS], [1.0], samples).astype(np.float32)
    if padding == "reflect" and len(samples) <= FFT // 2:  # too short to be mirrored
        padding = "constant"
    padded = np.pad(emphasised, FFT // 2, mode=padding)
    return columns(padded)


def columns(emphasised: FloatArray) -> FloatArray:
    """Return the columns of emphasised sound whose windows lie in it wholly, [80, count]."""
    frames = np.lib.stride_tricks.sliding_window_view(emphasised, FFT)[::HOP]
    magnitude = np.abs(np.fft.rfft(frames * _hann(), axis=1)).astype(np.float32)
    level = 20 * np.log10(np.maximum(_FLOOR, magnitude @ filters().T)) - _REFERENCE_DB
    scaled = 2 * _LARGEST * (level + _RANGE_DB) / _RANGE_DB - _LARGEST
    return np.ascontiguousarray(np.clip(scaled, -_LARGEST, _LARGEST).T, np.float32)


@cache
def filters() -> FloatArray:
    """Return the triangles of the Slaney mel scale, each of area one, float32 [80, 401]."""
    edges = _hertz(np.linspace(_mels(_LOW_HZ), _mels(_HIGH_HZ), BANDS + 2))
    bins = np.linspace(0, RATE / 2, FFT // 2 + 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.asarray(triangles * (2 / (edges[2:] - edges[:-2]))[:, None], np.float32)


@cache
def _hann() -> FloatArray:
    return np.asarray(signal.get_window("hann", FFT), np.float32)


_LINEAR_HZ, _BREAK_HZ = 200 / 3, 1_000.0
_BREAK = _BREAK_HZ / _LINEAR_HZ
_STEP = np.log(6.4) / 27
"""Slaney's scale (Auditory Toolbox, 1998): linear below 1 kHz, then 27 steps to 6.4 kHz."""


def _mels(hertz: float) -> float:
    if hertz < _BREAK_HZ:
        return hertz / _LINEAR_HZ
    return float(_BREAK + np.log(hertz / _BREAK_HZ) / _STEP)


def _hertz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = _BREAK_HZ * np.exp(_STEP * (mels - _BREAK))
    return np.asarray(np.where(mels < _BREAK, mels * _LINEAR_HZ, above))


def starts(count: int, fps: float = 25.0) -> list[int]:
    """Return the first column of each frame's moment in a mel of `count` columns.

    As upstream: the first moment that would overrun is replaced by the last one that does not, and
    ends the list.
    """
    found: list[int] = []
    frame = 0
    while True:
        start = int(frame * COLUMNS_PER_S / fps)
        if start + WINDOW > count:
            return [*found, max(0, count - WINDOW)]
        found.append(start)
        frame += 1
