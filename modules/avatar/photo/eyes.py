"""Irises, lids, corners of the eyes, and brows."""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.photo.arrays import Array
from modules.avatar.photo.evidence import Evidence

Marks = dict[str, tuple[float, float]]
_INNER, _OUTER = 0.245, 0.255
"""Expected width of an eye to both sides of the iris."""


def eye_points(evidence: Evidence, side: str) -> Marks:
    """Return iris, lids and corners of one eye."""
    outwards = -1 if side == "left" else 1
    x, y = _iris(evidence, 0.5 * outwards)
    top, bottom = _lids(evidence, x, y)
    inner, outer = (_corner(evidence, x, y, s) for s in (-outwards, outwards))
    return {
        f"{side}_iris": evidence.place(x, y),
        f"{side}_eye_top": evidence.place(x, top),
        f"{side}_eye_bottom": evidence.place(x, bottom),
        f"{side}_eye_inner": evidence.place(*inner),
        f"{side}_eye_outer": evidence.place(*outer),
    }


def _iris(evidence: Evidence, x: float) -> tuple[float, float]:
    """The darkest disc near the expected place, highlights closed."""
    step = 0.008
    columns, rows = x + np.arange(-0.22, 0.221, step), np.arange(-0.17, 0.171, step)
    grey = evidence.patch(columns, rows)[..., 0]
    spot = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    closed = cv2.morphologyEx(grey, cv2.MORPH_OPEN, spot)
    best, place = -1e9, (x, 0.0)
    off = ((columns[None] - x) / 0.16) ** 2 + (rows[:, None] / 0.10) ** 2
    for radius in (0.08, 0.10, 0.12, 0.145):
        inside, ring = _disc(radius / step), _disc(1.75 * radius / step)
        ring = _ring(ring, inside)
        # The lashes over an iris slope, and would draw its centre aside: the lower part tells.
        inside = inside.copy()
        inside[: int(0.45 * len(inside))] = 0
        dark = cv2.filter2D(closed, -1, ring) - cv2.filter2D(closed, -1, inside / inside.sum())
        score = dark - 4 * off
        row, column = np.unravel_index(int(np.argmax(score)), score.shape)
        if score[row, column] > best:
            best, place = float(score[row, column]), (float(columns[column]), float(rows[row]))
    return place


def _disc(radius: float) -> Array:
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return np.asarray(np.clip(radius + 0.5 - np.hypot(x, y), 0, 1), np.float32)


def _ring(outer: Array, inner: Array) -> Array:
    # To both sides only: above and below the lids cover the iris.
    ring: Array = outer.copy()
    edge = (len(outer) - len(inner)) // 2
    ring[edge : edge + len(inner), edge : edge + len(inner)] -= inner
    ring[: int(0.45 * len(outer))] = 0
    ring[-(len(outer) // 3) :] *= 0.3
    ring = np.maximum(ring, 0)
    return np.asarray(ring / ring.sum(), np.float32)


def _lids(evidence: Evidence, x: float, y: float) -> tuple[float, float]:
    """Return the edges of the lids over and under the iris."""
    columns = x + np.linspace(-0.07, 0.07, 9)
    above = y - np.arange(0.06, 0.26, 0.004)
    # The darker columns of each row: a highlight in the iris is not the end of the eye.
    light = np.percentile(evidence.patch(columns, above)[..., 0], 30, axis=1)
    rise = np.gradient(cv2.GaussianBlur(light.reshape(-1, 1), (1, 9), 2).ravel())
    score = rise - 25 * (y - above - 0.135) ** 2
    # The edge of the lid is the lower edge of the lashes, a little under where skin begins.
    top = float(above[int(np.argmax(score))]) + 0.022
    below = y + np.arange(0.05, 0.22, 0.004)
    lab = evidence.patch(columns, below).mean(axis=1)
    distance = np.hypot(lab[:, 0] - evidence.skin[0], lab[:, 1] - evidence.skin[1])
    fall = -np.gradient(cv2.GaussianBlur(distance.reshape(-1, 1), (1, 9), 2).ravel())
    score = fall - 60 * (below - y - 0.105) ** 2
    return top, float(below[int(np.argmax(score))])


def _corner(evidence: Evidence, x: float, y: float, side: int) -> tuple[float, float]:
    """Return where the eye ends to one side: where it has become skin."""
    width = _INNER if side * x < 0 else _OUTER
    columns = x + side * np.arange(0.12, 0.36, 0.005)
    rows = y + np.arange(-0.07, 0.111, 0.01)
    lab = evidence.patch(columns, rows)
    redness = evidence.skin[1] - lab[..., 1]
    unlike = np.abs(lab[..., 0] - np.median(lab[..., 0], axis=0)) + 0.8 * np.maximum(redness, 0)
    strength = unlike.max(axis=0)
    strength = cv2.GaussianBlur(strength.reshape(1, -1), (9, 1), 2).ravel()
    # The outermost column that is still clearly eye; where that is doubtful, as wide as expected.
    skin, eye = float(strength[-12:].min()), float(strength[: len(strength) // 2].max())
    still = np.flatnonzero(strength > skin + 0.38 * (eye - skin))
    still = still[np.abs(columns[still] - x) < 0.335]
    seen = abs(float(columns[still[-1]]) - x) if len(still) else width
    seen = seen if 0.19 < seen < 0.33 else width  # a wrinkle, hair, the bridge of glasses
    k = int(np.argmin(np.abs(np.abs(columns - x) - (0.8 * seen + 0.2 * width))))
    weights = np.maximum(unlike[:, max(0, k - 3) : k + 1].mean(axis=1) - 0.3 * strength[k], 1e-3)
    row = float((weights * rows).sum() / weights.sum())
    return float(columns[k]), 0.5 * row + 0.5 * (y + 0.02)


def brow_points(evidence: Evidence, side: str) -> Marks:
    """Return both ends and the middle of one brow: the darkest band over the eye."""
    outwards = -1 if side == "left" else 1
    marks: Marks = {}
    rows = np.arange(-0.55, -0.17, 0.006)
    for name, x, guess in (("inner", 0.21, -0.33), ("middle", 0.56, -0.38), ("outer", 0.86, -0.31)):
        columns = outwards * (x + np.array([-0.05, 0, 0.05]))
        light = evidence.patch(columns, rows, soft=True)[..., 0].mean(axis=1)
        around = cv2.GaussianBlur(light.reshape(-1, 1), (1, 0), sigmaX=0.1, sigmaY=14).ravel()
        score = around - light - 220 * (rows - guess) ** 2
        marks[f"{side}_brow_{name}"] = evidence.place(
            outwards * x, float(rows[int(np.argmax(score))])
        )
    return marks
