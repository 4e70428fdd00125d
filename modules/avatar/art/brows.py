"""Eyebrows: single hairs over a soft shade. They are painted once and moved with the skin."""

from __future__ import annotations

import math

import numpy as np
import skia

from modules.avatar.art.canvas import Layer
from modules.avatar.art.curves import curve, polygon, profile
from modules.avatar.art.paints import fill, linear
from modules.avatar.art.parts import Brows
from modules.messages import FloatArray

_STEPS = 60


def _line(brows: Brows, centre: float, side: int) -> tuple[FloatArray, FloatArray]:
    at = np.array(brows.curve, np.float32)
    middle, level = centre + side * brows.apart, brows.y - side * brows.uneven / 2
    points = np.stack([middle + side * brows.half_length * at[:, 0], level + at[:, 1]], axis=1)
    share = np.linspace(0, 1, _STEPS, dtype=np.float32)
    return curve(points, _STEPS), profile(brows.thickness, share)


def _shade(canvas: skia.Canvas, brows: Brows, points: FloatArray, thickness: FloatArray) -> None:
    offset = np.stack([np.zeros(_STEPS), thickness / 2], axis=1)
    band = polygon(np.vstack([points - offset, (points + offset)[::-1]]))
    stops = [(brows.colour, 0.20), (brows.colour, 0.56), (brows.colour, 0.60)]
    ends = (float(points[0, 0]), 0.0), (float(points[-1, 0]), 0.0)
    canvas.drawPath(band, fill(brows.colour, 1, 1.5, linear(*ends, stops, [0, 0.3, 1])))


def _hair(
    canvas: skia.Canvas, brows: Brows, root: tuple[float, float], angle: float, length: float,
    side: int, alpha: float,
) -> None:  # fmt: skip
    x, y = root
    tip_x, tip_y = x + side * length * math.cos(angle), y - length * math.sin(angle)
    path = skia.Path()
    path.moveTo(x - side * 0.22, y)
    path.quadTo((x + tip_x) / 2, (y + tip_y) / 2 - 0.3, tip_x, tip_y)
    path.quadTo((x + tip_x) / 2 + side * 0.3, (y + tip_y) / 2 + 0.4, x + side * 0.26, y + 0.35)
    path.close()
    canvas.drawPath(path, fill(brows.hair, alpha))


def paint_brows(layer: Layer, brows: Brows, centre: float) -> None:
    """Draw both eyebrows on a layer."""
    random = np.random.default_rng(brows.seed)
    places = [0, 0.25, 0.6, 1]
    for side in (-1, 1):
        points, thickness = _line(brows, centre, side)
        _shade(layer.canvas, brows, points, thickness)
        for _ in range(brows.hairs):
            share, across = random.uniform(0, 0.97), random.uniform(-0.5, 0.5)
            at = int(share * (_STEPS - 1))
            root = (float(points[at, 0]), float(points[at, 1] + 0.8 * across * thickness[at]))
            # Hairs of the lower edge rise, those of the upper edge lie along the brow.
            rising = [1.25, 0.75, 0.32, -0.25] if across > 0 else [1.1, 0.4, -0.05, -0.5]
            angle = float(np.interp(share, places, rising)) + across * 0.5 * (1 - share)
            length = float(np.interp(share, [0, 0.3, 1], [3.4, 4.6, 3.2]))
            alpha = float(np.interp(share, [0, 0.2, 1], [0.20, 0.36, 0.42]))
            length, alpha = length * random.uniform(0.7, 1.2), alpha * random.uniform(0.5, 1)
            _hair(layer.canvas, brows, root, angle, length, side, alpha)
