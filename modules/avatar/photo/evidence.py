"""What a crop shows: darkness, redness and edges, looked up in a face's own coordinates.

Unit: the distance of the irises; origin: the middle between them; x to the right along the line of
the eyes, y down.
"""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.photo.arrays import NO_MAP, Array


class Evidence:
    """Smoothed maps of one crop, and its skin for comparison. Brightness runs 0 to 100 (CIELAB)."""

    def __init__(self, crop: Array, left: Array, right: Array) -> None:
        self.left, self.right = left, right
        axis = right - left
        self.unit = float(np.hypot(*axis))
        self._x, self._y = axis, np.array([-axis[1], axis[0]])
        self._origin = (left + right) / 2
        lab = cv2.cvtColor(crop.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        self.lab = cv2.GaussianBlur(lab, (0, 0), 0.010 * self.unit)
        self._soft = cv2.GaussianBlur(lab, (0, 0), 0.022 * self.unit)
        self.skin = self._skin()
        """Median L, a, b of the cheeks under the eyes."""

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return a place of the face in pixels of the crop."""
        px, py = self._origin + x * self._x + y * self._y
        return float(px), float(py)

    def local(self, pixel: Array) -> tuple[float, float]:
        """Return a pixel of the crop in the face's coordinates."""
        off = (pixel - self._origin) / self.unit**2
        return float(off @ self._x), float(off @ self._y)

    def sample(self, x: Array | float, y: Array | float, soft: bool = False) -> Array:
        """Return L, a, b at places of the face: float32 [..., 3]."""
        x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        where = self._origin + x[..., None] * self._x + y[..., None] * self._y
        flat = where.reshape(1, -1, 2).astype(np.float32)
        source = self._soft if soft else self.lab
        found = cv2.remap(source, flat, NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found.reshape(*x.shape, 3))

    def patch(self, x: Array, y: Array, soft: bool = False) -> Array:
        """Return L, a, b on a grid: float32 [len(y), len(x), 3]."""
        return self.sample(x[None, :], y[:, None], soft)

    def dark_at(self, x: float, rows: Array) -> Array:
        """Return how dark each row is at a column."""
        return np.asarray(-self.sample(x, rows, soft=True)[..., 0])

    def edge_down(self, x: float, rows: Array) -> Array:
        """Return how strongly the picture changes at each row of a column; darkening counts."""
        step = 0.03
        above, below = (self.sample(x, rows + s * step, soft=True) for s in (-1, 1))
        change = above - below
        colour = np.hypot(change[..., 1], change[..., 2])
        return np.asarray(np.maximum(change[..., 0], -0.5 * change[..., 0]) + 0.5 * colour)

    def edge_across(self, columns: Array, y: float, side: int) -> Array:
        """Return how strongly the picture leaves the skin's colour at each column."""
        step = 0.03 * side
        inner, outer = (self.sample(columns + s * step, y, soft=True) for s in (-1, 1))
        change = inner - outer
        return np.asarray(np.abs(change[..., 0]) + 0.7 * np.hypot(change[..., 1], change[..., 2]))

    def _skin(self) -> Array:
        x = np.concatenate([np.linspace(-0.62, -0.3, 12), np.linspace(0.3, 0.62, 12)])
        cheeks = self.patch(x, np.linspace(0.34, 0.62, 14)).reshape(-1, 3)
        return np.asarray(np.median(cheeks, axis=0))
