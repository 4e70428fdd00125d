"""The outlines of a portrait's mouth and jaw, as heights per column, from its points."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from modules.avatar.photo.arrays import Array, ease
from modules.avatar.photo.mouth import trace
from modules.avatar.photo.points import INDEX

_UPPER = ((0, 0.2, 0.34, 0.58, 0.82, 1.0), (0.94, 1.0, 0.95, 0.68, 0.32, 0.0))
_LOWER = ((0, 0.3, 0.55, 0.8, 1.0), (1.0, 0.97, 0.80, 0.42, 0.0))
_OPEN = 1.6
"""Pixels between the lips from which a portrait counts as one with its mouth open."""


At = Callable[[str], Array]
"""Tells where a point is, by its name."""


class Outlines:
    """Heights [columns] of a mouth and a jaw in pixels of the portrait.

    `across` runs from -1 at the left corner of the mouth over 0 to 1 at the right one and on.
    `width` and `sag` are the width of the mouth and how far its line hangs below its corners, in
    iris distances: both are large where the portrait smiles. `meet` is where the lips close.
    """

    def __init__(self, rgb: Array, points: Array) -> None:
        def at(name: str) -> Array:
            return np.asarray(points[INDEX[name]])

        self.unit = u = float(np.hypot(*(at("right_iris") - at("left_iris"))))
        left, right = at("mouth_left"), at("mouth_right")
        upper, lower = at("upper_lip_inner"), at("lower_lip_inner")
        self.middle = float(np.clip(upper[0], left[0] + 0.2 * u, right[0] - 0.2 * u))
        self.nose, self.chin = float(at("nose_base")[1]), float(at("chin")[1])
        self.width = float(right[0] - left[0]) / u
        first = max(2, int(min(at("jaw_left")[0], left[0] - 0.3 * u) - 0.06 * u))
        last = min(510, int(max(at("jaw_right")[0], right[0] + 0.3 * u) + 0.06 * u))
        self.columns = first, last
        x = np.arange(first, last, dtype=np.float32)
        halves = np.where(x < self.middle, self.middle - left[0], right[0] - self.middle)
        self.across = ((x - self.middle) / halves).astype(np.float32)
        t = np.abs(self.across)
        base = np.interp(x, [left[0], right[0]], [left[1], right[1]]).astype(np.float32)
        self.open = float(lower[1] - upper[1]) > _OPEN
        self.inner = 0.94 if self.open else 0.90
        self.upper_in, self.lower_in = self._inner(rgb, x, base, float(upper[1]), float(lower[1]))
        level = float(np.interp(self.middle, x, base))
        self.sag = (0.5 * (float(upper[1]) + float(lower[1])) - level) / u
        high = np.interp(t, *_UPPER).astype(np.float32)
        low = np.interp(t, *_LOWER).astype(np.float32)
        self.upper_out = base + (float(at("upper_lip_outer")[1]) - level) * high
        self.lower_out = base + (float(at("lower_lip_outer")[1]) - level) * low
        self.upper_out = np.minimum(self.upper_out, self.upper_in - 0.4)
        self.lower_out = np.maximum(self.lower_out, self.lower_in + 0.4)
        self.meet = 0.55 * self.upper_in + 0.45 * self.lower_in
        self.jaw = np.maximum(self._jaw(x, at), self.lower_out + 0.05 * u)
        self.neck = np.minimum(self.jaw + 0.26 * u, np.float32(self.chin + 0.26 * u))
        self.neck = np.maximum(self.neck, self.jaw + 0.10 * u).astype(np.float32)

    def _inner(
        self, rgb: Array, x: Array, base: Array, upper: float, lower: float
    ) -> tuple[Array, Array]:
        bow = np.clip(1 - (np.abs(self.across)) ** 2, 0, 1).astype(np.float32)
        level = float(np.interp(self.middle, x, base))
        if self.open:
            return (
                self._followed(rgb, x, base + (upper - level) * bow, 1),
                self._followed(rgb, x, base + (lower - level) * bow, -1),
            )
        line = base + (0.5 * (upper + lower) - level) * bow
        traced = self._traced(rgb, x, line)
        return traced, traced.copy()

    def _traced(self, rgb: Array, x: Array, line: Array) -> Array:
        """Follow the dark line between closed lips: it must be cut there and nowhere else."""
        reach = np.arange(-0.07, 0.0701, 0.5 / self.unit) * self.unit
        rows = (line[None] + reach[:, None]).astype(np.float32)
        columns = np.broadcast_to(x, rows.shape).astype(np.float32)
        grey = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (0, 0), 0.8)
        seen = cv2.remap(grey, columns, rows, cv2.INTER_LINEAR).astype(np.float32)
        dark = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((15, 1), np.uint8)) - seen
        within = ease((1.0 - np.abs(self.across)) / 0.12)
        off = trace(dark * within[None], 0.0, reach / self.unit) * self.unit
        return np.asarray(line + off * within, np.float32)

    def _followed(self, rgb: Array, x: Array, line: Array, below: int) -> Array:
        """Follow the edge where red lip ends and teeth or dark begin, below it (1) or above."""
        reach = np.arange(-0.06, 0.0601, 0.5 / self.unit) * self.unit
        rows = (line[None] + reach[:, None]).astype(np.float32)
        columns = np.broadcast_to(x, rows.shape).astype(np.float32)
        lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        red = cv2.GaussianBlur(lab[..., 1], (0, 0), 0.9)
        inside, lip = (
            cv2.remap(red, columns, rows + s * below * np.float32(1.5), cv2.INTER_LINEAR)
            for s in (1, -1)
        )
        within = ease((0.97 - np.abs(self.across)) / 0.12)
        clear = np.clip(lip - inside, 0, 20)
        off = trace(clear * within[None], 0.0, reach / self.unit) * self.unit
        return np.asarray(line + off * within, np.float32)

    def _jaw(self, x: Array, at: At) -> Array:
        left, right, chin = (at(n) for n in ("jaw_left", "jaw_right", "chin"))
        middle = float(chin[0])
        half = np.where(x < middle, middle - left[0], right[0] - middle)
        side = np.interp(x, [left[0], middle, right[0]], [left[1], left[1], right[1]])
        s = np.minimum(np.abs(x - middle) / np.maximum(half, 1), 1)
        return np.asarray(side + (chin[1] - side) * (1 - s**2.6) ** (1 / 2.2), np.float32)
