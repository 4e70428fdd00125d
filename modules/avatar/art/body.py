"""Neck and ear: what is skin but not face."""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.art.canvas import (
    Layer,
    colour,
    enlarge,
    grid,
    mask,
    mix,
    multiply,
    over,
    ramp,
    reduce,
    shape,
    soften,
)
from modules.avatar.art.curves import mirrored, outline, polygon, ring
from modules.avatar.art.light import cast_shadow, diffuse, normals, occlusion
from modules.avatar.art.paints import fill, radial
from modules.avatar.art.parts import Ear, Head, Neck, Skin
from modules.avatar.art.relief import bumps, creases, face_outline
from modules.avatar.art.scene import Light
from modules.avatar.art.skin import paint_marks, paint_tints
from modules.avatar.art.wrinkles import paint_wrinkles
from modules.messages import FRAME_SIZE, FloatArray


def _neck_relief(neck: Neck, centre: float) -> FloatArray:
    x, y = grid()
    widths = np.array(neck.widths, np.float32).T
    half = np.interp(y[:, 0], widths[0], widths[1])[:, None]
    across = np.minimum(np.abs(x - centre) / half, 1)
    relief = (neck.rise * np.sqrt(1 - across**2.2)).astype(np.float32)
    relief += bumps(neck.bumps, centre) + creases(neck.creases, centre)
    return soften(relief, 1.5)


def paint_neck(
    picture: FloatArray, neck: Neck, head: Head, face: FloatArray, skin: Skin, light: Light
) -> None:
    """Paint the neck with the shadow of the chin on it; `face` is the relief of the head."""
    relief = _neck_relief(neck, head.centre)
    inside = mask(polygon(face_outline(head))) > 0.5
    together = np.where(inside, np.maximum(face + neck.chin_over, relief), relief)
    shadow = cast_shadow(soften(together.astype(np.float32), 1.0), light.key, 70, 0.5)
    surface, hollow = normals(relief), occlusion(relief)
    lit = diffuse(surface, light.key, 0.38)
    skin_picture = ramp(skin.ramp, 0.06 + 0.74 * lit * (1 - 0.5 * shadow) - 0.16 * hollow)
    multiply(skin_picture, colour(skin.shadow), 0.55 * shadow)
    multiply(skin_picture, colour(skin.hollow), 0.35 * hollow)
    paint_tints(skin_picture, neck.tints, head.centre)
    large = enlarge(skin_picture)
    paint_wrinkles(large, relief, neck.wrinkles, skin, light, head.centre)
    mix(picture, large, shape(ring(neck.outline), 0.5))


def _ear_relief(ear: Ear, inside: FloatArray) -> FloatArray:
    solid = (inside > 0.5).astype(np.uint8)
    edge = cv2.distanceTransform(solid, cv2.DIST_L2, 5) * FRAME_SIZE / inside.shape[0]
    round_edge = 4.5 * np.sqrt(1 - (1 - np.clip(edge / 6, 0, 1)) ** 2)
    return soften(reduce(round_edge.astype(np.float32)) + bumps(ear.bumps), 0.8)


def _other(ear: Ear, centre: float) -> Ear:
    marks = [
        mark.model_copy(update={"points": mirrored(mark.points, centre)}) for mark in ear.marks
    ]
    hung = ear.earring and (2 * centre - ear.earring[0], ear.earring[1])
    across = [bump._replace(x=2 * centre - bump.x, turn=-bump.turn) for bump in ear.bumps]
    outline = mirrored(ear.outline, centre)
    return ear.model_copy(
        update={"outline": outline, "bumps": across, "marks": marks, "earring": hung}
    )


def paint_ears(picture: FloatArray, ear: Ear, centre: float, skin: Skin, light: Light) -> None:
    """Paint the ear, or both, and what hangs on them, in place."""
    for one in (ear, _other(ear, centre)) if ear.pair else (ear,):
        _paint_ear(picture, one, skin, light)
        _paint_earring(picture, one)


def _paint_ear(picture: FloatArray, ear: Ear, skin: Skin, light: Light) -> None:
    inside = shape(ring(ear.outline), 0.4)
    relief = _ear_relief(ear, inside)
    hollow = occlusion(relief, (2, 5, 9))
    lit = diffuse(normals(relief), light.key, 0.35)
    skin_picture = ramp(skin.ramp, 0.04 + 0.76 * lit - 0.25 * hollow)
    # Thin skin: light shines through and reddens it.
    multiply(skin_picture, colour(ear.flush), np.full_like(lit, 0.40))
    multiply(skin_picture, colour(skin.hollow), 0.5 * hollow)
    skin_large = enlarge(skin_picture)
    paint_marks(skin_large, ear.marks)
    around = np.clip(enlarge(mask(outline(ear.outline), 3)) - inside, 0, 1)
    multiply(picture, colour("#1a0c0a"), 0.45 * around)
    mix(picture, skin_large, inside)


def _paint_earring(picture: FloatArray, ear: Ear) -> None:
    if ear.earring is None:
        return
    layer, radius = Layer(), ear.earring_radius
    x, y = ear.earring
    layer.canvas.drawCircle(x + 0.8, y + 1.5, radius * 1.14, fill("#3a1a14", 0.45, 1.2))
    stops = [(code, 1.0) for code in ear.earring_colours]
    shine = radial((x - radius * 0.34, y - radius * 0.37), radius * 1.43, stops)
    layer.canvas.drawCircle(x, y, radius, fill("#ffffff", 1, 0, shine))
    over(picture, layer.pixels)
