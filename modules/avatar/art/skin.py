"""Skin: a lit relief mapped through a ramp of colours, then tints and drawn marks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from modules.avatar.art.canvas import colour, mask, multiply, ramp, screen, soften
from modules.avatar.art.curves import line, mirrored, outline
from modules.avatar.art.light import cast_shadow, diffuse, gloss, normals, occlusion
from modules.avatar.art.parts import Head, Mark, Skin, Tint
from modules.avatar.art.relief import hill
from modules.avatar.art.scene import Light
from modules.messages import FRAME_SIZE, FloatArray


def paint_tints(picture: FloatArray, tints: Sequence[Tint], centre: float = 0.0) -> None:
    """Lay soft patches of colour on a 512-pixel picture, in place."""
    for tint in tints:
        lay = screen if tint.light else multiply
        for side in (1, -1) if tint.pair else (1,):
            patch = hill(centre + side * tint.at[0], tint.at[1], *tint.size, side * tint.turn)
            lay(picture, colour(tint.colour), tint.amount * patch)


def paint_marks(picture: FloatArray, marks: Sequence[Mark], centre: float = 0.0) -> None:
    """Draw soft lines and outlines on a picture of either size, in place."""
    for mark in marks:
        points = np.array(mark.points, np.float32) + np.array([centre, 0], np.float32)
        lay = screen if mark.light else multiply
        for one in [points, mirrored(points, centre)] if mark.pair else [points]:
            path = line(one) if mark.width else outline(one)
            covered = mask(path, mark.blur, mark.width, size=picture.shape[0])
            lay(picture, colour(mark.colour), mark.amount * covered)


def _mottle(amount: float) -> FloatArray:
    noise = np.random.default_rng(17).normal(0, 1, (FRAME_SIZE, FRAME_SIZE)).astype(np.float32)
    broad, fine = soften(noise, 9), soften(noise, 2.2)
    return np.asarray(amount * (broad / broad.std() + 0.6 * fine / fine.std()), np.float32)


_SCATTER = ((5.0, 0.46), (2.0, 0.36), (0.0, 0.30))
"""For red, green and blue: over how many pixels light spreads in skin, and how far it wraps."""


def _values(relief: FloatArray, light: Light) -> list[FloatArray]:
    # How bright each channel is. Red light spreads farthest, so shadows begin with a warm edge
    # (d'Eon and Luebke, GPU Gems 3, chapter 14).
    shadow = cast_shadow(relief, light.key, 44)
    values = []
    for spread, wrap in _SCATTER:
        smooth = soften(relief, spread) if spread else relief
        lit = diffuse(normals(smooth), light.key, wrap)
        dark = soften(shadow, spread) if spread else shadow
        values.append(np.asarray(0.10 + 0.87 * lit * (1 - 0.52 * dark), np.float32))
    return values


def shade_skin(relief: FloatArray, skin: Skin, light: Light) -> FloatArray:
    """Light a relief as skin, without tints and marks: float32 [512, 512, 3]."""
    surface = normals(relief)
    hollow = occlusion(relief)
    filled = diffuse(surface, light.fill, 0.2)
    all_alike = 0.06 * filled - 0.10 * hollow
    if skin.mottle:
        all_alike += _mottle(skin.mottle)
    values = [value + all_alike for value in _values(relief, light)]
    picture = np.stack([ramp(skin.ramp, value)[..., k] for k, value in enumerate(values)], axis=-1)
    multiply(picture, colour(skin.hollow), 0.30 * hollow)
    screen(picture, colour(skin.ramp[-1]), 0.13 * gloss(surface, light.key, 22))
    screen(picture, colour(light.rim_colour), light.rim_amount * gloss(surface, light.rim, 6))
    return picture


def paint_face(relief: FloatArray, head: Head, skin: Skin, light: Light) -> FloatArray:
    """Paint the face without hair, brows, lips and open eyes: float32 [512, 512, 3]."""
    picture = shade_skin(relief, skin, light)
    surface = normals(relief)
    wet = gloss(surface, light.key, 90)
    nose = hill(head.centre, head.nose.tip - 4, 9, 10) + 0.7 * hill(head.centre, 212, 5, 26)
    screen(picture, colour(skin.ramp[-1]), np.clip(0.24 * wet * nose, 0, 1))
    paint_tints(picture, skin.tints, head.centre)
    return picture
