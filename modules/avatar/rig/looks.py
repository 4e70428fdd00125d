"""Where the eyes rest while nobody speaks, as one array for a whole loop."""

from __future__ import annotations

import numpy as np

from modules.avatar.specification import StateManner
from modules.messages import FPS, FloatArray

_HOME = 14
"""Frames at the end of a loop in which the eyes are back on the viewer."""
_JUMP = 0.6
"""How much of the way the eyes have gone in the one frame between two looks."""


class Looks:
    """Makes the looks of one loop: on the viewer when it begins and when it ends."""

    def __init__(self, random: np.random.Generator, manner: StateManner) -> None:
        self._random, self._manner = random, manner

    def frames(self, count: int) -> FloatArray:
        """Return the place of the irises in each frame: float32 [count, 2], pixels."""
        places = np.zeros((count, 2), np.float32)
        at, here, number = self._stay_s(False), (0.0, 0.0), 0
        while (first := round(at * FPS)) < count - _HOME:
            away = here == (0.0, 0.0) or (bool(self._manner.looks) and number % 3 != 0)
            there = self._away(number) if away else (0.0, 0.0)
            places[first] = np.array(here) + _JUMP * (np.array(there) - here)
            places[first + 1 :] = there
            here, number = there, number + 1
            at += self._stay_s(away)
        if here != (0.0, 0.0):
            places[count - _HOME] = (1 - _JUMP) * np.array(here)
            places[count - _HOME + 1 :] = 0
        return places

    def _away(self, number: int) -> tuple[float, float]:
        random, looks = self._random, self._manner.looks
        if looks:
            x, y = looks[number % len(looks)]
            return x + float(random.uniform(-0.4, 0.4)), y + float(random.uniform(-0.3, 0.3))
        if self._manner.attentive:  # from one eye of the viewer to the other, and to the mouth
            return float(random.uniform(-0.55, 0.55)), float(random.uniform(-0.15, 0.45))
        side = 1.0 if random.random() < 0.5 else -1.0
        return side * float(random.uniform(0.7, 1.7)), float(random.uniform(-0.5, 0.6))

    def _stay_s(self, away: bool) -> float:
        if self._manner.looks:
            least, most = (1.1, 2.3) if away else (0.35, 0.8)
        elif self._manner.attentive:
            least, most = 0.5, 1.8
        else:
            least, most = (0.6, 1.4) if away else (1.4, 3.2)
        return float(self._random.uniform(least, most))
