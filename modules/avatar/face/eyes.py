"""The eyes: drawn over closed lids that the portrait already has.

The upper lid's edge falls from its open curve to the lower lid; what lies above the edge is the
painted skin of the lid, so a closed eye is as round and as well lit as the rest of the face. The
lid's fold stays almost where it is, and the lashes swing from up to down.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import cv2
import numpy as np
import skia

from modules.avatar.art.canvas import SCALE, settled
from modules.avatar.art.curves import polygon, profile
from modules.avatar.art.paints import Stop, fill, linear, stroke
from modules.avatar.art.parts import Eyes
from modules.avatar.face.inside import Box
from modules.avatar.face.iris import paint_iris
from modules.messages import ByteArray, FloatArray

_STEPS = 41
_U = np.linspace(-1, 1, _STEPS, dtype=np.float32)
"""Places along an eye: -1 is the inner corner, 1 the outer one."""
_LASHES = (
    (-0.5, 1.8), (-0.3, 2.3), (-0.1, 2.7), (0.1, 3.2), (0.29, 3.7), (0.46, 4.3), (0.62, 4.8),
    (0.77, 5.0), (0.9, 4.7),
)  # fmt: skip
_LOWER_LASHES = ((0.14, 1.3), (0.32, 1.5), (0.5, 1.8), (0.66, 1.9), (0.8, 1.8))
"""Place along the eye and length in pixels of each lash that is drawn."""
_WHITE: tuple[Stop, ...] = (("#b49c96", 1), ("#e6dad3", 1), ("#f3ebe4", 1), ("#e6d6ce", 1))
_LASH_LINE = (
    (-1, 0.25), (-0.75, 0.75), (-0.3, 1.35), (0.2, 1.8), (0.7, 2.05), (0.93, 1.7), (1, 1.0),
)  # fmt: skip
"""(place along the eye, thickness of the line that the lashes' roots make)."""


class EyeState(NamedTuple):
    """One eye: `lid` 0 (shut) to about 1.25 (wide), `squint` 0 to 1, the gaze in pixels."""

    lid: float = 1.0
    squint: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0


class _Lids(NamedTuple):
    """Edges of an eye as points float32 [steps, 2]."""

    upper: FloatArray
    lower: FloatArray
    fold: FloatArray


def _rising(edge: FloatArray) -> tuple[FloatArray, FloatArray]:
    # x and y of an edge with x rising, whichever side of the face it lies on.
    ordered = edge if edge[0, 0] < edge[-1, 0] else edge[::-1]
    return ordered[:, 0], ordered[:, 1]


class EyePainter:
    """Paints one eye over the skin of its box. Immutable after it is made."""

    def __init__(
        self, eyes: Eyes, centre: float, side: int, skin: ByteArray, lit: int, fine: bool = False
    ) -> None:
        self._eyes, self._side, self._lit, self._fine = eyes, side, lit, fine
        self._x, self._y = centre + side * eyes.apart, eyes.y
        reach = eyes.half_width + 9
        top, bottom = int((eyes.y - eyes.upper - 11) * SCALE), int((eyes.y + 16) * SCALE)
        left, right = int((self._x - reach) * SCALE), int((self._x + reach) * SCALE)
        self.box: Box = (top, bottom, left, right)
        self._skin = np.ascontiguousarray(
            cv2.cvtColor(skin[top:bottom, left:right], cv2.COLOR_RGB2RGBA)
        )
        plain = np.ascontiguousarray(skin[top:bottom, left:right])
        self._detail = plain.astype(np.int16) - settled(plain)
        self._upper = profile(eyes.upper_curve, _U)
        self._lower = profile(eyes.lower_curve, _U)
        self._fold = profile(eyes.fold, _U)
        self._iris = paint_iris(eyes)
        thickness = eyes.lash_line * np.interp(_U, *np.array(_LASH_LINE).T)
        self._thickness = thickness.astype(np.float32)

    def paint(self, state: EyeState) -> ByteArray:
        """Return the box with the eye in it: uint8 [height, width, 3]."""
        top, bottom, left, right = self.box
        pixels = self._skin.copy()
        info = skia.ImageInfo.Make(
            right - left, bottom - top, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType
        )
        surface = skia.Surface.MakeRasterDirect(info, pixels)
        canvas = surface.getCanvas()
        canvas.translate(-left, -top)
        canvas.scale(SCALE, SCALE)
        lids = self._lids(state)
        openness = min(1.0, state.lid)
        self._draw_fold(canvas, lids, openness)
        if openness > 0.04:
            self._draw_ball(canvas, lids, state)
        self._draw_lower_edge(canvas, lids, openness)
        self._draw_lashes(canvas, lids, openness)
        drawn = cast("ByteArray", cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB))
        if self._fine:
            return drawn
        # Settled is what was drawn; the skin around it is so already and keeps its detail.
        return cast("ByteArray", cv2.add(settled(drawn), self._detail, dtype=cv2.CV_8U))

    def _lids(self, state: EyeState) -> _Lids:
        eyes = self._eyes
        x = self._x + self._side * _U * eyes.half_width
        base = self._y - eyes.tilt * _U
        openness = min(1.0, state.lid)
        closing, middle = 1 - openness, 1 - _U**2
        # The lower lid comes up a little to meet the upper one, and both follow the gaze.
        raised = (1 - eyes.squint_rise * state.squint) * (1 - 0.16 * closing)
        lower = base + self._lower * eyes.lower * raised + 0.22 * state.gaze_y * middle * openness
        wide = base - self._upper * eyes.upper * max(1.0, state.lid)
        wide = wide + 0.55 * state.gaze_y * middle
        shut = base + self._lower * eyes.lower * 0.66 + 1.1 * middle
        shut = np.minimum(shut, lower + 0.4)
        # The edge keeps its arch until late: a straight one over half an iris looks drunk.
        share = openness ** (1 - 0.40 * middle)
        upper = np.minimum(shut + (wide - shut) * share, lower + 0.4)
        arch = np.clip(self._upper, 0, None) ** 0.8 * eyes.upper
        lifted = 1.6 * max(0.0, state.lid - 1)
        sunk = closing * (2.2 + 1.5 * middle) + 0.25 * state.gaze_y * middle
        fold = base - arch - self._fold + sunk - lifted + 0.8 * state.squint * middle
        return _Lids(*(np.stack([x, edge], axis=1) for edge in (upper, lower, fold)))

    def _draw_fold(self, canvas: skia.Canvas, lids: _Lids, openness: float) -> None:
        eyes = self._eyes
        lid = polygon(np.vstack([lids.fold[2:], lids.upper[:1:-1]]))
        canvas.drawPath(lid, fill(eyes.lid, 0.10 + 0.16 * openness, 2.6 - openness))
        fold = polygon(lids.fold[2:-1], closed=False)
        canvas.drawPath(fold, stroke(eyes.lid, 0.26 * openness + 0.10, 3.4, 2.2))
        strength = eyes.fold_amount * (0.25 + 0.75 * openness)
        canvas.drawPath(fold, stroke(eyes.fold_colour, 0.82 * strength, 1.35))

    def _draw_ball(self, canvas: skia.Canvas, lids: _Lids, state: EyeState) -> None:
        eyes, side, y = self._eyes, self._side, self._y
        canvas.save()
        canvas.clipPath(polygon(np.vstack([lids.upper, lids.lower[::-1]])), doAntiAlias=True)
        white = linear((0, y - eyes.upper), (0, y + eyes.lower), _WHITE, [0, 0.42, 0.72, 1])
        canvas.drawPaint(fill("#ffffff", 1, 0, white))
        inner, outer = self._x - side * eyes.half_width, self._x + side * eyes.half_width
        canvas.drawCircle(inner + side * 0.5, y + eyes.tilt + 1.5, 4.2, fill("#c8756a", 0.9, 1.2))
        canvas.drawCircle(outer, y - eyes.tilt, 6.5, fill("#9a6a60", 0.55, 2.4))
        down = y - 1.7 + state.gaze_y + 1.4 * (1 - min(1.0, state.lid))
        self._draw_iris(canvas, self._x + state.gaze_x - side * 0.5, down, lids)
        wet = polygon(lids.lower[4:-3], closed=False)
        canvas.drawPath(wet, stroke("#ffe9e0", 0.50, 1.6))
        canvas.restore()

    def _draw_iris(self, canvas: skia.Canvas, x: float, y: float, lids: _Lids) -> None:
        r, lit = self._eyes.iris, self._lit
        canvas.drawCircle(x, y, r + 0.2, fill("#20100c", 0.6, 0.8))
        sampling = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
        canvas.drawImageRect(self._iris, skia.Rect.MakeLTRB(x - r, y - r, x + r, y + r), sampling)
        canvas.drawPath(polygon(lids.upper, closed=False), stroke("#140808", 0.60, 7.0, 2.3))
        # The window's light lies below the lid's shadow, and goes out as the lid falls over it.
        edge = float(np.interp(x + 0.35 * lit * r, *_rising(lids.upper)))
        top = max(y - 0.56 * r, edge + 1.8)
        seen = float(np.clip((y + 0.5 * r - top) / (0.6 * r), 0, 1))
        left, high = x + (0.35 * lit - 0.23) * r, 0.42 * r * (0.4 + 0.6 * seen)
        light = skia.Rect.MakeXYWH(left, top, 0.46 * r, high)
        canvas.drawOval(light, fill("#ffffff", 0.95 * seen))
        canvas.drawCircle(x - 0.40 * lit * r, y + 0.44 * r, 0.12 * r, fill("#ffffff", 0.40 * seen))

    def _draw_lower_edge(self, canvas: skia.Canvas, lids: _Lids, openness: float) -> None:
        eyes, lower = self._eyes, lids.lower
        below = [np.array([0, down], np.float32) for down in (0.8, 1.0, 4.6)]
        rim = polygon(lower[3:] + below[0], closed=False)
        canvas.drawPath(rim, stroke(eyes.rim, 0.34, 1.4))
        shade = polygon(lower[12:] + below[1], closed=False)
        canvas.drawPath(shade, stroke("#4a2018", 0.24, 1.4))
        pouch = polygon(lower[6:-2] + below[2], closed=False)
        canvas.drawPath(pouch, stroke("#b06a58", 0.20, 1.6, 1.6))
        if openness < 0.2:
            return
        path = skia.Path()
        for place, length in _LOWER_LASHES:
            x, y = lower[int((place + 1) / 2 * (_STEPS - 1))]
            path.moveTo(x, y + 0.7)
            path.lineTo(x + self._side * length * (0.2 + 0.5 * place), y + 0.7 + length)
        canvas.drawPath(path, stroke("#2a1410", 0.24 * eyes.lashes / 0.6, 0.6))

    def _draw_lashes(self, canvas: skia.Canvas, lids: _Lids, openness: float) -> None:
        eyes, upper = self._eyes, lids.upper
        rise = np.zeros_like(upper)
        rise[:, 1] = self._thickness * (1.12 - 0.12 * openness)
        x, y = upper[-1]
        wing = np.array([[x + self._side * 3.4, y - 1.8 * openness + 0.9]], np.float32)
        band = np.vstack([upper - rise, wing, upper[::-1] + np.array([0, 0.35], np.float32)])
        ends = (float(upper[0, 0]), 0.0), (float(upper[_STEPS // 2, 0]), 0.0)
        dark = linear(*ends, [(eyes.lash, 0.5), (eyes.lash, 0.96)])
        if openness < 0.5:  # the soft shade of lashes that lie on the cheek
            shade = stroke(eyes.lid, 0.5 - openness, 3.2, 1.8)
            canvas.drawPath(polygon(upper[3:] + np.array([0, 1.6], np.float32), False), shade)
        canvas.drawPath(polygon(band), fill(eyes.lash, 1, 0, dark))
        path = skia.Path()
        for place, length in _LASHES:
            self._add_lash(path, upper, place, length, openness)
        canvas.drawPath(path, fill(eyes.lash, 0.95 * eyes.lashes))

    def _add_lash(
        self, path: skia.Path, upper: FloatArray, place: float, length: float, openness: float
    ) -> None:
        side = self._side
        x, y = upper[int((place + 1) / 2 * (_STEPS - 1))] - np.array([0, 0.6], np.float32)
        swing = 1.5 * openness - 0.5
        dx = side * length * (0.34 + 0.52 * max(place, -0.2))
        dy = -length * (0.74 - 0.30 * abs(place)) * swing + 0.34 * (1 - openness) * length
        path.moveTo(x - side * 0.8, y)
        path.quadTo(x + dx * 0.35, y + dy * 0.75 + 0.2, x + dx, y + dy)
        path.quadTo(x + dx * 0.45 + side * 0.35, y + dy * 0.6 + 0.5, x + side * 0.8, y + 0.3)
        path.close()
