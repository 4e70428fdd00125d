"""Blinks: quick to close, slower to open, and irregular.

A blink shuts the eye within 80 ms, keeps it shut for as long and takes 160 ms to open (VanderWerf
et al. 2003, J. Neurophysiol. 89: closing twice as fast as opening). People who talk blink about
every three seconds (Bentivoglio et al. 1997, Mov. Disord. 12: 26 a minute in conversation).
"""

from __future__ import annotations

import math

import numpy as np

from modules.messages import FPS

LIDS = (0.52, 0.0, 0.0, 0.34, 0.66, 0.86, 0.96)
"""How far the lid is open in the frames of a blink."""
SLOW_LIDS = (0.70, 0.30, 0.06, 0.0, 0.0, 0.16, 0.36, 0.56, 0.74, 0.88, 0.96)
"""The same of someone who is lost in thought."""
_MEDIAN_S, _SPREAD = 2.6, 0.5
_AGAIN = 0.12
"""How often a second blink follows at once."""


class Blinks:
    """When one face blinks. To be asked for rising frames."""

    def __init__(
        self, random: np.random.Generator, pace_s: float = _MEDIAN_S,
        lids: tuple[float, ...] = LIDS,
    ) -> None:  # fmt: skip
        self._random, self._pace_s, self._lids = random, pace_s, lids
        self._start = round(float(random.uniform(0.8, 2.4)) * FPS)

    def lid(self, frame: int, end: int | None) -> float:
        """Return how far the lid is open, 0 to 1.

        No blink begins that would not be over by frame `end`, where the end is known.
        """
        lasts = len(self._lids)
        while frame >= self._start + lasts:
            self._start += lasts + self._pause()
        if frame < self._start or (end is not None and self._start + lasts > end):
            return 1.0
        return self._lids[frame - self._start]

    def _pause(self) -> int:
        if self._random.random() < _AGAIN:
            return 4
        seconds = self._pace_s * math.exp(float(self._random.normal(0, _SPREAD)))
        return round(min(max(seconds, 1.0), 7.0) * FPS)
