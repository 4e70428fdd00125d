"""The áo bà ba: printed cloth open at the neck, buttoned down the front."""

from __future__ import annotations

import math

import cv2
import numpy as np
import skia

from modules.avatar.art.canvas import (
    LARGE,
    SCALE,
    Layer,
    colour,
    enlarge,
    mask,
    mix,
    multiply,
    over,
    reduce,
    screen,
    shape,
    soften,
)
from modules.avatar.art.cloth import body_relief, lit_cloth
from modules.avatar.art.curves import curve, line, mirrored, polygon, ring
from modules.avatar.art.garments import AoBaBa, Print
from modules.avatar.art.paints import fill, radial, stroke
from modules.avatar.art.scarf import paint_scarf
from modules.avatar.art.scene import Light
from modules.messages import FRAME_SIZE, FloatArray

_SLIP = 0.9
"""How far a print is carried along by the slope that it lies on, in pixels."""


def _neckline(garment: AoBaBa, centre: float) -> FloatArray:
    right = curve(garment.neckline, 48)
    return np.vstack([mirrored(right, centre), right[::-1]])


def _inside(garment: AoBaBa, centre: float) -> FloatArray:
    # The body without what the neckline leaves open.
    edge = _neckline(garment, centre)
    above = np.array([[edge[-1, 0], 0], [edge[0, 0], 0]], np.float32)
    opening = mask(polygon(np.vstack([edge, above])), 0.3, size=LARGE)
    return np.asarray(shape(ring(garment.body), 0.5) * (1 - opening))


def _flower(
    canvas: skia.Canvas, at: tuple[float, float], radius: float, turn: float, one: Print, code: str
) -> None:
    x, y = at
    for k in range(one.petals):
        angle = turn + k * math.tau / one.petals
        petal = (x + 0.62 * radius * math.cos(angle), y + 0.56 * radius * math.sin(angle))
        canvas.drawCircle(*petal, 0.44 * radius, fill(code, one.amount))
    canvas.drawCircle(x, y, 0.26 * radius, fill(one.heart, one.amount))


def _printed(one: Print, top: float, seed: int) -> Layer:
    # Rows of flowers from `top` down.
    random = np.random.default_rng(seed)
    layer, (across, down) = Layer(), one.step
    for row, y in enumerate(np.arange(top, FRAME_SIZE + down, down).tolist()):
        for x in np.arange(0.5 * (row % 2) * across, FRAME_SIZE + across, across).tolist():
            dx, dy = random.uniform(-one.jitter, one.jitter, 2).tolist()
            radius, turn = random.uniform(*one.radius), random.uniform(0, math.tau)
            code = one.colours[int(random.integers(len(one.colours)))]
            _flower(layer.canvas, (x + dx, y + dy), radius, turn, one, code)
    return layer


def _lay_print(cloth: FloatArray, printed: Layer, relief: FloatArray, lit: FloatArray) -> None:
    # A print goes along with the folds, and lies in their light.
    down_slope, right_slope = np.gradient(enlarge(soften(relief, 1.5)) * SCALE)
    y_at, x_at = np.mgrid[0:LARGE, 0:LARGE].astype(np.float32)
    x_at -= SCALE * _SLIP * right_slope
    y_at -= SCALE * _SLIP * down_slope
    moved = cv2.remap(printed.pixels, x_at, y_at, cv2.INTER_LINEAR).astype(np.float32)
    moved[..., :3] *= np.clip(0.45 + 0.75 * enlarge(lit), 0, 1)[..., None]
    over(cloth, moved.astype(np.uint8))


def _weave(cloth: FloatArray, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 1, (LARGE, LARGE)).astype(np.float32)
    warp = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.6, sigmaY=3.0)
    weft = cv2.GaussianBlur(noise[::-1], (0, 0), sigmaX=3.0, sigmaY=0.6)
    thread = warp / float(warp.std()) + weft / float(weft.std())
    cloth *= (1 + 0.016 * thread[..., None]).astype(np.float32)


def _sew(cloth: FloatArray, garment: AoBaBa) -> None:
    # Seams, and the edge of the placket with its two rows of stitches.
    for seam in garment.seams:
        path = line(seam)
        multiply(cloth, colour(garment.shadow), 0.55 * enlarge(mask(path, 1.2, 2.0)))
        screen(cloth, colour(garment.gloss), 0.14 * enlarge(mask(path, 0.7, 0.9)))
    half = garment.placket_width / 2
    middle = curve(garment.placket, 48)
    edge, seam = (polygon(middle + np.array([dx, 0]), closed=False) for dx in (half, -half))
    multiply(cloth, colour(garment.shadow), 0.85 * enlarge(mask(edge, 1.0, 1.8)))
    multiply(cloth, colour(garment.shadow), 0.40 * enlarge(mask(seam, 0.9, 1.4)))
    layer = Layer()
    paint = stroke(garment.stitch, 0.5, 0.6)
    paint.setPathEffect(skia.DashPathEffect.Make([2.2, 1.5], 0))
    for dx in (half - 2.0, 2.0 - half):
        layer.canvas.drawPath(polygon(middle + np.array([dx, 0]), closed=False), paint)
    over(cloth, layer.pixels)


def paint_body(picture: FloatArray, garment: AoBaBa, light: Light, centre: float) -> None:
    """Paint shoulders and breast, in place."""
    relief = body_relief(garment, centre)
    relief += 1.6 * mask(line(garment.placket), 0.8, garment.placket_width)
    small, lit = lit_cloth(relief, garment, light)
    cloth = enlarge(small)
    top = min(y for _, y in garment.body)
    for k, one in enumerate(garment.prints):
        _lay_print(cloth, _printed(one, top, garment.seed + k), relief, lit)
    _weave(cloth, garment.seed)
    _sew(cloth, garment)
    inside = _inside(garment, centre)
    around = np.clip(enlarge(soften(reduce(inside), 3)) - inside, 0, 1)
    multiply(picture, colour(garment.shadow), 0.5 * around)
    mix(picture, cloth, inside)


def _bind(picture: FloatArray, garment: AoBaBa, light: Light, centre: float) -> None:
    # The hem of the neck is a roll of the same cloth.
    path = polygon(_neckline(garment, centre), closed=False)
    relief = body_relief(garment, centre) + 2.4 * mask(path, 0.9, garment.binding * 0.8)
    small, _ = lit_cloth(relief, garment, light)
    under = mask(path, 1.2, garment.binding + 1.2)
    multiply(picture, colour(garment.shadow), 0.6 * enlarge(under))
    mix(picture, enlarge(small), mask(path, 0.2, garment.binding, LARGE))


def _button(canvas: skia.Canvas, x: float, y: float, radius: float, garment: AoBaBa) -> None:
    light, middle, dark = garment.button
    canvas.drawCircle(x + 0.7, y + 1.2, radius * 1.12, fill(garment.shadow, 0.7, 0.9))
    stops = [(light, 1.0), (middle, 1.0), (dark, 1.0)]
    shine = radial((x - 0.35 * radius, y - 0.4 * radius), radius * 1.5, stops)
    canvas.drawCircle(x, y, radius, fill("#ffffff", 1, 0, shine))
    canvas.drawCircle(x, y, radius * 0.66, stroke(dark, 0.45, 0.5))
    for dx, dy in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        canvas.drawCircle(x + 0.24 * dx * radius, y + 0.24 * dy * radius, 0.1 * radius, fill(dark))


def paint_collar(picture: FloatArray, garment: AoBaBa, light: Light, centre: float) -> None:
    """Paint the hem of the neck, the buttons and the scarf, in place."""
    _bind(picture, garment, light, centre)
    layer = Layer()
    for x, y, radius in garment.buttons:
        _button(layer.canvas, x, y, radius, garment)
    over(picture, layer.pixels)
    if garment.scarf is not None:
        paint_scarf(picture, garment.scarf, body_relief(garment, centre), light)
