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


def shade_skin(relief: FloatArray, skin: Skin, light: Light) -> FloatArray:
    """Light a relief as skin, without tints and marks: float32 [512, 512, 3]."""
    surface = normals(relief)
    hollow = occlusion(relief)
    lit = diffuse(surface, light.key, 0.38)
    shadow = cast_shadow(relief, light.key, 44)
    filled = diffuse(surface, light.fill, 0.2)
    value = 0.11 + 0.79 * lit * (1 - 0.5 * shadow) - 0.10 * hollow + 0.06 * filled
    if skin.mottle:
        value += _mottle(skin.mottle)
    picture = ramp(skin.ramp, value)
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
