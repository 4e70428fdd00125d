"""Wrinkles: thin grooves in the skin with raised skin beside them.

They are finer than the light that spreads inside skin, which would wash them out of the relief.
So the face is lit with and without them, and what they change is laid over its colours (after the
expression ratio images of Liu, Shan and Zhang, SIGGRAPH 2001).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import skia

from modules.avatar.art.canvas import LARGE, SCALE, colour, enlarge, multiply, screen
from modules.avatar.art.curves import curve, mirrored, polygon
from modules.avatar.art.light import diffuse, normals
from modules.avatar.art.parts import Skin, Wrinkle
from modules.avatar.art.scene import Light
from modules.messages import FloatArray

_STEPS = 40
_WRAP = 0.3
_HOLLOW = 0.21
"""How dark the bottom of a groove is, for each pixel of its depth: little light gets in."""
_RIDGE = 0.55
"""How high the skin beside a groove is raised, as a share of its depth."""


def _outline(points: FloatArray, width: float) -> skia.Path:
    # A wrinkle is widest in its first half and runs out thin at both ends.
    along = np.gradient(points, axis=0)
    aside = np.stack([-along[:, 1], along[:, 0]], axis=1)
    aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-6)
    t = np.linspace(0, 1, len(points))
    half = 0.5 * width * np.sin(np.pi * t**0.85)[:, None] ** 0.8 * aside
    return polygon(np.vstack([points + half, (points - half)[::-1]]))


class _Sheet:
    # A picture of one channel that lines are drawn on, softened, as deep as they are.
    def __init__(self) -> None:
        self.pixels = np.zeros((LARGE, LARGE), np.uint8)
        info = skia.ImageInfo.Make(LARGE, LARGE, skia.kAlpha_8_ColorType, skia.kPremul_AlphaType)
        self._surface = skia.Surface.MakeRasterDirect(info, self.pixels)
        self._canvas = self._surface.getCanvas()
        self._canvas.scale(SCALE, SCALE)

    def draw(self, points: FloatArray, width: float, share: float) -> None:
        paint = skia.Paint(AntiAlias=True, Color=skia.Color(255, 255, 255, int(255 * share)))
        blur = max(0.35, 0.42 * width)
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
        self._canvas.drawPath(_outline(points, width), paint)

    def cover(self) -> FloatArray:
        return self.pixels.astype(np.float32) * np.float32(1 / 255)


def cover(wrinkles: Sequence[Wrinkle], centre: float) -> tuple[FloatArray, FloatArray]:
    """Return how much moving wrinkles can add, and the raised skin about them: [LARGE, LARGE]."""
    groove, ridge = _Sheet(), _Sheet()
    for wrinkle in wrinkles:
        points = curve(wrinkle.points, _STEPS) + np.array([centre, 0], np.float32)
        for one in (points, mirrored(points, centre)) if wrinkle.pair else (points,):
            groove.draw(one, wrinkle.width, wrinkle.more)
            ridge.draw(one, 3.4 * wrinkle.width, wrinkle.more)
    return groove.cover(), ridge.cover()


def _grooves(wrinkles: Sequence[Wrinkle], centre: float) -> tuple[FloatArray, FloatArray]:
    # Relief of all wrinkles in pixels of the large picture, and how deep a pixel lies in one.
    deepest = max(wrinkle.depth for wrinkle in wrinkles)
    groove, ridge = _Sheet(), _Sheet()
    for wrinkle in wrinkles:
        points = curve(wrinkle.points, _STEPS) + np.array([centre, 0], np.float32)
        share = wrinkle.depth / deepest
        for one in (points, mirrored(points, centre)) if wrinkle.pair else (points,):
            groove.draw(one, wrinkle.width, share)
            ridge.draw(one, 3.4 * wrinkle.width, share)
    inside = groove.cover()
    return deepest * SCALE * (_RIDGE * ridge.cover() - inside), deepest * inside


def paint_wrinkles(
    picture: FloatArray, relief: FloatArray, wrinkles: Sequence[Wrinkle], skin: Skin, light: Light,
    centre: float,
) -> None:  # fmt: skip
    """Lay wrinkles over lit skin [LARGE, LARGE, 3], in place; `relief` [512, 512] lies under them.

    The points of wrinkles count from `centre`.
    """
    if not wrinkles:
        return
    smooth = enlarge(relief) * SCALE
    grooves, depth = _grooves(wrinkles, centre)
    lit = diffuse(normals(smooth), light.key, _WRAP)
    change = diffuse(normals(smooth + grooves), light.key, _WRAP) - lit
    dark = np.clip(-1.5 * change, 0, 0.9) + _HOLLOW * depth
    multiply(picture, colour(skin.wrinkle), np.clip(dark, 0, 1).astype(np.float32))
    screen(picture, colour(skin.ramp[-1]), np.clip(1.2 * change, 0, 0.5).astype(np.float32))
