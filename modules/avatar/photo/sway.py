"""How the whole portrait moves: head, brows, cheeks and breath as sums of smooth fields.

The head turns with depth (the nose goes farther than the ears); shoulders and collar stay, and far
from the head the background does. A field is given on a coarse grid and enlarged for `cv2.remap`;
only the box in which anything can move is drawn.
"""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.photo.arrays import NO_MAP, Array, ease
from modules.avatar.photo.outlines import At
from modules.avatar.photo.points import INDEX
from modules.avatar.rig.pose import Pose
from modules.messages import FRAME_SIZE

_CELL = 8
_NODES = FRAME_SIZE // _CELL + 2
_STILL = 0.05
"""Pixels that are no motion: a portrait that rests is the portrait, not a copy of it."""


class Sway:
    """The fields of one portrait. Immutable after it is made."""

    def __init__(self, points: Array) -> None:
        def at(name: str) -> Array:
            return np.asarray(points[INDEX[name]])

        node = (np.arange(_NODES, dtype=np.float32) + 0.5) * _CELL - _CELL
        self._x, self._y = np.meshgrid(node, node)
        left, right = at("left_iris"), at("right_iris")
        self._unit = float(np.hypot(*(right - left)))
        self._middle = (left + right) / 2
        self._chin = at("chin")
        u, (x, y) = self._unit, self._middle
        self._face = (
            slice(max(0, int(y - 0.95 * u)), min(FRAME_SIZE, int(self._chin[1] + 0.10 * u))),
            slice(max(0, int(x - 1.20 * u)), min(FRAME_SIZE, int(x + 1.20 * u))),
        )
        head = self._head()
        fields = [
            *self._turns(head), *self._brows(at), *self._cheeks(at), self._breath(head),
        ]  # fmt: skip
        stack = np.stack([np.stack(field, axis=-1) for field in fields]).astype(np.float32)
        self._fields = stack.reshape(len(fields), -1)
        self._still = np.stack([self._x, self._y], axis=-1).ravel()

    def draw(self, picture: Array, pose: Pose, out: Array) -> None:
        """Move a picture, uint8 [512, 512, 3], by a pose into `out`."""
        mouth = pose.mouth
        controls = np.array(
            [
                pose.yaw, pose.pitch, pose.roll, pose.brow, pose.inner, pose.frown, pose.cheek,
                mouth.corner, mouth.lift, pose.squint, max(0.0, pose.lid - 1), pose.breath,
            ],
            np.float32,
        )  # fmt: skip
        moved = controls @ self._fields
        out[:] = picture
        box = self._moving(moved)
        if box is None:
            return
        side = _NODES * _CELL
        places = (self._still - moved).reshape(_NODES, _NODES, 2)
        full = cv2.resize(places, (side, side))[_CELL:-_CELL, _CELL:-_CELL]
        # Cubic on the face, or its grain would come and go with the motion; that is five times as
        # dear, and hair and clothes do without.
        for part, how in ((box, cv2.INTER_LINEAR), (self._face, cv2.INTER_CUBIC)):
            out[part] = cv2.remap(picture, full[part], NO_MAP, how, borderMode=cv2.BORDER_REPLICATE)

    def _moving(self, moved: Array) -> tuple[slice, slice] | None:
        """Return the rows and columns of the picture in which anything moves, None for none."""
        there = (np.abs(moved) > _STILL).reshape(_NODES, _NODES, 2)
        rows, columns = np.flatnonzero(there.any((1, 2))), np.flatnonzero(there.any((0, 2)))
        if not len(rows):
            return None
        # A node stands for its cell and the next ones on both sides.
        ends = ((rows[0] - 2, rows[-1] + 1), (columns[0] - 2, columns[-1] + 1))
        first, second = (slice(max(0, a * _CELL), min(FRAME_SIZE, b * _CELL)) for a, b in ends)
        return first, second

    def _head(self) -> Array:
        u, chin = self._unit, float(self._chin[1])
        off = np.hypot(
            (self._x - self._middle[0]) / (1.95 * u), (self._y - chin + 1.85 * u) / (2.6 * u)
        )
        neck = 1 - ease((self._y - chin + 0.10 * u) / (0.95 * u))
        return np.asarray(ease((1.40 - off) / 0.62) * neck * ease((self._y + 8) / 40))

    def _bell(self, place: Array, wide: float, high: float) -> Array:
        x = (self._x - place[0]) / (wide * self._unit)
        y = (self._y - place[1]) / (high * self._unit)
        return np.asarray(np.exp(-0.5 * (x**2 + y**2)), np.float32)

    def _beside(self, place: Array, x: float, y: float) -> Array:
        return np.asarray(place + np.array([x, y]) * self._unit)

    def _turns(self, head: Array) -> list[tuple[Array, Array]]:
        zero, u = np.zeros_like(self._x), self._unit
        nose = self._bell(self._beside(self._middle, 0, 0.45), 0.7, 0.95)
        brow = self._bell(self._beside(self._middle, 0, 0.2), 0.8, 1.0)
        pivot = self._y - float(self._chin[1]) - 0.5 * u
        return [
            (head * (0.60 + 0.55 * nose), zero),
            (zero, head * (0.60 + 0.50 * brow)),
            (-pivot * head, (self._x - self._middle[0]) * head),
        ]

    def _brows(self, at: At) -> list[tuple[Array, Array]]:
        zero, u = np.zeros_like(self._x), self._unit
        raised = inner = drawn = zero
        for side, sign in (("left", -1), ("right", 1)):
            middle, near, far, lid = (
                at(f"{side}_{n}") for n in ("brow_middle", "brow_inner", "brow_outer", "eye_top")
            )
            # Whole on the brow, nothing at the lashes: the lid between them gives way.
            band = ease((lid[1] - 0.04 * u - self._y) / (0.20 * u))
            raised = raised - 0.060 * u * self._bell(middle, 0.36, 0.30) * band
            lift = 0.018 * self._bell(far, 0.18, 0.20) - 0.055 * self._bell(near, 0.17, 0.22)
            inner = inner + u * lift * band
            drawn = drawn - sign * 0.040 * u * self._bell(near, 0.16, 0.18)
        return [(zero, raised), (zero, inner), (drawn, zero)]

    def _cheeks(self, at: At) -> list[tuple[Array, Array]]:
        zero, u = np.zeros_like(self._x), self._unit
        cheek_x = cheek_y = corner_x = corner_y = lift = squint = wide = zero
        for side, sign in (("left", -1), ("right", 1)):
            corner, lower, upper = (
                at(f"{n}") for n in (f"mouth_{side}", f"{side}_eye_bottom", f"{side}_eye_top")
            )
            apple = np.array([lower[0] + sign * 0.05 * u, corner[1] - 0.5 * u])
            cheek = self._bell(apple, 0.25, 0.2)
            cheek_y = cheek_y - 0.030 * u * cheek
            cheek_x = cheek_x + sign * 0.008 * u * cheek
            pulled = self._bell(self._beside(corner, sign * 0.06, 0), 0.16, 0.20)
            corner_y = corner_y - 0.050 * u * pulled
            corner_x = corner_x + sign * 0.030 * u * pulled
            wing = np.array([self._middle[0] + sign * 0.17 * u, corner[1] - 0.42 * u])
            lift = lift - 0.026 * u * self._bell(wing, 0.14, 0.15)
            squint = squint - 0.030 * u * self._bell(self._beside(lower, 0, 0.03), 0.24, 0.06)
            wide = wide - 0.10 * u * self._bell(upper, 0.22, 0.07)
        lids = (zero, squint), (zero, wide)
        return [(cheek_x, cheek_y), (corner_x, corner_y), (zero, lift), *lids]

    def _breath(self, head: Array) -> tuple[Array, Array]:
        shoulders = ease((self._y - self._chin[1] - 0.3 * self._unit) / (0.9 * self._unit))
        wide = 0.0035 * (self._x - self._middle[0]) * shoulders
        return np.asarray(wide, np.float32), np.asarray(-1.4 * shoulders - 0.45 * head, np.float32)
