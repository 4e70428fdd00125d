"""The whole still portrait, from back to front, with the eyes closed and without lips."""

from __future__ import annotations

import numpy as np

from modules.avatar.art.background import paint_background
from modules.avatar.art.body import paint_ears, paint_neck
from modules.avatar.art.brows import paint_brows
from modules.avatar.art.canvas import (
    LARGE,
    SCALE,
    Layer,
    colour,
    enlarge,
    grid,
    mix,
    multiply,
    over,
    reduce,
    settled,
    shape,
    soften,
)
from modules.avatar.art.garment import paint_body, paint_collar
from modules.avatar.art.hair import below, paint_group, paint_wisps
from modules.avatar.art.relief import face_outline, head_relief
from modules.avatar.art.scene import Finish, Look
from modules.avatar.art.skin import paint_face, paint_marks
from modules.avatar.art.wrinkles import paint_wrinkles
from modules.messages import FRAME_SIZE, FloatArray


def _hair(picture: FloatArray, look: Look, where: str) -> None:
    for group in look.hair.groups:
        if group.where != where:
            continue
        painted = paint_group(group, look.hair, look.light)
        if group.shadow:
            shadow = group.shadow * below(painted)
            multiply(picture, colour(look.hair.shadow), shadow)
        mix(picture[painted.box], painted.colour, painted.coverage)


def _face(picture: FloatArray, look: Look, relief: FloatArray) -> None:
    head = look.head
    face = enlarge(paint_face(relief, head, look.skin, look.light))
    paint_wrinkles(face, relief, look.skin.wrinkles, look.skin, look.light, head.centre)
    paint_marks(face, look.skin.marks, head.centre)
    mix(picture, face, shape(face_outline(head), 0.4))
    layer = Layer()
    paint_brows(layer, look.brows, head.centre)
    over(picture, layer.pixels)


def _finish(picture: FloatArray, finish: Finish, fine: bool) -> None:
    small = reduce(picture)
    glow = soften(np.clip(small - 0.55, 0, 1), 14)
    x, y = grid()
    distance = np.hypot((x - 256) / 330, (y - 250) / 330) - 0.45
    dark = 1 - finish.vignette * np.clip(distance, 0, 1) ** 1.5
    picture += (1 - picture) * finish.bloom * enlarge(glow)
    picture *= enlarge(dark.astype(np.float32))[..., None] * np.array(finish.warmth, np.float32)
    np.clip(picture, 0, 1, out=picture)
    steeper = picture * picture * (3 - 2 * picture)
    picture += finish.contrast * (steeper - picture)
    random = np.random.default_rng(1)
    size, repeat = (LARGE, 1) if fine else (FRAME_SIZE, SCALE)
    grain = random.normal(0, finish.grain, (size, size, 1)).astype(np.float32)
    picture += grain.repeat(repeat, axis=0).repeat(repeat, axis=1)
    even = picture.copy() if fine else settled(picture)
    # What that took from the contours is given back, but not to what is finer than a pixel.
    picture[:] = even + finish.sharpen * (even - soften(even, 2.4))
    np.clip(picture, 0, 1, out=picture)


def paint_portrait(look: Look, fine: bool = False) -> FloatArray:
    """Paint a persona: float32 [LARGE, LARGE, 3] in [0, 1].

    The picture is for motion at half its size, and as smooth as that needs. With `fine` it keeps
    every detail, to be looked at in its own size.
    """
    relief = head_relief(look.head)
    picture = enlarge(paint_background(look.background))
    _hair(picture, look, "back")
    paint_neck(picture, look.neck, look.head, relief, look.skin, look.light)
    paint_body(picture, look.garment, look.light, look.head.centre)
    paint_collar(picture, look.garment, look.light, look.head.centre)
    _face(picture, look, relief)
    _hair(picture, look, "front")
    if look.ear is not None:
        paint_ears(picture, look.ear, look.head.centre, look.skin, look.light)
    _hair(picture, look, "curtain")
    layer = Layer()
    paint_wisps(layer, look.hair)
    over(picture, layer.pixels)
    _finish(picture, look.finish, fine)
    return picture
