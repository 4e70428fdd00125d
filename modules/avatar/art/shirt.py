"""The shirt: linen or cotton with a placket, and a collar of any cut, standing or folded."""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.art.canvas import (
    LARGE,
    SCALE,
    Layer,
    colour,
    enlarge,
    grid,
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
from modules.avatar.art.curves import line, mirrored, outline, ring
from modules.avatar.art.garments import Leaf, Shirt
from modules.avatar.art.relief import hill
from modules.avatar.art.scene import Light
from modules.avatar.art.sewing import sew_button, sew_placket, sew_seams, weave
from modules.messages import FloatArray


def paint_body(picture: FloatArray, garment: Shirt, light: Light, centre: float) -> None:
    """Paint shoulders and breast, in place."""
    relief = body_relief(garment, centre)
    relief += 1.6 * mask(line(garment.placket), 0.8, garment.placket_width)
    small, _ = lit_cloth(relief, garment, light)
    cloth = enlarge(small)
    weave(cloth, garment.seed, garment.weave, 5)
    sew_seams(cloth, garment)
    sew_placket(cloth, garment, garment.placket, garment.placket_width, garment.stitch)
    inside = shape(ring(garment.body), 0.4)
    around = np.clip(enlarge(soften(reduce(inside), 3.5)) - inside, 0, 1)
    # It lies on the skin, and not on what is far behind.
    around *= enlarge(hill(centre, 430, 44, 50))
    multiply(picture, colour(garment.shadow), 0.6 * around)
    mix(picture, cloth, inside)


def _leaf_relief(leaf: Leaf, inside: FloatArray, garment: Shirt, centre: float) -> FloatArray:
    # Round as the neck under it, with an edge that rolls over.
    x, y = grid()
    across = np.minimum(np.abs(x - centre) / leaf.half_width, 1)
    relief = leaf.rise * np.sqrt(1 - across**2.1) + leaf.slope * y
    solid = (inside > 0.5).astype(np.uint8)
    edge = cv2.distanceTransform(solid, cv2.DIST_L2, 5) / SCALE
    roll = 2.2 * np.sqrt(1 - (1 - np.clip(edge / 3.5, 0, 1)) ** 2)
    relief += reduce(np.asarray(roll, np.float32))
    return soften(relief.astype(np.float32), 0.9)


def _paint_leaf(
    picture: FloatArray, leaf: Leaf, points: FloatArray, garment: Shirt, light: Light, centre: float
) -> None:
    inside = shape(ring(points), 0.3)
    relief = _leaf_relief(leaf, inside, garment, centre)
    small, _ = lit_cloth(relief, garment, light)
    cloth = enlarge(small)
    weave(cloth, garment.seed + 1, garment.weave, 5)
    multiply(cloth, colour(garment.shadow), leaf.shaded * enlarge(mask(outline(_chin(centre)), 6)))
    around = np.clip(enlarge(soften(reduce(inside), 3)) - inside, 0, 1)
    multiply(picture, colour(garment.shadow), 0.75 * around)
    mix(picture, cloth, inside)
    rim = mask(outline(points), 0.25, 0.9, LARGE) * inside
    screen(picture, colour(garment.gloss), 0.20 * rim)
    seam = mask(outline(points), 0.3, 2 * leaf.stitch + 0.7, LARGE)
    inner = mask(outline(points), 0.3, 2 * leaf.stitch - 0.7, LARGE)
    multiply(picture, colour(garment.shadow), 0.45 * np.clip(seam - inner, 0, 1) * inside)


def _chin(centre: float) -> FloatArray:
    around = [(-62, 350), (-24, 394), (28, 398), (72, 380), (72, 338), (-62, 326)]
    return np.array(around, np.float32) + np.array([centre, 0], np.float32)


def paint_collar(picture: FloatArray, garment: Shirt, light: Light, centre: float) -> None:
    """Paint the pieces of the collar and the buttons, in place."""
    for leaf in garment.leaves:
        right = np.array(leaf.points, np.float32)
        for points in (mirrored(right, centre), right) if leaf.pair else (right,):
            _paint_leaf(picture, leaf, points, garment, light, centre)
    layer = Layer()
    for button in garment.buttons:
        sew_button(layer.canvas, button, garment.button, garment.shadow)
    over(picture, layer.pixels)
