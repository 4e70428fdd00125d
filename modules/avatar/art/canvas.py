"""Drawing surface of the art: coordinates, masks and the mixing of colours.

All shapes are given in pixels of the final 512 x 512 picture. Line work is drawn with skia at
`SCALE` times that size; soft shading is computed at 512 and enlarged, because it holds no detail.
Pictures under work are float32 [height, width, 3] in [0, 1], sRGB as the eye sees it; a mask or
an amount is float32 [height, width] in [0, 1]. Both sizes of picture occur.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast

import cv2
import numpy as np
import skia

from modules.avatar.art.curves import Points, polygon
from modules.messages import FRAME_SIZE, ByteArray, FloatArray

SCALE = 2
"""Line work is drawn twice as large, and so is the picture that the head motion samples."""
LARGE = FRAME_SIZE * SCALE

Pixels = TypeVar("Pixels", FloatArray, ByteArray)


def grid() -> tuple[FloatArray, FloatArray]:
    """Return x and y of every pixel centre, each float32 [512, 512]."""
    axis = np.arange(FRAME_SIZE, dtype=np.float32) + 0.5
    x, y = np.meshgrid(axis, axis)
    return x, y


def colour(code: str) -> FloatArray:
    """Turn "#rrggbb" into float32 [3] in [0, 1]."""
    value = int(code.lstrip("#"), 16)
    channels = [(value >> 16) & 255, (value >> 8) & 255, value & 255]
    return (np.array(channels) / 255).astype(np.float32)


def ramp(codes: Sequence[str], value: FloatArray) -> FloatArray:
    """Map values in [0, 1] through a row of colours, dark to light: float32 [..., 3]."""
    stops = np.stack([colour(code) for code in codes])
    at = np.linspace(0, 1, len(stops))
    fine = np.linspace(0, 1, 1024)
    table = np.stack([np.interp(fine, at, stops[:, k]) for k in range(3)], axis=1)
    index = np.clip(value * 1023 + 0.5, 0, 1023).astype(np.int32)
    return np.asarray(table.astype(np.float32)[index])


class Layer:
    """A transparent picture of `LARGE` x `LARGE` that skia draws on in 512-pixel coordinates."""

    def __init__(self) -> None:
        self.pixels: ByteArray = np.zeros((LARGE, LARGE, 4), np.uint8)
        info = skia.ImageInfo.Make(LARGE, LARGE, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
        self._surface = skia.Surface.MakeRasterDirect(info, self.pixels)
        self.canvas: skia.Canvas = self._surface.getCanvas()
        self.canvas.scale(SCALE, SCALE)


def mask(
    path: skia.Path, sigma: float = 0.0, stroke: float = 0.0, size: int = FRAME_SIZE
) -> FloatArray:
    """Return the coverage of a path, blurred by `sigma` pixels: float32 [size, size].

    With `stroke` its line is covered, that many pixels wide, instead of its inside.
    """
    pixels = np.zeros((size, size), np.uint8)
    info = skia.ImageInfo.Make(size, size, skia.kAlpha_8_ColorType, skia.kPremul_AlphaType)
    surface = skia.Surface.MakeRasterDirect(info, pixels)
    canvas = surface.getCanvas()
    canvas.scale(size / FRAME_SIZE, size / FRAME_SIZE)
    paint = skia.Paint(AntiAlias=True, Color=0xFFFFFFFF)
    if stroke:
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(stroke)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
    canvas.drawPath(path, paint)
    coverage = pixels.astype(np.float32) * np.float32(1 / 255)
    return soften(coverage, sigma * size / FRAME_SIZE) if sigma else coverage


def shape(points: Points, sigma: float = 0.3) -> FloatArray:
    """Return the coverage of a closed outline with crisp edges: float32 [LARGE, LARGE]."""
    return mask(polygon(points), sigma, size=LARGE)


def soften(picture: FloatArray, sigma: float) -> FloatArray:
    """Blur with a Gaussian of `sigma` array pixels."""
    return cast("FloatArray", cv2.GaussianBlur(picture, (0, 0), sigma))


def settled(picture: Pixels) -> Pixels:
    """Take out detail that only a picture twice as large can hold: [1, 2, 1] / 4 both ways.

    The head's motion samples the large picture at every second pixel. Without this, fine hair is
    crisp where a sample falls between pixels and noisy where it falls on one, and shimmers while
    the head moves (measured on hair: detail varies by 26 % without it, by 11 % with it).
    """
    kernel = np.array([0.25, 0.5, 0.25], np.float32)
    return cast("Pixels", cv2.sepFilter2D(picture, -1, kernel, kernel))


def moved(picture: FloatArray, dx: float, dy: float) -> FloatArray:
    """Shift an array by pixels of its own, repeating its edge."""
    shift = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    size = (picture.shape[1], picture.shape[0])
    result = cv2.warpAffine(picture, shift, size, borderMode=cv2.BORDER_REPLICATE)
    return cast("FloatArray", result)


def enlarge(picture: FloatArray) -> FloatArray:
    """Enlarge a 512-pixel picture of soft shading to `LARGE`."""
    large = cv2.resize(picture, (LARGE, LARGE), interpolation=cv2.INTER_LINEAR)
    return cast("FloatArray", large)


def reduce(picture: FloatArray) -> FloatArray:
    """Reduce a picture of `LARGE` to 512 pixels."""
    size = (FRAME_SIZE, FRAME_SIZE)
    return cast("FloatArray", cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def _where(amount: FloatArray) -> tuple[slice, slice]:
    # The box in which an amount can be seen at all: much of a picture is often none of it.
    seen = amount > 1 / 600
    rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def mix(picture: FloatArray, tint: FloatArray, amount: FloatArray) -> None:
    """Move `picture` towards `tint` (one colour, or a picture) by `amount`, in place."""
    box = _where(amount)
    towards = tint[box] if tint.ndim == 3 else tint
    picture[box] += (towards - picture[box]) * amount[box][..., None]


def multiply(picture: FloatArray, tint: FloatArray, amount: FloatArray) -> None:
    """Darken `picture` by `tint` where `amount` says, in place."""
    box = _where(amount)
    picture[box] *= 1 - (1 - tint) * amount[box][..., None]


def screen(picture: FloatArray, tint: FloatArray, amount: FloatArray) -> None:
    """Lighten `picture` by `tint` where `amount` says, in place."""
    box = _where(amount)
    picture[box] += (1 - picture[box]) * tint * amount[box][..., None]


def over(picture: FloatArray, pixels: ByteArray) -> None:
    """Lay premultiplied RGBA bytes over `picture` of the same size, in place."""
    rows = np.flatnonzero(pixels[..., 3].any(axis=1))
    if not rows.size:
        return
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    top = pixels[part].astype(np.float32) / 255
    picture[part] *= 1 - top[..., 3:]
    picture[part] += top[..., :3]
