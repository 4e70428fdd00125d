"""Needlework that garments share: woven threads, seams, plackets and buttons."""

from __future__ import annotations

import cv2
import numpy as np
import skia

from modules.avatar.art.canvas import LARGE, Layer, colour, enlarge, mask, multiply, over, screen
from modules.avatar.art.curves import Points, curve, line, polygon
from modules.avatar.art.garments import Cloth
from modules.avatar.art.paints import fill, radial, stroke
from modules.messages import FloatArray


def weave(cloth: FloatArray, seed: int, amount: float, length: float) -> None:
    """Make the threads of a plain weave show; [LARGE, LARGE, 3], in place.

    `length` is how far a thread stays thick or thin: long in linen, short in cotton.
    """
    noise = np.random.default_rng(seed).normal(0, 1, (LARGE, LARGE)).astype(np.float32)
    warp = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.6, sigmaY=length)
    weft = cv2.GaussianBlur(noise[::-1], (0, 0), sigmaX=length, sigmaY=0.6)
    thread = warp / float(warp.std()) + weft / float(weft.std())
    cloth *= (1 + amount * thread[..., None]).astype(np.float32)


def sew_seams(cloth: FloatArray, garment: Cloth) -> None:
    """Draw the garment's seams: a groove, and the light on its edge; in place."""
    for seam in garment.seams:
        path = line(seam)
        multiply(cloth, colour(garment.shadow), 0.55 * enlarge(mask(path, 1.2, 2.0)))
        screen(cloth, colour(garment.gloss), 0.14 * enlarge(mask(path, 0.7, 0.9)))


def sew_placket(
    cloth: FloatArray, garment: Cloth, middle: Points, width: float, stitch: str
) -> None:
    """Draw the strip that carries the buttons, with a row of stitches along both edges."""
    half, dense = width / 2, curve(middle, 48)
    edge, seam = (polygon(dense + np.array([dx, 0]), closed=False) for dx in (half, -half))
    multiply(cloth, colour(garment.shadow), 0.85 * enlarge(mask(edge, 1.0, 1.8)))
    multiply(cloth, colour(garment.shadow), 0.40 * enlarge(mask(seam, 0.9, 1.4)))
    layer, paint = Layer(), stitches(stitch)
    for dx in (half - 2.0, 2.0 - half):
        layer.canvas.drawPath(polygon(dense + np.array([dx, 0]), closed=False), paint)
    over(cloth, layer.pixels)


def stitches(code: str) -> skia.Paint:
    """Make the paint of a row of stitches."""
    paint = stroke(code, 0.5, 0.6)
    paint.setPathEffect(skia.DashPathEffect.Make([2.2, 1.5], 0))
    return paint


def sew_button(
    canvas: skia.Canvas, at: tuple[float, float, float], colours: tuple[str, str, str], shadow: str
) -> None:
    """Draw a button with four holes at (x, y, radius), in light, middle and dark."""
    (x, y, radius), (light, middle, dark) = at, colours
    canvas.drawCircle(x + 0.7, y + 1.2, radius * 1.12, fill(shadow, 0.7, 0.9))
    stops = [(light, 1.0), (middle, 1.0), (dark, 1.0)]
    shine = radial((x - 0.35 * radius, y - 0.4 * radius), radius * 1.5, stops)
    canvas.drawCircle(x, y, radius, fill("#ffffff", 1, 0, shine))
    canvas.drawCircle(x, y, radius * 0.66, stroke(dark, 0.45, 0.5))
    for dx, dy in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        canvas.drawCircle(x + 0.24 * dx * radius, y + 0.24 * dy * radius, 0.1 * radius, fill(dark))
