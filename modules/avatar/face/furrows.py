"""Wrinkles that deepen as the face moves: a raised brow, a frown, a squint, a lifted cheek.

The skin round them is prepared for a few depths, so that a frame only copies a small box when the
depth changes. The boxes keep clear of those of eyes and mouth, which are drawn anew themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np

from modules.avatar.art.canvas import LARGE, SCALE, colour
from modules.avatar.art.parts import Control, Skin, Wrinkle
from modules.avatar.art.wrinkles import cover
from modules.avatar.face.inside import Box
from modules.avatar.rig.pose import Pose
from modules.messages import ByteArray, FloatArray

LEVELS = 8
"""Depths between the idle pose and the deepest."""
_MARGIN = 4.0
"""Pixels round the lines that belong to a box."""
_FADE = 6
"""Pixels of the large picture over which lines fade at the edge of their box."""


def _bounds(wrinkles: Sequence[Wrinkle], centre: float) -> Box:
    points = np.vstack([np.array(wrinkle.points) for wrinkle in wrinkles])
    x = centre + points[:, 0]
    edges = (
        points[:, 1].min() - _MARGIN, points[:, 1].max() + _MARGIN, x.min() - _MARGIN,
        x.max() + _MARGIN,
    )  # fmt: skip
    top, bottom, left, right = (int(np.clip(round(SCALE * edge), 0, LARGE)) for edge in edges)
    return top, bottom, left, right


def _overlap(one: Box, other: Box) -> bool:
    down = one[0] < other[1] and other[0] < one[1]
    return down and one[2] < other[3] and other[2] < one[3]


def clear_of(box: Box, taken: Sequence[Box]) -> Box:
    """Return a box cut back, where it costs least, until it overlaps none of those taken."""
    for other in taken:
        top, bottom, left, right = box
        if not _overlap(box, other):
            continue
        options = [
            (max(top, other[1]), bottom, left, right), (top, min(bottom, other[0]), left, right),
            (top, bottom, max(left, other[3]), right), (top, bottom, left, min(right, other[2])),
        ]  # fmt: skip
        box = max(options, key=lambda b: max(0, b[1] - b[0]) * max(0, b[3] - b[2]))
    return box


class Furrows:
    """The lines of one box and one control. Immutable after they are made."""

    def __init__(
        self, by: Control, wrinkles: Sequence[Wrinkle], box: Box, rest: Pose, skin: Skin,
        centre: float, portrait: ByteArray,
    ) -> None:  # fmt: skip
        self.box = box
        self._by, self._rest = by, min(float(getattr(rest, by)), 0.9)
        top, bottom, left, right = box
        ground = portrait[top:bottom, left:right].astype(np.float32)
        groove, ridge = (one[top:bottom, left:right] for one in cover(wrinkles, centre))
        edge = _faded(groove.shape)
        dark, light = (groove * edge)[..., None], (np.clip(ridge - groove, 0, 1) * edge)[..., None]
        deep = ground * (1 - colour(skin.wrinkle)) * dark
        high = (255 - ground) * colour(skin.ramp[-1]) * (0.16 * light)
        self._levels: list[ByteArray] = [
            np.clip(ground + (high - deep) * (level / LEVELS), 0, 255).astype(np.uint8)
            for level in range(LEVELS + 1)
        ]

    def level(self, pose: Pose) -> int:
        """Return how deep the lines are in a pose, 0 to `LEVELS`; in the idle pose 0."""
        share = (float(getattr(pose, self._by)) - self._rest) / (1 - self._rest)
        return round(LEVELS * min(max(share, 0.0), 1.0))

    def skin(self, level: int) -> ByteArray:
        """Return the box at a level: uint8 [height, width, 3], not to be changed."""
        return self._levels[level]


def _faded(shape: tuple[int, ...]) -> FloatArray:
    down, across = (np.minimum(np.arange(n) + 1, n - np.arange(n)) / _FADE for n in shape)
    return np.asarray(np.clip(np.minimum(down[:, None], across), 0, 1), np.float32)


def _single(wrinkle: Wrinkle) -> tuple[Wrinkle, ...]:
    if not wrinkle.pair:
        return (wrinkle,)
    other = tuple((-x, y) for x, y in wrinkle.points)
    return tuple(
        wrinkle.model_copy(update={"points": points, "pair": False})
        for points in (wrinkle.points, other)
    )


def _groups(wrinkles: Sequence[Wrinkle], centre: float) -> list[list[Wrinkle]]:
    # Lines of one control whose boxes overlap share one, so that none is cut by another.
    groups: list[list[Wrinkle]] = []
    for wrinkle in wrinkles:
        group = [wrinkle]
        while near := [g for g in groups if _overlap(_bounds(g, centre), _bounds(group, centre))]:
            groups = [g for g in groups if g not in near]
            group = [one for g in (*near, group) for one in g]
        groups.append(group)
    return groups


def furrows(
    skin: Skin, rest: Pose, centre: float, portrait: ByteArray, taken: Sequence[Box]
) -> tuple[Furrows, ...]:
    """Make the moving wrinkles of a face from those of its skin that name a control.

    `taken` are the boxes of what is drawn anew in every state: none of the results overlaps them.
    """
    made: list[Furrows] = []
    moving = [one for wrinkle in skin.wrinkles if wrinkle.by for one in _single(wrinkle)]
    for by in get_args(Control):
        for lines in _groups([one for one in moving if one.by == by], centre):
            box = clear_of(_bounds(lines, centre), [*taken, *(one.box for one in made)])
            if box[1] > box[0] and box[3] > box[2]:
                made.append(Furrows(by, lines, box, rest, skin, centre, portrait))
    return tuple(made)
