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
from modules.avatar.face.blending import blend, darken
from modules.avatar.face.contours import Contours, LipShape, steepness
from modules.avatar.face.inside import Box, Inside
from modules.avatar.specification import WIDEST_SMILE, Folds, Mouth
from modules.messages import ByteArray, FloatArray

_WIDE, _HIGH = 128, 48
"""Columns of the lip texture, and rows of each lip in it."""
_REACH = (46, 38, 46)
"""How far the mouth's box reaches to the sides, upwards and downwards from its middle."""


def lip_texture(lips: Lips, lit: int) -> FloatArray:
    """Paint upper and lower lip, each from its outer to its inner edge: [2 * rows, columns, 3].

    `lit` is the side that the light comes from: -1 left, 1 right.
    """
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
    return np.vstack([top, low])[:, ::-lit]


def _faded_edge(height: int, width: int, over: int = 12) -> FloatArray:
    # One inside a box, falling to nothing at its edge, so that the box is never seen.
    down, across = (np.minimum(np.arange(n), n - 1 - np.arange(n)) / over for n in (height, width))
    return np.asarray(np.clip(np.minimum(down[:, None], across), 0, 1) ** 2, np.float32)


def _within(
    x: FloatArray, y: FloatArray, width: float, top: float | FloatArray, bottom: float | FloatArray
) -> FloatArray:
    """Return how far points lie inside an oval of two half heights, to first order."""
    height = np.where(y < 0, np.maximum(top, 0.3), np.maximum(bottom, 0.3)).astype(np.float32)
    across = np.ascontiguousarray(np.broadcast_to((x / width).astype(np.float32), height.shape))
    down = y / height
    size = cv2.magnitude(across, down)
    steep = cv2.magnitude(across * np.float32(1 / width), down / height)
    return np.asarray((1 - size) * size / (steep + np.float32(1e-3)), np.float32)


class MouthPainter:
    """Paints the mouth over the skin of its box. Immutable after it is made."""

    def __init__(
        self, lips: Lips, folds: Folds, smile: float, centre: float, skin: ByteArray, lit: int
    ) -> None:
        side, up, down = _REACH
        top, left = int((lips.y - up) * SCALE), int((centre - side) * SCALE)
        bottom, right = int((lips.y + down) * SCALE), int((centre + side) * SCALE)
        self.box: Box = (top, bottom, left, right)
        x, y = (np.arange(*ends) + 0.5 for ends in ((left, right), (top, bottom)))
        self._x: FloatArray = (x / SCALE - centre).astype(np.float32)
        self._y: FloatArray = (y / SCALE).astype(np.float32)[:, None]
        self._shape = LipShape(lips, self._x)
        self._inside = Inside(lips, centre, self.box)
        self._texture = np.round(lip_texture(lips, lit) * 255).astype(np.uint8)
        self._lips = lips
        self._line = colour(lips.line) * 255
        self._shadow = 1 - colour(lips.shadow)
        self._ground = skin[top:bottom, left:right].astype(np.float32)
        self._folds, self._fold, self._smile = folds, self._folded(folds, centre), smile

    def _folded(self, folds: Folds, centre: float) -> FloatArray:
        # What the deepest folds add to the skin: a soft dark line, and light on the cheek beside.
        scale = np.float32(self._lips.half_width / 28)
        fold = np.array(folds.points, np.float32) * scale
        edge = fold + np.array([5.0, -1.5], np.float32) * scale
        dark = self._paired(fold, 1.6, folds.blur, centre)
        wide = self._paired(fold + 0.4 * (edge - fold), 5.0, 2.2 * folds.blur, centre)
        light = self._paired(edge, 6.0, 2.0 * folds.blur, centre)
        # A crease is hard towards the lip and soft towards the cheek that hangs over it.
        skin, shade = self._ground, 0.9 * dark + 0.75 * wide
        deep = skin * (1 - colour(folds.dark)) * shade
        return np.asarray((255 - skin) * colour(folds.light) * (0.30 * light) - deep, np.float32)

    def _paired(self, points: FloatArray, width: float, blur: float, centre: float) -> FloatArray:
        top, bottom, left, right = self.box
        placed = points + np.array([centre, self._lips.y], np.float32)
        sides = (placed, mirrored(placed, centre))
        both = sum(mask(line(one), blur, width, LARGE) for one in sides)
        # It runs out softly at both ends.
        first, last = float(placed[0, 1]), float(placed[-1, 1])
        way = np.clip((self._y - first) / (last - first), 0, 1)
        inside = np.asarray(both)[top:bottom, left:right] * np.sin(np.pi * way**0.75)
        return np.asarray(inside * _faded_edge(bottom - top, right - left))[..., None]

    def _depth(self, mouth: Mouth) -> float:
        # How deep the folds are: the smile of the idle pose makes none.
        folds, left = self._folds, WIDEST_SMILE - self._smile
        smile = float(np.clip((mouth.corner - self._smile) / left, 0, 1))
        flat = 1 - mouth.round
        deep = folds.smile * smile
        deep += flat * (folds.spread * max(mouth.width, 0.0) + folds.open * mouth.open)
        return min(1.0, folds.rest * (1 - 0.5 * mouth.round) + deep + 0.25 * mouth.lift)

    def paint(self, mouth: Mouth) -> ByteArray:
        """Return the box with the mouth in it: uint8 [height, width, 3]."""
        skin = cast("FloatArray", cv2.scaleAdd(self._fold, self._depth(mouth), self._ground))
        result = skin.astype(np.uint8)
        contours = self._shape.contours(mouth)
        columns = self._columns(contours.half_width + 6)
        contours = contours._replace(
            **{
                name: getattr(contours, name)[columns]
                for name in ("upper_out", "upper_in", "middle", "lower_in", "lower_out")
            }
        )
        rows = self._rows(float(contours.upper_out.min()) - 3, float(contours.lower_out.max()) + 10)
        part = np.ascontiguousarray(skin[rows, columns])
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
        outer, inner = self._distances(contours, mouth.round, x, y)
        cover = np.clip(outer * 1.25 + 0.55, 0, 1)
        cover *= np.clip((contours.half_width - beside) * 1.2, 0, 0.97)
        lips = self._stretched(outer, inner, contours, mouth.round, x, y)
        blend(part, lips, cover)
        if contours.gap > 0.35:
            self._open(part, mouth, contours, inner, rows, columns)
        self._draw_line(part, contours, x, y)

    def _distances(
        self, contours: Contours, pursed: float, x: FloatArray, y: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return how far each pixel lies inside the lips' outline and outside their opening."""
        outer = np.minimum(
            (y - contours.upper_out) * steepness(contours.upper_out, 1 / SCALE),
            (contours.lower_out - y) * steepness(contours.lower_out, 1 / SCALE),
        )
        inner = np.maximum(
            (contours.upper_in - y) * steepness(contours.upper_in, 1 / SCALE),
            (y - contours.lower_in) * steepness(contours.lower_in, 1 / SCALE),
        )
        if pursed < 0.02:
            return outer, inner
        # Heights tell nothing about the sides of a ring; there the distance to an ellipse does.
        centre = len(x) // 2
        middle = contours.middle
        top, bottom = middle - contours.upper_out, contours.lower_out - middle
        ring = np.sqrt(np.maximum(1 - np.square(x / contours.half_width), 1e-3))
        round_outer = _within(x, y - middle, contours.half_width, top / ring, bottom / ring)
        up = float(middle[centre] - contours.upper_in[centre])
        down = float(contours.lower_in[centre] - middle[centre])
        round_inner = _within(x, y - middle, contours.inner, max(up, 0.4), max(down, 0.4))
        outer += (round_outer - outer) * np.float32(pursed)
        inner -= (inner + round_inner) * np.float32(pursed)
        return outer, inner

    def _stretched(
        self, outer: FloatArray, inner: FloatArray, contours: Contours, pursed: float,
        x: FloatArray, y: FloatArray,
    ) -> FloatArray:  # fmt: skip
        from_outer, to_inner = np.maximum(outer, 0), np.maximum(inner, 0)
        row = from_outer / (from_outer + to_inner + 1e-3) * np.float32(_HIGH - 1.01)
        column = (np.clip(x / contours.half_width, -1, 1) + 1) * ((_WIDE - 1) / 2)
        where = np.broadcast_to(column.astype(np.float32), row.shape)
        columns = np.ascontiguousarray(where)
        below = y - contours.middle
        if pursed < 0.02:
            row += (below >= 0) * np.float32(_HIGH)
            return cast("FloatArray", cv2.remap(self._texture, columns, row, cv2.INTER_LINEAR))
        # Beside the hole of a ring the upper lip goes over into the lower one without a line.
        upper = cv2.remap(self._texture, columns, row, cv2.INTER_LINEAR)
        lower = cv2.remap(self._texture, columns, row + _HIGH, cv2.INTER_LINEAR)
        mixed = upper.astype(np.float32)
        blend(mixed, lower, np.clip(0.5 + below / (0.5 + 9 * pursed), 0, 1))
        return mixed

    def _shade_skin(
        self, part: FloatArray, mouth: Mouth, contours: Contours, x: FloatArray, y: FloatArray
    ) -> None:
        # The shadow under the lower lip, and the small hollows at the corners.
        corner_y = float(contours.middle[0])
        first = max(0, int((corner_y - 7 - float(y[0, 0])) * SCALE))
        y, part = y[first:], part[first:]
        below = np.maximum(1 - np.square((y - contours.lower_out - 3.0) * (1 / 7.0)), 0)
        width = np.maximum(1 - (x / (contours.half_width * 0.74)) ** 2, 0)
        below *= below * ((0.40 + 0.20 * mouth.teeth) * width)[None]
        aside = np.exp(-(((np.abs(x) - contours.half_width - 0.6) / 3.0) ** 2))
        hollow = 0.16 + 0.13 * max(0.0, mouth.corner) + 0.10 * mouth.press
        height = np.exp(-(((y - corner_y) / 2.8) ** 2))
        below += (hollow * (1 - 0.6 * mouth.round)) * height * aside[None]
        darken(part, below, self._shadow)

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
        blend(area, inside, cover)

    def _draw_line(
        self, part: FloatArray, contours: Contours, x: FloatArray, y: FloatArray
    ) -> None:
        shut = 0.82 * min(1.0, max(0.0, 1 - contours.gap / 1.6))
        if shut <= 0:
            return
        ends = np.clip((contours.half_width - np.abs(x)) / 3, 0, 1) * shut
        near = np.clip(1 - np.square((y - contours.middle) / 1.25), 0, 1)
        blend(part, self._line, near * near * ends[None])
