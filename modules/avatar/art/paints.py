"""Short ways to say skia paints: colour, softness, stroke and gradients."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import skia

from modules.avatar.art.canvas import colour
from modules.messages import FloatArray

Stop = tuple[str, float]
"""A colour "#rrggbb" and how opaque it is."""


def argb(rgb: FloatArray, alpha: float = 1.0) -> int:
    """Turn float32 [3] in [0, 1] into a skia colour."""
    red, green, blue = (int(value) for value in np.clip(rgb * 255 + 0.5, 0, 255))
    return int(skia.Color(red, green, blue, int(np.clip(alpha * 255 + 0.5, 0, 255))))


@lru_cache(maxsize=512)
def _named(code: str, alpha: float) -> int:
    return argb(colour(code), alpha)


@lru_cache(maxsize=64)
def _blur(sigma: float) -> skia.MaskFilter:
    return skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, sigma)


def fill(
    code: str, alpha: float = 1.0, blur: float = 0.0, shader: skia.Shader | None = None
) -> skia.Paint:
    """Make a paint that fills; `blur` is a sigma in pixels of the final picture."""
    paint = skia.Paint(AntiAlias=True, Color=_named(code, round(alpha, 3)))
    if blur:
        paint.setMaskFilter(_blur(blur))
    if shader is not None:
        paint.setShader(shader)
    return paint


def stroke(code: str, alpha: float, width: float, blur: float = 0.0) -> skia.Paint:
    """Make a paint that draws a line with round ends, `width` pixels wide."""
    paint = fill(code, alpha, blur)
    paint.setStyle(skia.Paint.kStroke_Style)
    paint.setStrokeWidth(width)
    paint.setStrokeCap(skia.Paint.kRound_Cap)
    return paint


def linear(
    start: tuple[float, float],
    end: tuple[float, float],
    stops: Sequence[Stop],
    at: Sequence[float] | None = None,
) -> skia.Shader:
    """Make a gradient along a line."""
    colours = [_named(code, alpha) for code, alpha in stops]
    points = [skia.Point(*start), skia.Point(*end)]
    return skia.GradientShader.MakeLinear(points, colours, list(at) if at else None)


def radial(centre: tuple[float, float], radius: float, stops: Sequence[Stop]) -> skia.Shader:
    """Make a gradient from a centre outwards."""
    colours = [_named(code, alpha) for code, alpha in stops]
    return skia.GradientShader.MakeRadial(skia.Point(*centre), radius, colours)
