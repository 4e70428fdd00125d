"""The mouth: the row it lies on, the line between the lips, its corners, and the lips' edges."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from modules.avatar.photo.arrays import Array
from modules.avatar.photo.evidence import Evidence

Marks = dict[str, tuple[float, float]]

_STEP = 0.01
_REACH = 0.66
"""How far to both sides of the middle a mouth is searched."""
_ROW, _SPREAD = 1.09, 0.13
_HALF = 0.41
_AWAY = 0.14
"""How far from its row the line between the lips may run: corners of a smile, a tilted mouth."""
_UNLIKE_SKIN = 24.0
"""Difference in colour (CIELAB a, b) at which the lower face is no skin: a mask, a cup."""
_FAINT = 4.5
"""Evidence of lips (redness and dark line together) below which there are none to be seen."""


class Found(NamedTuple):
    """A mouth, in iris distances: its middle aside of the face's, its row and the lips' edges."""

    offset: float
    middle: float
    upper: float
    lower: float
    covered: bool
    marks: Marks


class _Maps(NamedTuple):
    x: Array
    y: Array
    light: Array
    red: Array
    valley: Array


def find_mouth(evidence: Evidence) -> Found:
    """Return the mouth of a face."""
    maps = _maps(evidence)
    row, offset, strength = _row(maps)
    covered = strength < _FAINT or _hidden(evidence, row, strength)
    line = trace(maps.valley + 0.35 * maps.red, row, maps.y)
    left, right = (_corner(maps, line, offset, side) for side in (-1, 1))
    offset = (left + right) / 2
    upper, upper_in, lower_in, lower = _lips(maps, line, offset)
    at = {x: float(np.interp(x, maps.x, line)) for x in (left, right)}
    marks = {
        "mouth_left": evidence.place(left, at[left]),
        "mouth_right": evidence.place(right, at[right]),
        "upper_lip_outer": evidence.place(offset, upper),
        "upper_lip_inner": evidence.place(offset, upper_in),
        "lower_lip_inner": evidence.place(offset, lower_in),
        "lower_lip_outer": evidence.place(offset, lower),
    }
    return Found(offset, (upper_in + lower_in) / 2, upper, lower, covered, marks)


def _maps(evidence: Evidence) -> _Maps:
    x, y = np.arange(-_REACH, _REACH + 1e-6, _STEP), np.arange(0.72, 1.56, _STEP)
    lab = evidence.patch(x, y)
    light = lab[..., 0]
    # Redness against the skin of the same row beside the mouth: light from one side cancels out.
    red = lab[..., 1] - evidence.skin[1] - 0.25 * (lab[..., 2] - evidence.skin[2])
    kernel = np.ones((15, 1), np.uint8)
    valley = cv2.morphologyEx(light, cv2.MORPH_CLOSE, kernel) - light
    return _Maps(x, y, light, red, cv2.GaussianBlur(valley, (5, 3), 1))


def _row(maps: _Maps) -> tuple[float, float, float]:
    """Return the mouth's row, its middle column, and how clear it is."""
    evidence = 0.6 * maps.valley + np.clip(maps.red, 0, 14)
    wide = cv2.blur(evidence, (round(0.62 / _STEP), 5))
    off = ((maps.y[:, None] - _ROW) / _SPREAD) ** 2 + (maps.x[None] / 0.16) ** 2
    score = np.where(np.abs(maps.y[:, None] - _ROW) < 0.26, wide - 1.6 * off, -np.inf)
    row, column = np.unravel_index(int(np.argmax(score)), score.shape)
    return float(maps.y[row]), float(maps.x[column]), float(wide[row, column])


def _hidden(evidence: Evidence, row: float, strength: float) -> bool:
    around = evidence.patch(np.linspace(-0.5, 0.5, 21), np.linspace(row - 0.18, row + 0.5, 21))
    colour = np.median(around.reshape(-1, 3), axis=0) - evidence.skin
    unlike = float(np.hypot(colour[1], colour[2]))
    return unlike > _UNLIKE_SKIN or (unlike > 0.6 * _UNLIKE_SKIN and strength < 2 * _FAINT)


def trace(dark: Array, row: float, y: Array) -> Array:
    """Return the smooth line [columns] of greatest darkness near a row (dynamic programming)."""
    off = np.abs(y[:, None] - row)
    cost = -dark + 90 * off**2 + 1e4 * (off > _AWAY)
    total = cost.copy()
    came = np.zeros(cost.shape, np.int32)
    for column in range(1, cost.shape[1]):
        before = total[:, column - 1]
        choices = np.stack([np.roll(before, 1), before, np.roll(before, -1)])
        choices[0, 0] = choices[2, -1] = np.inf
        choices[[0, 2]] += 0.35
        best = choices.argmin(axis=0)
        total[:, column] += choices[best, np.arange(len(y))]
        came[:, column] = np.arange(len(y)) + best - 1
    path = np.empty(cost.shape[1], np.int64)
    path[-1] = int(total[:, -1].argmin())
    for column in range(cost.shape[1] - 1, 0, -1):
        path[column - 1] = came[path[column], column]
    return np.asarray(cv2.GaussianBlur(y[path].reshape(1, -1), (7, 1), 1.5).ravel())


def _corner(maps: _Maps, line: Array, offset: float, side: int) -> float:
    """Return the column where the line between the lips ends to one side."""
    rows = np.interp(line, maps.y, np.arange(len(maps.y)))
    strength: Array = np.empty(len(maps.x))
    for column, row in enumerate(rows):
        k = slice(max(0, round(row) - 3), round(row) + 4)
        strength[column] = maps.valley[k, column].max() + 0.5 * max(0, maps.red[k, column].max())
    strength = cv2.GaussianBlur(strength.reshape(1, -1), (7, 1), 1.5).ravel()
    inside = strength[np.abs(maps.x - offset) < 0.22].mean()
    reach = side * (maps.x - offset)
    span = (reach > 0.22) & (reach < _REACH - 0.02)
    fall = -np.gradient(strength) * side
    score = fall / (inside + 1e-6) - 0.9 * (reach - _HALF) ** 2 - 0.05 * (strength > 0.6 * inside)
    score[~span] = -np.inf
    return float(maps.x[int(np.argmax(score))])


def _lips(maps: _Maps, line: Array, offset: float) -> tuple[float, float, float, float]:
    """Return the rows of upper outer, upper inner, lower inner and lower outer edge."""
    columns = np.abs(maps.x - offset) < 0.07
    red = cv2.GaussianBlur(maps.red[:, columns].mean(axis=1).reshape(-1, 1), (1, 3), 0.8).ravel()
    light = maps.light[:, columns].mean(axis=1)
    valley = maps.valley[:, columns].mean(axis=1)
    middle = float(np.interp(offset, maps.x, line))
    lips = np.clip(red, 0, None) + 0.25 * valley
    upper = _outer(maps.y, lips, light, middle, -1)
    lower = _outer(maps.y, lips, light, middle, 1)
    upper_in, lower_in = _gap(maps.y, red, upper, lower, middle)
    return upper, upper_in, lower_in, lower


def _outer(y: Array, lips: Array, light: Array, middle: float, side: int) -> float:
    """Return where the red of a lip ends above (-1) or below (1) the line between the lips."""
    guess = 0.125 if side < 0 else 0.16
    reach = side * (y - middle)
    span = (reach > 0.05) & (reach < 0.34)
    fall = -np.gradient(lips) * side
    fall += 0.15 * np.gradient(light) * side * (1 if side < 0 else 0.3)
    score = fall / (np.abs(fall[span]).max() + 1e-6) - 14 * (reach - guess) ** 2
    score[~span] = -np.inf
    return float(y[int(np.argmax(score))])


def _gap(y: Array, red: Array, upper: float, lower: float, middle: float) -> tuple[float, float]:
    """Return the inner edges of the lips: one line where they touch, two around teeth."""
    inside = np.flatnonzero((y > upper + 0.02) & (y < lower - 0.03))
    if len(inside) < 4:
        return middle, middle
    lip = float(np.percentile(red[inside], 90))
    # Teeth are hardly redder than skin; a wet highlight on a lip keeps more than half of its red.
    pale = inside[red[inside] < 0.5 * lip]
    if lip < 5 or len(pale) * _STEP < 0.045 or len(pale) < 0.8 * (pale[-1] - pale[0] + 1):
        return middle, middle
    first, last = int(pale[0]), int(pale[-1])
    # The dark of the mouth beside the teeth is less red than the lips, too.
    while first > inside[0] and red[first - 1] < 0.72 * lip:
        first -= 1
    while last < inside[-1] and red[last + 1] < 0.72 * lip:
        last += 1
    return float(y[first]) - 0.5 * _STEP, float(y[last]) + 0.5 * _STEP
