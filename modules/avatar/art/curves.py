"""Smooth curves through a few points, as the persona files give them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import skia

from modules.messages import FloatArray

Points = Sequence[Sequence[float]] | npt.NDArray[np.floating]


def _catmull_rom(padded: npt.NDArray[np.float64], steps: int) -> npt.NDArray[np.float64]:
    # Uniform Catmull-Rom spline between the second and the last but one of the padded knots.
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = [
        b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
        for a, b, c, d in zip(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], strict=True)
    ]
    return np.vstack(pieces)


def curve(points: Points, count: int = 64) -> FloatArray:
    """Sample an open Catmull-Rom curve evenly by arc length: float32 [count, 2]."""
    knots = np.asarray(points, dtype=np.float64)
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    dense = np.vstack([_catmull_rom(padded, 24), knots[-1:]])
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(dense, axis=0).T))])
    even = np.linspace(0, length[-1], count)
    xy = [np.interp(even, length, dense[:, axis]) for axis in (0, 1)]
    return np.stack(xy, axis=1).astype(np.float32)


def profile(points: Points, at: FloatArray) -> FloatArray:
    """Read a smooth curve y(x), given by points of rising x, at the places `at`."""
    dense = curve(points, 256)
    return np.interp(at, dense[:, 0], dense[:, 1]).astype(np.float32)


def ring(points: Points, steps: int = 16) -> FloatArray:
    """Sample a closed smooth outline through points: float32 [n, 2]."""
    knots = np.asarray(points, dtype=np.float64)
    padded = np.vstack([knots[-1:], knots, knots[:2]])
    return _catmull_rom(padded, steps).astype(np.float32)


def mirrored(points: Points, centre: float) -> FloatArray:
    """Reflect points at the vertical line x = `centre`."""
    xy = np.array(points, dtype=np.float32)
    xy[:, 0] = 2 * centre - xy[:, 0]
    return xy


def polygon(points: Points, closed: bool = True) -> skia.Path:
    """Make a path of straight pieces; feed it dense points for a smooth one."""
    return skia.Path.Polygon([skia.Point(x, y) for x, y in np.asarray(points).tolist()], closed)


def line(points: Points) -> skia.Path:
    """Make an open smooth path through a few points."""
    return polygon(curve(points, 12 * len(points)), closed=False)


def outline(points: Points) -> skia.Path:
    """Make a closed smooth path through a few points."""
    return polygon(ring(points))
