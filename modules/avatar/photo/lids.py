"""Blinks and looks of a portrait.

A lid that closes is not stretched skin, which would smear the lashes: it is a patch in the colours
of the lid, made once, that comes down behind a line of lashes. A look moves the iris within the
opening of the eye; its edge stays.
"""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.photo.arrays import Array, ease
from modules.avatar.photo.points import INDEX

_REACH = 2.6
"""Pixels that an iris is moved at most."""


class Eye:
    """One eye of a portrait. Immutable after it is made."""

    def __init__(self, rgb: Array, points: Array, side: str) -> None:
        def at(name: str) -> Array:
            return np.asarray(points[INDEX[f"{side}_{name}"]])

        corners = sorted((at("eye_outer"), at("eye_inner")), key=lambda p: float(p[0]))
        (x0, y0), (x1, y1) = corners
        # A little beyond both corners: what the lid must cover does not end at a point.
        wider = 0.07 * float(x1 - x0)
        x0, x1 = x0 - wider, x1 + wider
        top, bottom = at("eye_top"), at("eye_bottom")
        self._wide, self._tall = float(x1 - x0), float(bottom[1] - top[1])
        pad_x, up, down = 0.10 * self._wide, 0.75 * self._tall + 3, 0.35 * self._tall + 3
        self.left, self.right = int(x0 - pad_x), int(x1 + pad_x) + 2
        self.top, self.bottom = int(top[1] - up), int(max(bottom[1], y0, y1) + down)
        self._x = np.arange(self.left, self.right, dtype=np.float32)
        self._y = np.arange(self.top, self.bottom, dtype=np.float32)[:, None]
        base = np.interp(self._x, [x0, x1], [y0, y1]).astype(np.float32)
        self._upper = base + _bow(self._x, x0, x1, top) * (top[1] - _level(x0, y0, x1, y1, top))
        lower = _level(x0, y0, x1, y1, bottom)
        full = _bow(self._x, x0, x1, bottom) ** 0.7  # a lower lid is flatter in its middle
        self._lower = base + full * (bottom[1] - lower)
        self._across = (self._x - x0) / (x1 - x0)
        inside = np.minimum(self._across, 1 - self._across)
        self._ends = ease(inside / 0.10 + 0.55)
        self._box = rgb[self.top : self.bottom, self.left : self.right].astype(np.float32)
        self._lash = self._lash_colour()
        self._lid = self._lid_patch()
        self._iris = at("iris")
        self._free = self._opening()

    def look(self, picture: Array, x: float, y: float) -> None:
        """Move the iris right and down by pixels, in place."""
        if abs(x) < 0.05 and abs(y) < 0.05:
            return
        x, y = (float(np.clip(v, -_REACH, _REACH)) for v in (x, y))
        columns, rows = np.meshgrid(self._x - self.left, self._y[:, 0] - self.top)
        map_x = (columns - x * self._free).astype(np.float32)
        map_y = (rows - 0.7 * y * self._free).astype(np.float32)
        box = picture[self.top : self.bottom, self.left : self.right]
        box[:] = cv2.remap(
            np.ascontiguousarray(box), map_x, map_y, cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip

    def close(self, picture: Array, lid: float, squint: float) -> None:
        """Let the lid down to `lid` (1 as in the portrait, 0 shut), in place."""
        shut = float(np.clip(1 - lid, 0, 1))
        if shut < 0.02:
            return
        edge = self._upper + shut * (self._lower + 0.09 * self._tall - self._upper)
        box = picture[self.top : self.bottom, self.left : self.right].astype(np.float32)
        y = self._y
        # The lid covers from over the lashes, which come down with it, to its edge.
        above = self._upper - 0.17 * self._tall - 1.0
        cover = ease((y - above + 1.2) / 2.6) * np.clip((edge - y) / 1.3 + 0.5, 0, 1)
        cover *= self._ends[None] * min(1.0, shut / 0.12)
        box += (self._lid - box) * cover[..., None]
        thick = 0.8 + 0.5 * shut
        line = np.exp(-(((y - edge - 0.2) / thick) ** 2)) * self._ends * min(1.0, shut / 0.2)
        box += (self._lash - box) * (0.80 * line)[..., None]
        picture[self.top : self.bottom, self.left : self.right] = np.clip(box, 0, 255)

    def _lash_colour(self) -> Array:
        # Dark as the portrait's own lashes are, by the darkest tenth along the lid's edge.
        near = np.abs(self._y - self._upper) < 1.8
        near &= (self._across > 0.15) & (self._across < 0.85)
        seen = self._box[near]
        light = seen.mean(axis=1)
        return np.asarray(seen[light <= np.percentile(light, 20)].mean(axis=0), np.float32)

    def _lid_patch(self) -> Array:
        """Paint a closed lid: the skin between lashes and brow, shaded to be round."""
        skin = self._skin(self._upper - 0.34 * self._tall - 2)
        under = self._skin(self._lower + 0.16 * self._tall + 2)
        y = self._y
        down = np.clip((y - self._upper) / np.maximum(self._lower - self._upper, 2), 0, 1)
        share = ease(down)[..., None] * 0.55
        patch = skin[None] * (1 - share) + under[None] * share
        round_off = 1.03 - 0.16 * np.abs(down - 0.35) ** 1.5
        # The fold of the lid stays as a soft shade over where the lashes were.
        fold = 0.12 * np.exp(-(((y - self._upper + 0.12 * self._tall + 1) / 1.3) ** 2))
        patch = patch * (round_off * (1 - fold * self._ends))[..., None]
        return np.asarray(patch + self._grain(), np.float32)

    def _skin(self, row: Array) -> Array:
        """Return the colour along a line of skin, smoothed: [columns, 3]."""
        columns = (self._x - self.left)[None]
        colours = []
        for off in (-1.5, 0.0, 1.5):
            rows = np.clip(row - self.top + off, 0, len(self._box) - 1)[None].astype(np.float32)
            colours.append(cv2.remap(self._box, columns, rows, cv2.INTER_LINEAR)[0])
        line = np.median(colours, axis=0).astype(np.float32)
        width = 0.14 * self._wide
        return np.asarray(
            cv2.GaussianBlur(line[None], (0, 0), width, borderType=cv2.BORDER_REPLICATE)[0]
        )

    def _grain(self) -> Array:
        """Return noise as strong as that of the skin under the eye: smooth patches look pasted."""
        skin = self._box[-max(4, int(0.2 * len(self._box))) :]
        rough = skin - cv2.GaussianBlur(skin, (0, 0), 1.4)
        # By the smoother part of it: a lash or a wrinkle is no grain.
        level = min(4.0, 1.4 * float(np.percentile(np.abs(rough), 30)) / 0.385)
        random = np.random.default_rng(7)
        grain = random.normal(0, level, (*self._box.shape[:2], 1)).astype(np.float32)
        return np.asarray(cv2.GaussianBlur(grain, (0, 0), 0.6)[..., None], np.float32)

    def _opening(self) -> Array:
        """Return how freely each pixel follows the iris: 1 on it, 0 at the lids."""
        radius = 0.5 * max(self._tall, 0.42 * self._wide)
        off = np.hypot(self._x - self._iris[0], (self._y - self._iris[1]) * 0.9) / radius
        inside = np.minimum(self._y - self._upper, self._lower - self._y)
        return ease((1.75 - off) / 0.75) * ease((inside + 0.6) / 3.0)


def _level(x0: float, y0: float, x1: float, y1: float, at: Array) -> float:
    return float(np.interp(at[0], [x0, x1], [y0, y1]))


def _bow(x: Array, x0: float, x1: float, top: Array) -> Array:
    peak = float(np.clip(top[0], x0 + 0.25 * (x1 - x0), x1 - 0.25 * (x1 - x0)))
    half = np.where(x < peak, peak - x0, x1 - peak)
    t = np.clip(np.abs(x - peak) / half, 0, 1)
    return np.asarray((1 - t**2.2) ** 0.9, np.float32)
