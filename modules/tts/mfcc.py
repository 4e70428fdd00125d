"""What a sound is like every 10 ms: mel-frequency cepstra and level (Davis, Mermelstein 1980)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.fft import dct, rfft
from scipy.ndimage import binary_dilation

from modules.messages import FloatArray

HOP_S = 0.01
_WINDOW_S = 0.025
HIGHEST_HZ = 7000.0
_BANDS, _LOWEST_HZ = 40, 60.0
COEFFICIENTS = 12
"""Cepstra 1 to 12: 0 is the level, which is kept apart; higher ones follow the pitch."""
_FRAMES_AT_ONCE = 4096
_SPOKEN_DB = -40.0
_REACH = 6
_SILENT_DB = -38.0
_SHORTEST_REST = 13
"""Frames: a gap up to this long is the closure of a stop, not a pause (see `visemes`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Frames of a sound: `cepstra` [n, 12], `level` [n] in dB below its loud frames.

    `spoken` [n] is true where there is speech and 60 ms around it.
    """

    cepstra: FloatArray
    level: FloatArray
    spoken: np.ndarray[tuple[int], np.dtype[np.bool_]]


def features(samples: FloatArray, rate: int, highest_hz: float = HIGHEST_HZ) -> Features:
    """Return the features of mono sound, one frame every `HOP_S`; frame i is centred on i * HOP_S.

    Nothing above `highest_hz` is looked at: two sounds are only alike within the band of both. The
    cepstra are normalised to mean 0 and deviation 1 over what is spoken, which takes
    out most of what belongs to the speaker and the microphone.
    """
    mel = _mel_power(samples, rate, highest_hz)
    log = np.log(mel + 1e-8 * (mel.max(initial=0.0) + 1e-12))
    cepstra = dct(log, axis=1, norm="ortho")[:, 1 : COEFFICIENTS + 1]
    power = mel.sum(axis=1)
    loud = float(np.percentile(power, 95)) if len(power) else 0.0
    level = 10 * np.log10(power / (loud + 1e-20) + 1e-7)
    active = (level > _SPOKEN_DB) & (loud > 1e-9)
    spoken = binary_dilation(active, np.ones(2 * _REACH + 1)) if len(active) else active
    kept = cepstra[spoken] if spoken.any() else cepstra
    normal = (cepstra - kept.mean(axis=0)) / (kept.std(axis=0) + 1e-6) if len(kept) else cepstra
    return Features(normal.astype(np.float32), level.astype(np.float32), spoken)


def rests(heard: Features) -> list[tuple[int, int]]:
    """Return the silences in which a mouth rests: first frame, and the one behind each.

    Those around the speech are of any length.
    """
    silent = ~heard.spoken | (heard.level < _SILENT_DB)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8)))
    return [
        (int(start), int(stop))
        for start, stop in edges.reshape(-1, 2)
        if stop - start >= _SHORTEST_REST or start == 0 or stop == len(silent)
    ]


def deltas(values: FloatArray) -> FloatArray:
    """Return the slope of each column over five frames, by least squares."""
    padded = np.pad(values, ((2, 2), (0, 0)), mode="edge")
    slope = (padded[3:-1] - padded[1:-3]) + 2 * (padded[4:] - padded[:-4])
    return np.asarray(slope / 10, np.float32)


def _mel_power(samples: FloatArray, rate: int, highest_hz: float) -> FloatArray:
    """Return the power in each mel band, [n, 40]."""
    window = round(_WINDOW_S * rate)
    size = 1 << (window - 1).bit_length()
    count = int(np.ceil(len(samples) / (HOP_S * rate)))
    # Not every rate has a whole number of samples in 10 ms: frames must not drift for it.
    starts = np.round(np.arange(count) * (HOP_S * rate)).astype(np.int64)
    padded = np.pad(samples.astype(np.float32), (window // 2, window))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)
    shape = np.hanning(window).astype(np.float32)
    bank = _mel_bank(rate, size, min(highest_hz, rate / 2))
    parts = [np.zeros((0, _BANDS), np.float32)]
    for start in range(0, count, _FRAMES_AT_ONCE):
        chosen = frames[starts[start : start + _FRAMES_AT_ONCE]]
        spectrum = rfft(chosen * shape, size, axis=1)
        parts.append((spectrum.real**2 + spectrum.imag**2) @ bank)
    return np.concatenate(parts)


@cache
def _mel_bank(rate: int, size: int, highest_hz: float) -> FloatArray:
    """Return triangles evenly spaced in mel (O'Shaughnessy 1987), [size // 2 + 1, 40]."""
    edges = np.linspace(_mel(_LOWEST_HZ), _mel(highest_hz), _BANDS + 2)
    bins = _mel(np.arange(size // 2 + 1) * rate / size)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)), np.float32)


def _mel(hertz: float | np.ndarray) -> np.ndarray:
    return np.asarray(2595 * np.log10(1 + np.asarray(hertz) / 700))
