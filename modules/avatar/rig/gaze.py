"""Gaze: the eyes rest on the viewer, wander off for a moment and come back, in quick jumps.

A speaker looks at the listener somewhat over half of the time (Kendon 1967, Acta Psychologica 26);
looks away are shorter than looks at.
"""

from __future__ import annotations

import numpy as np

from modules.messages import FPS

Look = tuple[float, float]
_VIEWER: Look = (0.0, 0.0)


class Gaze:
    """Where one face looks, in pixels of the irises. To be asked for rising frames."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._before: Look = _VIEWER
        self._now: Look = _VIEWER
        self._since = 0
        self._until = round(float(random.uniform(0.7, 1.6)) * FPS)

    def look(self, frame: int) -> Look:
        """Return how far the irises stand right of and below the middle."""
        while frame >= self._until:
            self._jump()
        if frame == self._since:  # the one frame that a jump takes
            (x0, y0), (x1, y1) = self._before, self._now
            return x0 + 0.6 * (x1 - x0), y0 + 0.6 * (y1 - y0)
        return self._now

    def _jump(self) -> None:
        random = self._random
        self._before, self._since = self._now, self._until
        if self._now == _VIEWER and random.random() < 0.62:
            side = 1.0 if random.random() < 0.5 else -1.0
            self._now = _coarse(side * random.uniform(1.0, 2.6), random.uniform(-0.9, 1.0))
            stay = random.uniform(0.4, 1.1)
        elif self._now == _VIEWER:
            self._now = _coarse(random.uniform(-0.6, 0.6), random.uniform(-0.3, 0.3))
            stay = random.uniform(0.5, 1.2)
        else:
            self._now = _VIEWER
            stay = random.uniform(0.8, 2.4)
        self._until += max(2, round(float(stay) * FPS))


def _coarse(x: float, y: float) -> Look:
    """Round to half pixels: the same few looks come back, and their drawings are kept."""
    return round(2 * x) / 2, round(2 * y) / 2
