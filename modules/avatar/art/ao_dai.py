"""The áo dài: a body of silk with folds, seams, woven pattern and embroidery, and its collar."""

from __future__ import annotations

import math

import numpy as np
import skia

from modules.avatar.art.canvas import (
    LARGE,
    Layer,
    colour,
    enlarge,
    grid,
    mask,
    mix,
    multiply,
    over,
    screen,
    shape,
    soften,
)
from modules.avatar.art.cloth import body_relief, lit_cloth
from modules.avatar.art.curves import curve, line, mirrored, polygon, ring
from modules.avatar.art.garments import AoDai, Blossom
from modules.avatar.art.paints import fill, linear, radial, stroke
from modules.avatar.art.scene import Light
from modules.messages import FloatArray


def _weave(cloth: FloatArray, garment: AoDai, centre: float) -> None:
    across, down, amount = garment.weave
    layer = Layer()
    for row in range(7):
        for column in range(-7, 8):
            x = centre + (column + 0.5 * (row % 2)) * across
            y = 430 + row * down
            for k in range(5):
                turn = k * math.tau / 5 - 0.3
                petal = (x + 4.2 * math.cos(turn), y + 3.8 * math.sin(turn))
                layer.canvas.drawCircle(*petal, 2.6, fill(garment.gloss, amount))
    over(cloth, layer.pixels)
    noise = np.random.default_rng(garment.seed).normal(0, 1, (LARGE // 2, LARGE))
    thread = soften(noise.astype(np.float32), 0.9).repeat(2, axis=0)
    cloth *= 1 + 0.022 * thread[..., None] / float(thread.std())


def _blossom(canvas: skia.Canvas, garment: AoDai, flower: Blossom) -> None:
    stops = [(garment.petal[0], 0.95), (garment.petal[1], 0.95)]
    r = flower.radius
    shader = linear((-r * 0.5, 0), (r * 0.5, 0), stops)
    for k in range(5):
        turn = flower.turn + k * math.tau / 5
        canvas.save()
        canvas.translate(flower.x + 0.55 * r * math.cos(turn), flower.y + 0.5 * r * math.sin(turn))
        canvas.rotate(math.degrees(turn))
        petal = skia.Rect.MakeLTRB(-0.5 * r, -0.42 * r, 0.52 * r, 0.42 * r)
        canvas.drawOval(petal, fill("#ffffff", 1, 0, shader))
        canvas.restore()
    for k in range(6):
        x = flower.x + 0.2 * r * math.cos(k * 1.05)
        y = flower.y + 0.18 * r * math.sin(k * 1.05)
        canvas.drawCircle(x, y, 0.07 * r, fill(garment.thread, 1))


def _embroider(cloth: FloatArray, garment: AoDai, lit: FloatArray) -> None:
    layer = Layer()
    for branch in garment.branches:
        layer.canvas.drawPath(line(branch), stroke(garment.thread, 0.8, 1.1))
    for flower in garment.blossoms:
        _blossom(layer.canvas, garment, flower)
    # Thread lies in the same light as the cloth.
    shaded = layer.pixels.astype(np.float32)
    shaded[..., :3] *= np.clip(0.55 + 0.6 * enlarge(lit), 0, 1)[..., None]
    over(cloth, shaded.astype(np.uint8))


def paint_body(picture: FloatArray, garment: AoDai, light: Light, centre: float) -> None:
    """Paint shoulders and breast, in place."""
    small, lit = lit_cloth(body_relief(garment, centre), garment, light)
    cloth = enlarge(small)
    _weave(cloth, garment, centre)
    for seam in (*garment.seams, garment.closure):
        path = line(seam)
        multiply(cloth, colour(garment.shadow), 0.55 * enlarge(mask(path, 1.4, 2.4)))
        screen(cloth, colour(garment.gloss), 0.16 * enlarge(mask(path, 0.8, 1.0)))
    mix(cloth, colour(garment.trim), 0.85 * mask(line(garment.closure), 0.15, 1.15, LARGE))
    _embroider(cloth, garment, lit)
    mix(picture, cloth, shape(ring(garment.body), 0.5))


def _collar_halves(garment: AoDai, centre: float) -> list[FloatArray]:
    foot = curve(garment.collar_foot, 24)
    right = np.vstack([curve(garment.collar, 24), curve(garment.collar_edge, 32), foot])
    return [right, mirrored(right, centre)]


def paint_collar(picture: FloatArray, garment: AoDai, light: Light, centre: float) -> None:
    """Paint the stand collar, its piping and the buttons, in place."""
    halves = _collar_halves(garment, centre)
    inside = np.maximum(shape(halves[0]), shape(halves[1]))
    around = np.clip(soften(inside, 4) - inside, 0, 1)
    multiply(picture, colour("#8a4a38"), 0.7 * around)
    x, y = grid()
    across = np.minimum(np.abs(x - centre) / (garment.collar_foot[-1][0] - centre + 2), 1)
    relief = garment.collar_rise * np.sqrt(1 - across**2.1) + 0.1 * (y - 390)
    small, _ = lit_cloth(soften(relief.astype(np.float32), 1), garment, light)
    cloth = enlarge(small)
    chin = np.array([(-60, 352), (-20, 390), (30, 397), (70, 380), (70, 338), (-60, 328)])
    under = mask(polygon(ring(chin + np.array([centre, 0]))), 5)
    multiply(cloth, colour(garment.shadow), 0.35 * enlarge(under))
    mix(picture, cloth, inside)
    layer = Layer()
    for side in (garment.collar, garment.collar_edge):
        for one in (np.array(side, np.float32), mirrored(side, centre)):
            layer.canvas.drawPath(line(one), stroke(garment.trim, 0.95, 1.5))
    for one in (np.array(garment.collar_foot, np.float32), mirrored(garment.collar_foot, centre)):
        layer.canvas.drawPath(line(one), stroke(garment.trim, 0.55, 1.0))
    for x_at, y_at, radius in garment.buttons:
        layer.canvas.drawCircle(x_at + 0.6, y_at + 1.2, radius * 1.16, fill("#04100f", 0.6, 0.8))
        stops = [("#fff8e0", 1.0), (garment.trim, 1.0), ("#7a5826", 1.0)]
        shine = radial((x_at - 0.8, y_at - 0.9), radius * 1.36, stops)
        layer.canvas.drawCircle(x_at, y_at, radius, fill("#ffffff", 1, 0, shine))
    over(picture, layer.pixels)
