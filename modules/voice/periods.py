"""How alike a stretch of sound is to the next one: pitch is what repeats, and nothing else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from modules.messages import SPEECH_RATE

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

HOP = 126
"""Samples between frames, 5.7 ms: a seventh of a video frame, so that pieces end on both."""
FLOOR_HZ = 50.0
CEIL_HZ = 600.0

_PERIODIC = 0.75  # correlation of neighbouring periods from which a stretch counts as voiced
_SPAN = 256  # samples that are correlated, 11.6 ms


class Periods:
    """Normalised cross-correlation of a clause with itself, as in RAPT (Talkin 1995)."""

    def __init__(self, samples: Array, decimation: int) -> None:
        """`samples` float64 [n] at `SPEECH_RATE`, looked at `decimation` times coarser."""
        smooth = np.hanning(4 * decimation)
        low = np.convolve(samples, smooth / smooth.sum(), "same")[::decimation]
        self.rate = SPEECH_RATE / decimation
        """Samples per second of the lags."""
        self._decimation = decimation
        self._span = _SPAN // decimation
        self._lags = np.arange(int(self.rate / CEIL_HZ), int(self.rate / FLOOR_HZ) + 1)
        self._margin = self._span + int(self._lags[-1])
        self._stretches = sliding_window_view(np.pad(low, self._margin), self._span)

    def alike(self, frames: Indices, lags: Array) -> Array:
        """Return how alike the stretches on both sides of each frame are, -1 to 1.

        `lags` says per frame how far apart they begin, in samples at `rate`.
        """
        centres = frames * HOP // self._decimation + self._margin
        starts = centres - ((self._span + lags) / 2).astype(np.intp)
        first = self._stretches[starts]
        second = self._stretches[starts + np.rint(lags).astype(np.intp)]
        energy = np.einsum("ij,ij->i", first, first) * np.einsum("ij,ij->i", second, second)
        together = np.einsum("ij,ij->i", first, second)
        return np.asarray(together / np.sqrt(energy + 1e-20), dtype=np.float64)

    def search(self, frames: Indices) -> Array:
        """Return the pitch in Hz at each frame, 0 where nothing repeats."""
        scores = np.stack([self.alike(frames, np.full(len(frames), lag)) for lag in self._lags])
        best = scores.max(axis=0)
        # The shortest of the good lags: twice the period correlates as well as the period itself.
        shortest = np.argmax(scores >= 0.9 * best, axis=0)
        peak = _climbed(scores, shortest)
        # Hiss correlates with itself over the shortest lags, falling from the first: no peak.
        found = (best > _PERIODIC) & (peak > 0)
        return np.where(found, self.rate / self._lags[peak], 0.0)


def _climbed(scores: Array, start: Indices) -> Indices:
    """Return the top of the hill whose foot `start` is on, for each column of `scores`."""
    columns = np.arange(scores.shape[1])
    peak = start.copy()
    while True:
        following = np.minimum(peak + 1, len(scores) - 1)
        rising = scores[following, columns] > scores[peak, columns]
        if not rising.any():
            return peak
        peak = np.where(rising, following, peak)
