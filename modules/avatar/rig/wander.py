"""Slow wandering: smooth noise without a period, so that nobody sees it repeat."""

from __future__ import annotations

import math

import numpy as np

_KNOTS = 512


class Wander:
    """Smooth noise of several channels, the same for the same random source."""

    def __init__(self, random: np.random.Generator) -> None:
        # Cut off at two: one wild knot would be a jerk of the head.
        self._knots = np.clip(random.normal(0, 1, _KNOTS), -2, 2).tolist()

    def at(self, channel: int, seconds: float, pace_s: float) -> float:
        """Return the noise at a time; it turns about every `pace_s` and is of size one.

        Knots a `pace_s` apart joined by a Catmull-Rom spline: position and speed never jump.
        """
        place = seconds / pace_s
        low = math.floor(place)
        t = place - low
        first = low + channel * 89
        a, b, c, d = (self._knots[(first + k) % _KNOTS] for k in (-1, 0, 1, 2))
        return _spline(a, b, c, d, t)

    def closed(self, channel: int, turn: float, knots: int) -> float:
        """Return the noise at a share of a closed way of some knots: 0 where it begins and ends."""
        place = turn * knots
        low = math.floor(place)
        first = channel * 89
        around = (((low + k) % knots) for k in (-1, 0, 1, 2))
        a, b, c, d = (self._knots[(first + k) % _KNOTS] if k else 0.0 for k in around)
        return _spline(a, b, c, d, place - low)


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    bend = 2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)
    return float(b + 0.5 * t * (c - a + t * bend))
