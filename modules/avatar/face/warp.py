"""How the painted picture moves: head, jaw, cheeks, brows and breath as sums of smooth fields.

A field says, on a coarse grid, how far the picture moves there when its control is at one. A
frame is the sum of all fields times their controls, enlarged to a map for `cv2.remap`.
"""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.art.canvas import SCALE, soften
from modules.avatar.art.hair import covered
from modules.avatar.art.scene import Look
from modules.avatar.rig.pose import Pose
from modules.messages import FRAME_SIZE, FloatArray

_CELL = 8
_NODES = FRAME_SIZE // _CELL + 2
"""One cell more on every side, so that enlarging never extrapolates inside the picture."""
JAW = 8.0
"""Pixels that the chin drops for a wide open mouth."""


def _ease(value: FloatArray) -> FloatArray:
    part = np.clip(value, 0, 1)
    return np.asarray(part * part * (3 - 2 * part), dtype=np.float32)


def _bell(x: FloatArray, y: FloatArray, width: float, height: float) -> FloatArray:
    return np.asarray(np.exp(-0.5 * ((x / width) ** 2 + (y / height) ** 2)), dtype=np.float32)


class HeadWarp:
    """Turns a pose into the map that samples the large picture. Immutable after it is made."""

    def __init__(self, look: Look) -> None:
        node = (np.arange(_NODES, dtype=np.float32) + 0.5) * _CELL - _CELL
        x, y = np.meshgrid(node, node)
        self._x, self._y = x - look.head.centre, y
        self._look = look
        chin = look.head.outline[-1][1]
        self._head = self._head_weight(chin)
        fields = [
            *self._head_fields(chin), *self._mouth_fields(chin), *self._brow_fields(),
            self._breath_field(chin),
        ]  # fmt: skip
        self._fields = np.stack([np.stack(field, axis=-1).ravel() for field in fields])
        self._still = np.stack([x, y], axis=-1).ravel()

    def map(self, pose: Pose, scale: int = 1) -> FloatArray:
        """Return where in the large picture each pixel comes from: float32 [size, size, 2].

        The size is 512 times `scale`.
        """
        mouth = pose.mouth
        controls = np.array(
            [
                pose.yaw, pose.pitch, pose.roll, mouth.jaw, mouth.round, mouth.width, pose.cheek,
                mouth.lift, pose.brow, pose.inner, pose.frown, pose.breath,
            ],
            dtype=np.float32,
        )  # fmt: skip
        places = self._still - controls @ self._fields
        places *= SCALE
        places -= 0.5
        cell = scale * _CELL
        side = _NODES * cell
        full = cv2.resize(places.reshape(_NODES, _NODES, 2), (side, side))
        inner: FloatArray = full[cell:-cell, cell:-cell]
        return inner

    def _head_weight(self, chin: float) -> FloatArray:
        distance = np.hypot(self._x / 160, (self._y - chin + 152) / 215)
        shoulders = 1 - _ease((self._y - chin + 22) / 92)
        # Above the hair only the soft background gives way, and the picture's edge stays put.
        return _ease((1.42 - distance) / 0.66) * shoulders * _ease((self._y + 12) / 44)

    def _head_fields(self, chin: float) -> list[tuple[FloatArray, FloatArray]]:
        zero = np.zeros_like(self._x)
        nose = _bell(self._x, self._y - chin + 118, 58, 78)
        brow = _bell(self._x, self._y - chin + 100, 66, 84)
        pivot = self._y - chin - 44
        return [
            (self._head * (0.60 + 0.55 * nose), zero),
            (zero, self._head * (0.60 + 0.50 * brow)),
            (-pivot * self._head, self._x * self._head),
        ]

    def _mouth_fields(self, chin: float) -> list[tuple[FloatArray, FloatArray]]:
        zero, lips = np.zeros_like(self._x), self._look.lips
        y = self._y - lips.y
        jaw = _ease((y - 6) / 36) * (1 - _ease((self._y - chin - 3) / 40))
        jaw = jaw * np.exp(-((np.abs(self._x) / 70) ** 4)) * JAW
        purse = drawn = cheek_x = cheek_y = lift = hollow = zero
        for side in (-1, 1):
            purse = purse - side * 3.0 * _bell(self._x - side * 33, y - 2, 15, 20)
            # Cheeks are drawn in by a falling jaw, and pushed out and up by spread lips.
            hollow = hollow - side * 1.7 * _bell(self._x - side * 64, y + 2, 17, 30)
            drawn = drawn + side * 1.4 * _bell(self._x - side * 36, y - 1, 15, 16)
            cheek = _bell(self._x - side * 47, y + 44, 20, 16)
            corner = _bell(self._x - side * 36, y + 4, 13, 16)
            cheek_y = cheek_y - 2.4 * cheek - 1.3 * corner
            cheek_x = cheek_x + side * (0.7 * cheek + 1.2 * corner)
            lift = lift - 1.9 * _bell(self._x - side * 15, y + 34, 11, 13)
        raised = 0.4 * cheek_y
        return [(hollow, jaw), (purse, zero), (drawn, raised), (cheek_x, cheek_y), (zero, lift)]

    def _brow_fields(self) -> list[tuple[FloatArray, FloatArray]]:
        zero, brows, eyes = np.zeros_like(self._x), self._look.brows, self._look.eyes
        y = self._y - brows.y
        # Still at the lid's fold, whole above the brow, gone before the hairline. A field says
        # where a place comes from, so the band must be wide enough for the skin not to fold.
        lid = np.clip(eyes.y - 1.2 * eyes.upper - 3 - brows.y, 10, 18)
        band = _ease((lid - y) / (lid + 7)) * _ease((y + 50) / 36) * self._skin()
        raised = inner = drawn = zero
        for side in (-1, 1):
            raised = raised - 6.4 * _bell(self._x - side * brows.apart, zero, 28, 1) * band
            near = _bell(self._x - side * (brows.apart - 21), zero, 12, 1)
            far = _bell(self._x - side * (brows.apart + 18), zero, 14, 1)
            inner = inner + (2.6 * far - 6.4 * near) * band
            drawn = drawn - side * 4.0 * _bell(self._x - side * 24, y, 13, 13)
        return [(zero, raised), (zero, inner), (drawn, zero)]

    def _skin(self) -> FloatArray:
        # One on skin, nothing on hair: brows slide under a fringe, they do not pull it along.
        hidden = soften(covered(self._look.hair), 5)
        x, y = self._x + self._look.head.centre, self._y
        at = cv2.remap(hidden, x - 0.5, y - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(np.clip(1 - 1.5 * at, 0, 1), np.float32)

    def _breath_field(self, chin: float) -> tuple[FloatArray, FloatArray]:
        shoulders = _ease((self._y - chin - 25) / 75)
        wide = 0.004 * self._x * shoulders
        return wide.astype(np.float32), -1.5 * shoulders - 0.5 * self._head
