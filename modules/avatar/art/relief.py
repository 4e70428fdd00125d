"""The relief of the head: a broad form, hills and hollows, and the ridge of the nose.

Heights are pixels towards the viewer, float32 [512, 512].
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from modules.avatar.art.canvas import grid, mask, soften
from modules.avatar.art.curves import curve, line, mirrored
from modules.avatar.art.parts import Bump, Crease, Head, Nose
from modules.messages import FRAME_SIZE, FloatArray

_AXIS = np.arange(FRAME_SIZE, dtype=np.float32) + 0.5


def hill(x: float, y: float, width: float, height: float, turn: float = 0.0) -> FloatArray:
    """Return a Gaussian of height one in absolute pixels: float32 [512, 512]."""
    if not turn:
        across = np.exp(-0.5 * ((_AXIS - x) / width) ** 2)
        down = np.exp(-0.5 * ((_AXIS - y) / height) ** 2)
        return np.outer(down, across).astype(np.float32)
    columns, rows = grid()
    dx, dy = columns - x, rows - y
    cosine, sine = float(np.cos(turn)), float(np.sin(turn))
    u = (dx * cosine + dy * sine) / width
    v = (dy * cosine - dx * sine) / height
    return np.asarray(cv2.exp(-0.5 * (u * u + v * v)), np.float32)


def bumps(some: Sequence[Bump], centre: float = 0.0, side: int = 1) -> FloatArray:
    """Add up hills and hollows; with `side` -1 they are mirrored at `centre`."""
    total = np.zeros((FRAME_SIZE, FRAME_SIZE), np.float32)
    for bump in some:
        x = centre + side * bump.x
        total += bump.rise * hill(x, bump.y, bump.width, bump.height, side * bump.turn)
    return total


def creases(some: Sequence[Crease], centre: float) -> FloatArray:
    """Add up soft ridges and grooves along lines."""
    total = np.zeros((FRAME_SIZE, FRAME_SIZE), np.float32)
    for crease in some:
        points = np.array(crease.points, np.float32) + np.array([centre, 0], np.float32)
        lines = [points, mirrored(points, centre)] if crease.pair else [points]
        for one in lines:
            total += crease.rise * mask(line(one), crease.blur, crease.width)
    return total


def face_outline(head: Head) -> FloatArray:
    """Return the closed outline of the face in absolute pixels: float32 [n, 2]."""
    right = curve(head.outline, 160)
    right[:, 0] += head.centre
    return np.vstack([right, mirrored(right, head.centre)[::-1]])


def _ridge(nose: Nose, centre: float) -> FloatArray:
    along = np.clip((_AXIS - nose.top) / (nose.tip - nose.top), 0, 1)
    below = 1 / (1 + np.exp(np.clip((_AXIS - nose.base) / 3.0, -20, 20)))
    start = np.clip((_AXIS - nose.top + 8) / 22, 0, 1)
    height = (1 + nose.rise * along**nose.curve) * below * start
    width = nose.widths[0] + (nose.widths[1] - nose.widths[0]) * along
    across = np.exp(-0.5 * ((_AXIS[None] - centre) / width[:, None]) ** 2)
    return np.asarray(height[:, None] * across, dtype=np.float32)


def _form(head: Head) -> FloatArray:
    # Each row is a flattened half ellipse; the crown and the chin round off towards their ends.
    half = curve(head.outline, 256)
    top, bottom = float(half[0, 1]), float(half[-1, 1])
    width = np.interp(_AXIS, half[:, 1], half[:, 0], left=0, right=0)
    across = np.abs(_AXIS[None] - head.centre) / np.maximum(width, 1e-3)[:, None]
    depth = np.interp(_AXIS, *np.array(head.depth).T)
    chin = np.clip((_AXIS - (bottom - 62)) / 63.5, 0, 1)
    crown = np.clip((top + 88 - _AXIS) / 92, 0, 1)
    depth = depth * np.sqrt(1 - chin**3.0) * np.sqrt(1 - 0.9 * crown**2.6)
    form = depth[:, None] * np.sqrt(1 - np.minimum(across, 1) ** 2.3)
    return soften(form.astype(np.float32), 4)


def head_relief(head: Head) -> FloatArray:
    """Return the relief of the whole face, without lips and open eyes: float32 [512, 512]."""
    relief = _form(head) + _ridge(head.nose, head.centre)
    relief += bumps(head.bumps, head.centre)
    for side in (-1, 1):
        relief += bumps(head.paired_bumps, head.centre, side)
    relief += creases(head.creases, head.centre)
    return soften(relief, 1.0)
