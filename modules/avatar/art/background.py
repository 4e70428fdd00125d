"""The background: a lit wall, and things so far behind that they are only soft shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
import skia

from modules.avatar.art.canvas import grid, over, ramp
from modules.avatar.art.curves import outline, polygon
from modules.avatar.art.paints import fill, stroke
from modules.avatar.art.scene import Background, Foliage, Form, Glow
from modules.avatar.art.skin import paint_tints
from modules.messages import FRAME_SIZE, ByteArray, FloatArray

_SMALL = FRAME_SIZE // 2
"""What is out of focus is drawn at half the size: nobody can tell, and blurring is cheap."""


class _Blurred:
    def __init__(self) -> None:
        self.pixels: ByteArray = np.zeros((_SMALL, _SMALL, 4), np.uint8)
        info = skia.ImageInfo.Make(
            _SMALL, _SMALL, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType
        )
        self._surface = skia.Surface.MakeRasterDirect(info, self.pixels)
        self.canvas: skia.Canvas = self._surface.getCanvas()
        self.canvas.scale(0.5, 0.5)

    def over(self, picture: FloatArray, sigma: float) -> None:
        soft = cv2.GaussianBlur(self.pixels, (0, 0), sigma / 2)
        large = cv2.resize(soft, (FRAME_SIZE, FRAME_SIZE), interpolation=cv2.INTER_LINEAR)
        over(picture, cast("ByteArray", large))


def _leaf(x: float, y: float, turn: float, length: float, width: float) -> skia.Path:
    dx, dy = math.cos(turn), math.sin(turn)
    path = skia.Path()
    path.moveTo(x, y)
    half_x, half_y = x + dx * length / 2, y + dy * length / 2
    path.quadTo(half_x - dy * width, half_y + dx * width, x + dx * length, y + dy * length)
    path.quadTo(half_x + dy * width, half_y - dx * width, x, y)
    return path


def _paint_foliage(picture: FloatArray, foliage: Foliage) -> None:
    random = np.random.default_rng(foliage.seed)
    left, top, right, bottom = foliage.box
    sheet = _Blurred()
    for _ in range(foliage.count):
        # Denser towards the corner that the plant grows from, the top left of its box.
        x = left + (right - left) * random.uniform() ** 1.4
        y = top + (bottom - top) * random.uniform() ** 1.4
        length = random.uniform(*foliage.length)
        paint = fill(str(random.choice(list(foliage.colours))), foliage.alpha)
        if foliage.round:
            sheet.canvas.drawCircle(x, y, length / 2, paint)
            continue
        width = length * random.uniform(*foliage.slender)
        sheet.canvas.drawPath(_leaf(x, y, random.uniform(*foliage.turn), length, width), paint)
    sheet.over(picture, foliage.blur)


def _paint_slabs(picture: FloatArray, background: Background) -> None:
    sheet = _Blurred()
    for slab in background.slabs:
        left, top, right, bottom = slab.box
        for k in range(slab.repeat):
            y = k * slab.step
            box = skia.Rect.MakeLTRB(left, top + y, right, bottom + y)
            sheet.canvas.drawRect(box, fill(slab.colour, slab.alpha))
    sheet.over(picture, background.slab_blur)


def _paint_forms(picture: FloatArray, forms: Sequence[Form]) -> None:
    for form in forms:
        sheet = _Blurred()
        path = outline(form.points) if form.round else polygon(form.points)
        sheet.canvas.drawPath(path, fill(form.colour, form.alpha))
        sheet.over(picture, form.blur)


def _paint_glows(picture: FloatArray, glows: Sequence[Glow]) -> None:
    sheet = _Blurred()
    for x, y, radius, code, alpha in glows:
        sheet.canvas.drawCircle(x, y, radius, fill(code, 0.75 * alpha))
        edge = stroke(code, 0.6 * alpha, 0.16 * radius)
        sheet.canvas.drawCircle(x, y, 0.9 * radius, edge)
    sheet.over(picture, 2.4)


def paint_background(background: Background) -> FloatArray:
    """Paint the background: float32 [512, 512, 3]."""
    x, y = grid()
    right, down = background.slant
    value = 0.5 - right * (x / FRAME_SIZE - 0.5) - down * (y / FRAME_SIZE - 0.5)
    picture = ramp(background.ramp, value.astype(np.float32))
    _paint_slabs(picture, background)
    _paint_forms(picture, [form for form in background.forms if not form.front])
    for foliage in background.foliage:
        _paint_foliage(picture, foliage)
    _paint_forms(picture, [form for form in background.forms if form.front])
    _paint_glows(picture, background.glows)
    paint_tints(picture, background.tints)
    return picture
