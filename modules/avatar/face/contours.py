"""The outlines of the lips for a state of the mouth.

Every outline is a height per column: y as a function of x. That holds for spread, open and round
mouths alike, and makes everything that follows a matter of a few small array operations. An
outline's steepness comes with it, so that distances to it can be measured at a right angle.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from modules.avatar.art.curves import profile
from modules.avatar.art.parts import Lips
from modules.avatar.specification import Mouth
from modules.messages import FloatArray

UPPER_GAP, LOWER_GAP = 6.0, 17.0
"""How far the lips part upwards and downwards for a wide open mouth, in pixels."""


class Contours(NamedTuple):
    """Outlines as y [columns]; `inner` is where upper and lower lip begin to part sideways."""

    half_width: float
    inner: float
    gap: float
    upper_out: FloatArray
    upper_in: FloatArray
    middle: FloatArray
    lower_in: FloatArray
    lower_out: FloatArray


def steepness(outline: FloatArray, step: float) -> FloatArray:
    """Return the cosine of an outline's slope: vertical distance times it is distance."""
    rise = outline[1:] - outline[:-1]
    slope = np.empty_like(outline)
    slope[0], slope[-1] = 2 * rise[0], 2 * rise[-1]
    np.add(rise[:-1], rise[1:], out=slope[1:-1])
    slope *= 0.5 / step
    return np.asarray(1 / np.sqrt(1 + np.minimum(slope * slope, 16)))


class LipShape:
    """Turns a state of the mouth into outlines at the columns `x` (from the middle, in pixels)."""

    def __init__(self, lips: Lips, x: FloatArray) -> None:
        self._lips = lips
        self._x = x
        share = np.linspace(0, 1, 129, dtype=np.float32)
        self._upper = profile(lips.upper_curve, share)
        self._lower = profile(lips.lower_curve, share)
        self._share = share

    def contours(self, mouth: Mouth) -> Contours:
        """Return the outlines for a state of the mouth."""
        half, inner = self._widths(mouth)
        pursed, (up, down, shift) = mouth.round, _gaps(mouth)
        across = np.minimum(np.abs(self._x) / half, 1)
        inside = np.minimum(np.abs(self._x) / inner, 1)
        lens = (1 - inside**2.3) ** _fullness(mouth)
        opening = (1 - pursed) * lens + pursed * np.sqrt(1 - inside**2)
        top, bottom = self._outer(across, mouth, up, down)
        middle = self._middle(across, mouth) + shift
        rise = 2.4 * mouth.lift * (1 - across**2)
        edges = (
            middle - rise - top,
            middle - 0.8 * rise - up * opening,
            middle,
            middle + down * opening,
            middle + bottom,
        )
        return Contours(half, inner, up + down, *(edge.astype(np.float32) for edge in edges))

    def _widths(self, mouth: Mouth) -> tuple[float, float]:
        # Half the width of the lips, and of the opening: pursed lips go all round theirs.
        pursed = mouth.round
        spread = 1 + 0.17 * mouth.width - 0.37 * pursed + 0.13 * max(mouth.corner, 0.0)
        spread += 0.02 * mouth.press - 0.07 * mouth.teeth - 0.08 * mouth.open * (1 - pursed)
        half = self._lips.half_width * spread
        # The rounder the lips, the thicker is the ring that they make about a smaller hole.
        hole = 0.26 * pursed + 0.14 * pursed * (1 - mouth.open)
        return half, half * (1 - 0.035 - hole - 0.16 * mouth.teeth)

    def _outer(
        self, across: FloatArray, mouth: Mouth, up: float, down: float
    ) -> tuple[FloatArray, FloatArray]:
        # How far the lips reach above and below the middle: a lens when spread, a ring when pursed.
        pursed, (thick_up, thick_down) = mouth.round, self._thickness(mouth)
        lens, ring = (1 - across**2.3) ** _fullness(mouth), np.sqrt(1 - across**2)
        bow = ring * (1 - 0.09 * np.exp(-((across / 0.16) ** 2)))
        upper = up * lens + thick_up * np.interp(across, self._share, self._upper)
        lower = down * lens + thick_down * np.interp(across, self._share, self._lower)
        top = (1 - pursed) * upper + pursed * (up + thick_up) * bow
        bottom = (1 - pursed) * lower + pursed * (down + thick_down) * ring
        return np.asarray(top), np.asarray(bottom)

    def _middle(self, across: FloatArray, mouth: Mouth) -> FloatArray:
        # The line on which the lips meet: a soft wave when shut, bent by the corners.
        y = self._lips.y
        corner = y - self._lips.corner_rise * mouth.corner * (1 - 0.85 * mouth.round)
        corner += (3.4 - 3.0 * mouth.round) * mouth.open
        centre = y + 0.4 * mouth.open - 1.9 * mouth.teeth
        wave = 0.9 * np.exp(-((across / 0.15) ** 2))
        wave -= 0.55 * np.exp(-(((across - 0.40) / 0.20) ** 2))
        still = max(0.0, 1 - 2.5 * mouth.open) * (1 - mouth.round) * (1 - mouth.teeth)
        still *= 1 - 0.6 * max(0.0, mouth.corner)
        return np.asarray(centre + (corner - centre) * across**1.55 + wave * still)

    def _thickness(self, mouth: Mouth) -> tuple[float, float]:
        smile = max(mouth.corner, 0.0)
        upper = 1 - 0.10 * mouth.width + 0.20 * mouth.round - 0.27 * mouth.press
        upper -= 0.20 * smile + 0.06 * mouth.open + 0.16 * mouth.teeth
        lower = 1 - 0.10 * mouth.width + 0.16 * mouth.round - 0.27 * mouth.press
        lower -= 0.13 * smile + 0.04 * mouth.open + 0.44 * mouth.teeth
        return self._lips.upper * upper, self._lips.lower * lower


def _fullness(mouth: Mouth) -> float:
    # The exponent of the lens between the lips: a slit runs out in points, a wide mouth is oval.
    return 0.78 - 0.24 * mouth.open * (1 - mouth.round)


def _gaps(mouth: Mouth) -> tuple[float, float, float]:
    """Return how far the lips part above and below the line on which they meet, and its shift.

    Most of an open mouth lies below that line. A pursed one is a ring: the line moves down to its
    middle, and the halves become equal.
    """
    up = mouth.open * (UPPER_GAP + 1.6 * mouth.round) + 3.7 * mouth.teeth
    up += 1.6 * mouth.lift * min(1.0, 4 * mouth.open)
    down = mouth.open * (LOWER_GAP - 2.4 * mouth.round) * (1 - 0.8 * mouth.teeth)
    shift = mouth.round * (down - up) / 2
    return up + shift, down - shift, shift
