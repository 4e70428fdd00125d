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
    shape,
    soften,
)
from modules.avatar.art.cloth import body_relief, lit_cloth
from modules.avatar.art.curves import curve, line, mirrored, polygon, ring
from modules.avatar.art.garments import AoBaBa, Print
from modules.avatar.art.paints import fill
from modules.avatar.art.scarf import paint_scarf
from modules.avatar.art.scene import Light
from modules.avatar.art.sewing import sew_button, sew_placket, sew_seams, weave
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


def paint_body(picture: FloatArray, garment: AoBaBa, light: Light, centre: float) -> None:
    """Paint shoulders and breast, in place."""
    relief = body_relief(garment, centre)
    relief += 1.6 * mask(line(garment.placket), 0.8, garment.placket_width)
    small, lit = lit_cloth(relief, garment, light)
    cloth = enlarge(small)
    top = min(y for _, y in garment.body)
    for k, one in enumerate(garment.prints):
        _lay_print(cloth, _printed(one, top, garment.seed + k), relief, lit)
    weave(cloth, garment.seed, 0.016, 3)
    sew_seams(cloth, garment)
    sew_placket(cloth, garment, garment.placket, garment.placket_width, garment.stitch)
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


def paint_collar(picture: FloatArray, garment: AoBaBa, light: Light, centre: float) -> None:
    """Paint the hem of the neck, the buttons and the scarf, in place."""
    _bind(picture, garment, light, centre)
    layer = Layer()
    for button in garment.buttons:
        sew_button(layer.canvas, button, garment.button, garment.shadow)
    over(picture, layer.pixels)
    if garment.scarf is not None:
        paint_scarf(picture, garment.scarf, body_relief(garment, centre), light)
