"""Where the lips, the jaw and the skin about them go: one map for `cv2.remap` per frame.

Every outline is a height per column. A state of the mouth gives each outline a displacement; what
lies between two outlines is stretched evenly. The map says for each pixel of a box about the mouth
where in the portrait it comes from; with a mouth at rest it is the identity, exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from modules.avatar.photo.arrays import Array, ease
from modules.avatar.photo.outlines import Outlines
from modules.avatar.specification import Mouth

OPEN = 0.235
"""How far the lips part for a wide open mouth, in iris distances: 0.09 of the height of a face.
More than 0.125 of it looks dislocated."""
_UP = 0.16
"""The upper lip's share of the opening."""
_JAW = 0.17
_NECK = 0.26
"""Skin below the chin that gives way to the jaw; collars and scarves below it lie still."""
_CALM = 0.80
"""Width of a mouth at rest, in iris distances. One that smiles is wider."""


class Lips(NamedTuple):
    """A moved mouth on the grid of its box: where each pixel comes from, and the inner edges.

    `x`, `y` float32 [rows, columns]: the source in pixels of the portrait. `upper` and `lower`
    [columns]: the inner edges of the lips as they are now; `depth` [columns]: 1 where the mouth is
    widest open, 0 from its inner corners on; `across` [columns]: as of `Outlines`. `active`: how
    far the mouth has left the portrait's own pose.
    """

    x: Array
    y: Array
    upper: Array
    lower: Array
    depth: Array
    across: Array
    active: float


class LipWarp:
    """The mouth of one portrait. Immutable after it is made."""

    def __init__(self, outlines: Outlines) -> None:
        self._o = o = outlines
        self._unit = u = o.unit
        self.left, self.right = o.columns
        self.top = int(o.nose - 0.02 * u)
        self.bottom = min(511, int(o.chin + (_NECK + 0.03) * u))
        self._column = np.arange(self.left, self.right, dtype=np.float32)
        self._row = np.arange(self.top, self.bottom, dtype=np.float32)[:, None]
        self._grid = np.meshgrid(self._column, self._row[:, 0])
        t = np.abs(o.across)
        self._depth = np.clip(1 - (t / o.inner) ** 2, 0, 1).astype(np.float32) ** 0.7
        aside = np.maximum(t - 1, 0)
        self._corner = np.where(t < 1, t**2, np.exp(-((aside / 0.5) ** 2))).astype(np.float32)
        self._jaw = ease((1.30 - np.abs(self._column - o.middle) / (0.80 * u)) / 0.9)
        edge = np.minimum(self._column - self.left, self.right - 1 - self._column)
        self._edge = ease(edge / (0.16 * u))
        self._smile = max(0.0, o.sag - 0.02)
        self._excess = max(0.0, o.width - _CALM)

    def move(self, mouth: Mouth) -> Lips:
        """Return the map of a state of the mouth."""
        o, u = self._o, self._unit
        spoken = max(mouth.open / 0.10, mouth.round / 0.25, mouth.press / 0.35, mouth.teeth / 0.35)
        active = float(ease(float(spoken)))
        scale, corner = self._reach(mouth, active)
        shut = active * (o.meet - o.upper_in), active * (o.meet - o.lower_in)
        gap = u * OPEN * mouth.open * (1 - 0.30 * mouth.round) * self._depth
        raised = _UP * gap + (0.045 * mouth.teeth + 0.035 * mouth.lift) * u * self._depth
        dropped = (1 - _UP) * gap - 0.012 * mouth.teeth * u * self._depth
        jaw = (u * _JAW * max(mouth.jaw, 0.55 * mouth.open)) * self._jaw * self._edge
        shift = corner + 0.30 * jaw * np.minimum(np.abs(o.across), 1) ** 2
        upper_in, lower_in = shut[0] - raised + shift, shut[1] + dropped + shift
        thin = 0.26 * mouth.press + 0.05 * mouth.open
        thick = 0.10 * mouth.round
        upper = upper_in + (thin - thick) * (o.upper_in - o.upper_out)
        lower = lower_in - (thin - thick) * (o.lower_out - o.lower_in)
        moves = (0, 0.9 * upper, upper_in, lower_in, lower, np.maximum(jaw, 0.3 * lower), 0)
        y = self._inverse(moves)
        return self._spread(y, upper_in + o.upper_in, lower_in + o.lower_in, scale, active)

    def _reach(self, mouth: Mouth, active: float) -> tuple[float, Array]:
        """Return by how much the mouth is widened, and how far its corners go down [columns]."""
        # A portrait that smiles has to give up its smile before it can say o.
        calm = active * max(mouth.round, 0.35 * mouth.press)
        excess = self._excess * max(calm, 0.4 * active * (1 - max(0.0, mouth.width)))
        widened = 0.085 * mouth.width + 0.05 * max(0.0, mouth.corner) - 0.26 * mouth.round
        scale = (1 + widened) * (1 - excess / self._o.width)
        down = 0.8 * self._smile * calm - 0.050 * mouth.corner + 0.03 * mouth.round
        return float(scale), self._corner * np.float32(down * self._unit) * self._edge

    def _inverse(self, moves: tuple[Array | float, ...]) -> Array:
        """Return the source row of every pixel: piecewise linear between the moved outlines."""
        o = self._o
        source = (
            np.float32(self.top), o.upper_out, o.upper_in, o.lower_in, o.lower_out, o.jaw, o.neck,
        )  # fmt: skip
        target, last = [], np.full_like(self._column, self.top - 1)
        for outline, move in zip(source, moves, strict=True):
            last = np.maximum(outline + move, last + 0.02)
            target.append(last)
        rows = np.broadcast_to(source[0], self._grid[1].shape).astype(np.float32)
        rows += np.minimum(self._row - target[0], 0)
        for k in range(len(source) - 1):
            length = target[k + 1] - target[k]
            slope = ((source[k + 1] - source[k]) / length).astype(np.float32)
            rows += np.clip(self._row - target[k], 0, length) * slope
        rows += np.maximum(self._row - target[-1], 0)
        return rows

    def _spread(self, y: Array, upper: Array, lower: Array, scale: float, active: float) -> Lips:
        x = self._grid[0]
        if abs(scale - 1) < 1e-3:
            return Lips(x, y, upper, lower, self._depth, self._o.across, active)
        o, u = self._o, self._unit
        middle = float(0.5 * (upper + lower)[len(upper) // 2])
        high = np.maximum(np.abs(self._row - middle) - 0.14 * u, 0) / (0.20 * u)
        share = np.exp(-(high**2)) * np.clip((self._row - self.top) / (0.10 * u), 0, 1)
        # As far as the corner is now everything is scaled; from there the cheek gives way.
        away = self._column - o.middle
        corner = 0.5 * o.width * u * min(scale, 1.0)
        give = ease((0.80 * u - np.abs(away)) / (0.80 * u - corner))
        pulled = np.clip(away, -corner, corner) * np.float32(1 / scale - 1) * give * self._edge
        moved = pulled[None] * share
        columns = (x + moved - self.left).astype(np.float32)
        rows = self._grid[1] - self.top
        edge = cv2.BORDER_REPLICATE
        y = cv2.remap(y, columns, rows, cv2.INTER_LINEAR, borderMode=edge)
        row = min(max(int(middle) - self.top, 0), len(columns) - 1)
        at = np.clip(columns[row], 0, len(self._column) - 1)
        index = np.arange(len(self._column), dtype=np.float32)
        upper, lower, depth, across = (
            np.interp(at, index, v) for v in (upper, lower, self._depth, o.across)
        )
        return Lips(x + moved, y, upper, lower, depth, across, active)
