"""A chequered scarf: strips of cloth between guide lines, with pleats along them."""

from __future__ import annotations

import numpy as np

from modules.avatar.art.canvas import LARGE, colour, enlarge, mask, mix, multiply, reduce, soften
from modules.avatar.art.cloth import lit_cloth
from modules.avatar.art.curves import line, polygon
from modules.avatar.art.garments import Scarf, Strip
from modules.avatar.art.hair import Sheet
from modules.avatar.art.scene import Light
from modules.messages import FloatArray

_EDGE = 0.06
"""Share of a strip's width over which its edge rounds off."""


def _band(phase: FloatArray, sharpness: float) -> FloatArray:
    # A square wave of dark and light bands with soft edges, 0 to 1.
    return np.asarray(np.clip(0.5 + sharpness * np.sin(2 * np.pi * phase), 0, 1), np.float32)


def _relief(strip: Strip, u: FloatArray, under: FloatArray) -> FloatArray:
    from_edge = np.clip(np.minimum(u, 1 - u) / _EDGE, 0, 1)
    relief = under + strip.rise * np.sqrt(1 - (1 - from_edge) ** 2)
    for pleat in strip.pleats:
        relief += pleat.rise * np.exp(-0.5 * ((u - pleat.across) / pleat.width) ** 2)
    for fold in strip.folds:
        relief += fold.rise * mask(line(fold.points), fold.blur, 6)
    return soften(relief.astype(np.float32), 0.7)


def _paint_strip(
    picture: FloatArray, scarf: Scarf, strip: Strip, under: FloatArray, light: Light
) -> None:
    sheet = Sheet(strip.guides)
    t, u = sheet.coordinates()
    edges = polygon(np.vstack([sheet.guides[0], sheet.guides[-1][::-1]]))
    inside = mask(edges, 0.3, size=LARGE)
    small, _ = lit_cloth(_relief(strip, u, soften(under, 6)), scarf, light)
    cloth = enlarge(small)
    length = float(np.hypot(*np.diff(sheet.guides.mean(axis=0), axis=0).T).sum())
    down, across = enlarge(t) * (length / scarf.cell), enlarge(u) * strip.cells
    dark = 0.5 * (_band(down, 2.5) + _band(across, 2.5))
    # Threads of both colours cross in the bands.
    thread = np.random.default_rng(scarf.seed).normal(0, 1, (LARGE, LARGE))
    uneven = 1 + 0.3 * soften(thread.astype(np.float32), 0.8)
    amount = np.clip(scarf.amount * dark * uneven, 0, 1)
    multiply(cloth, colour(scarf.check), np.asarray(amount, np.float32))
    shadow = np.clip(enlarge(soften(reduce(inside), 4)) - 0.9 * inside, 0, 1)
    multiply(picture, colour(scarf.shadow), np.asarray(0.75 * shadow, np.float32))
    mix(picture, cloth, inside)


def paint_scarf(picture: FloatArray, scarf: Scarf, under: FloatArray, light: Light) -> None:
    """Paint a scarf over what it lies on, in place; `under` is the relief there [512, 512]."""
    for strip in scarf.strips:
        _paint_strip(picture, scarf, strip, under, light)
