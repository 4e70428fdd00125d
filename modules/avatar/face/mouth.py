"""The mouth: lips of one painted texture, stretched between their outlines.

The texture is painted once with its light, creases and shine; a state of the mouth only decides
where each point of it goes, so lips never flicker. For every pixel the share of the way from the
outer to the inner outline picks the row of the texture, its place between the corners the column.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from modules.avatar.art.canvas import LARGE, SCALE, colour, mask, ramp, screen
from modules.avatar.art.curves import line, mirrored
from modules.avatar.art.parts import Lips
from modules.avatar.face.contours import Contours, LipShape, steepness
from modules.avatar.face.inside import Box, Inside
from modules.avatar.specification import Mouth
from modules.messages import ByteArray, FloatArray

_WIDE, _HIGH = 128, 48
"""Columns of the lip texture, and rows of each lip in it."""
_REACH = (46, 30, 46)
"""How far the mouth's box reaches to the sides, upwards and downwards from its middle."""
SMILE_LEVELS = 8


def lip_texture(lips: Lips) -> FloatArray:
    """Paint upper and lower lip, each from its outer to its inner edge: [2 * rows, columns, 3]."""
    random = np.random.default_rng(lips.seed)
    u = np.linspace(-1, 1, _WIDE, dtype=np.float32)[None]
    v = np.linspace(0, 1, _HIGH, dtype=np.float32)[:, None]
    noise = random.normal(0, 1, (_HIGH, _WIDE)).astype(np.float32)
    creases = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.9, sigmaY=7)
    creases = np.asarray(creases / np.std(creases), np.float32)
    full = 4 * v * (1 - v)
    light = 1 - 0.10 * u
    upper = 0.40 + 0.20 * np.exp(-(((v - 0.12) / 0.22) ** 2)) - 0.26 * v**2.2
    lower = 0.36 + 0.26 * np.exp(-(((v - 0.52) / 0.26) ** 2)) - 0.10 * (1 - v) ** 2
    lower = lower - 0.24 * np.clip((v - 0.72) / 0.28, 0, 1) ** 1.4
    top = ramp(lips.ramp, np.clip(upper * light + 0.016 * creases * full, 0, 1))
    low = ramp(lips.ramp, np.clip(lower * light + 0.020 * creases * full, 0, 1))
    white = colour("#fff2ec")
    broken = np.clip(0.75 + 0.30 * creases, 0, 1.4)
    main = np.exp(-(((u + 0.18) / 0.30) ** 2) - ((v - 0.50) / 0.13) ** 2) * broken
    screen(low, white, (lips.shine * main).astype(np.float32))
    second = np.exp(-(((u - 0.42) / 0.14) ** 2) - ((v - 0.50) / 0.11) ** 2)
    screen(low, white, (0.3 * lips.shine * second).astype(np.float32))
    bow = np.exp(-(((u + 0.16) / 0.10) ** 2) - ((v - 0.10) / 0.10) ** 2)
    bow = bow + 0.6 * np.exp(-(((u - 0.20) / 0.10) ** 2) - ((v - 0.10) / 0.10) ** 2)
    screen(top, white, (0.5 * lips.shine * bow).astype(np.float32))
    return np.vstack([top, low])


def _faded_edge(height: int, width: int, over: int = 12) -> FloatArray:
    # One inside a box, falling to nothing at its edge, so that the box is never seen.
    down, across = (np.minimum(np.arange(n), n - 1 - np.arange(n)) / over for n in (height, width))
    return np.asarray(np.clip(np.minimum(down[:, None], across), 0, 1), np.float32)


class MouthPainter:
    """Paints the mouth over the skin of its box. Immutable after it is made."""

    def __init__(self, lips: Lips, centre: float, skin: ByteArray) -> None:
        side, up, down = _REACH
        top, left = int((lips.y - up) * SCALE), int((centre - side) * SCALE)
        bottom, right = int((lips.y + down) * SCALE), int((centre + side) * SCALE)
        self.box: Box = (top, bottom, left, right)
        x, y = (np.arange(*ends) + 0.5 for ends in ((left, right), (top, bottom)))
        self._x: FloatArray = (x / SCALE - centre).astype(np.float32)
        self._y: FloatArray = (y / SCALE).astype(np.float32)[:, None]
        self._shape = LipShape(lips, self._x)
        self._inside = Inside(lips, centre, self.box)
        self._texture = np.round(lip_texture(lips) * 255).astype(np.uint8)
        self._lips = lips
        self._line = colour(lips.line) * 255
        self._shadow = 1 - colour(lips.shadow)
        self._grounds = self._smiling(skin[top:bottom, left:right], lips, centre)

    def _smiling(self, skin: ByteArray, lips: Lips, centre: float) -> list[ByteArray]:
        # The skin round the mouth, with deeper and deeper folds from the nose to the corners.
        top, bottom, left, right = self.box
        fold = np.array([(22.5, -26), (28.5, -20), (33.5, -11), (36, -3)], np.float32)
        fold += np.array([centre, lips.y], np.float32)
        both = [mask(line(one), 2.4, 2.0, LARGE) for one in (fold, mirrored(fold, centre))]
        dark = (both[0] + both[1])[top:bottom, left:right] * _faded_edge(bottom - top, right - left)
        levels = np.linspace(0, 0.42, SMILE_LEVELS + 1)
        tint = 1 - colour("#b8705c")
        return [(skin * (1 - level * dark[..., None] * tint)).astype(np.uint8) for level in levels]

    def paint(self, mouth: Mouth) -> ByteArray:
        """Return the box with the mouth in it: uint8 [height, width, 3]."""
        smile = round(SMILE_LEVELS * float(np.clip(mouth.corner * 1.5 - 0.8, 0, 1)))
        result = self._grounds[smile].copy()
        contours = self._shape.contours(mouth)
        columns = self._columns(contours.half_width + 6)
        contours = contours._replace(
            **{
                name: getattr(contours, name)[columns]
                for name in ("upper_out", "upper_in", "middle", "lower_in", "lower_out")
            }
        )
        rows = self._rows(float(contours.upper_out.min()) - 3, float(contours.lower_out.max()) + 10)
        part = result[rows, columns].astype(np.float32)
        self._paint_part(part, mouth, contours, rows, columns)
        result[rows, columns] = part
        return result

    def _columns(self, reach: float) -> slice:
        middle = len(self._x) // 2
        half = min(middle, int(reach * SCALE))
        return slice(middle - half, middle + half)

    def _rows(self, first: float, last: float) -> slice:
        top = self._y[0, 0]
        start = max(0, int((first - top) * SCALE))
        return slice(start, min(len(self._y), int((last - top) * SCALE) + 1))

    def _paint_part(
        self, part: FloatArray, mouth: Mouth, contours: Contours, rows: slice, columns: slice
    ) -> None:
        x, y = self._x[columns], self._y[rows]
        beside = np.abs(x)
        self._shade_skin(part, mouth, contours, x, y)
        outer = np.minimum(
            (y - contours.upper_out) * steepness(contours.upper_out, 1 / SCALE),
            (contours.lower_out - y) * steepness(contours.lower_out, 1 / SCALE),
        )
        inner = np.maximum(
            (contours.upper_in - y) * steepness(contours.upper_in, 1 / SCALE),
            (y - contours.lower_in) * steepness(contours.lower_in, 1 / SCALE),
        )
        cover = np.clip(outer * 1.25 + 0.55, 0, 1)
        cover *= np.clip((contours.half_width - beside) * 1.2, 0, 0.97)
        lips = self._stretched(outer, inner, contours, mouth.round, x, y)
        part += (lips - part) * cover[..., None]
        if contours.gap > 0.35:
            self._open(part, mouth, contours, inner, rows, columns)
        self._draw_line(part, contours, x, y)

    def _stretched(
        self, outer: FloatArray, inner: FloatArray, contours: Contours, pursed: float,
        x: FloatArray, y: FloatArray,
    ) -> ByteArray:  # fmt: skip
        # Where the lips meet beside the opening, the distance to its corner counts too.
        to_inner = np.maximum(inner, 0)
        if pursed > 0.02:
            aside = (np.maximum(np.abs(x) - contours.inner, 0) * pursed).astype(np.float32)
            wide = np.ascontiguousarray(np.broadcast_to(aside, inner.shape))
            to_inner = cast("FloatArray", cv2.magnitude(to_inner, wide))
        from_outer = np.maximum(outer, 0)
        share = from_outer / (from_outer + to_inner + 1e-3)
        row = share * (_HIGH - 1.01) + (y >= contours.middle) * np.float32(_HIGH)
        column = (np.clip(x / contours.half_width, -1, 1) + 1) * ((_WIDE - 1) / 2)
        where = np.broadcast_to(column.astype(np.float32), row.shape)
        columns = np.ascontiguousarray(where)
        stretched = cv2.remap(self._texture, columns, row.astype(np.float32), cv2.INTER_LINEAR)
        return cast("ByteArray", stretched)

    def _shade_skin(
        self, part: FloatArray, mouth: Mouth, contours: Contours, x: FloatArray, y: FloatArray
    ) -> None:
        # The shadow under the lower lip, and the small hollows at the corners.
        corner_y = float(contours.middle[0])
        first = max(0, int((corner_y - 7 - float(y[0, 0])) * SCALE))
        y, part = y[first:], part[first:]
        below = np.maximum(1 - np.square((y - contours.lower_out - 3.0) * (1 / 7.0)), 0)
        width = np.maximum(1 - (x / (contours.half_width * 0.74)) ** 2, 0)
        below *= below * (0.40 * width)[None]
        aside = np.exp(-(((np.abs(x) - contours.half_width - 0.4) / 2.2) ** 2))
        hollow = 0.24 + 0.16 * max(0.0, mouth.corner) + 0.12 * mouth.press
        height = np.exp(-(((y - corner_y) / 2.2) ** 2))
        below += (hollow * (1 - 0.6 * mouth.round)) * height * aside[None]
        part *= 1 - below[..., None] * self._shadow

    def _open(
        self, part: FloatArray, mouth: Mouth, contours: Contours, inner: FloatArray, rows: slice,
        columns: slice,
    ) -> None:  # fmt: skip
        x, y = self._x[columns], self._y[rows]
        first = max(0, int((float(contours.upper_in.min()) - float(y[0, 0])) * SCALE) - 2)
        last = int((float(contours.lower_in.max()) - float(y[0, 0])) * SCALE) + 3
        half = min(len(x) // 2, int(contours.inner * SCALE) + 1)
        across = slice(len(x) // 2 - half, len(x) // 2 + half)
        down = slice(first, min(last, len(y)))
        cut = contours._replace(upper_in=contours.upper_in[across])
        within = slice(rows.start + down.start, rows.start + down.stop)
        beside = slice(columns.start + across.start, columns.start + across.stop)
        inside = self._inside.paint(mouth, cut, within, beside, x[across], y[down])
        cover = np.clip(0.5 - 1.8 * inner[down, across], 0, 1)
        cover *= (np.abs(x[across]) < contours.inner)[None]
        area = part[down, across]
        area += (inside - area) * cover[..., None]

    def _draw_line(
        self, part: FloatArray, contours: Contours, x: FloatArray, y: FloatArray
    ) -> None:
        shut = 0.82 * min(1.0, max(0.0, 1 - contours.gap / 1.6))
        if shut <= 0:
            return
        ends = np.clip((contours.half_width - np.abs(x)) / 3, 0, 1) * shut
        near = np.clip(1 - np.square((y - contours.middle) / 1.25), 0, 1)
        part += (self._line - part) * (near * near * ends[None])[..., None]
