"""Light on a relief: normals, soft light, cast shadows and ambient occlusion.

A relief is a height per pixel, float32 [height, width], in pixels towards the viewer.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from modules.avatar.art.canvas import moved, soften
from modules.messages import FloatArray

Direction = tuple[float, float, float]
"""Towards the light: x to the right, y downwards, z towards the viewer."""


def unit(direction: Direction) -> FloatArray:
    """Scale a direction to length one: float32 [3]."""
    vector = np.array(direction, dtype=np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def normals(relief: FloatArray) -> FloatArray:
    """Return the unit normals of a relief: float32 [3, height, width]."""
    down, right = np.gradient(relief)
    length = np.sqrt(right * right + down * down + 1)
    return np.stack([-right / length, -down / length, 1 / length]).astype(np.float32)


def _along(surface: FloatArray, vector: FloatArray) -> FloatArray:
    x, y, z = (float(value) for value in vector)
    return np.asarray(surface[0] * x + surface[1] * y + surface[2] * z)


def diffuse(surface: FloatArray, direction: Direction, wrap: float = 0.3) -> FloatArray:
    """Return wrapped Lambert light in [0, 1] for normals [3, height, width].

    `wrap` lets light creep round the edge as it does under skin (Green, GPU Gems 1, chapter 16).
    """
    cosine = _along(surface, unit(direction))
    return np.asarray(np.clip((cosine + wrap) / (1 + wrap), 0, 1))


def gloss(surface: FloatArray, direction: Direction, sharpness: float) -> FloatArray:
    """Return the Blinn-Phong highlight in [0, 1] seen from straight ahead."""
    half = unit(direction) + np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    return np.asarray(cv2.pow(np.clip(_along(surface, half), 0, 1), sharpness), np.float32)


def cast_shadow(
    relief: FloatArray, direction: Direction, reach: float, softness: float = 0.25
) -> FloatArray:
    """Return in [0, 1] how much the relief between a pixel and the light shadows it.

    Walks `reach` pixels towards the light; a ray that is missed by less than `softness` of the
    distance walked lies in the half-shadow.
    """
    toward = unit(direction)
    flat = float(np.hypot(toward[0], toward[1]))
    across, down, rise = (float(value) / flat for value in toward)
    shadow = np.zeros_like(relief)
    for step in np.geomspace(2.0, reach, 14):
        blocker = moved(relief, -across * step, -down * step)
        above = (blocker - relief - rise * step) / (softness * step + 1.0) + 0.5
        np.maximum(shadow, above, out=shadow)
    return soften(np.clip(shadow, 0, 1), 1.2)


def occlusion(relief: FloatArray, radii: Sequence[float] = (4, 12, 30)) -> FloatArray:
    """Return in [0, 1] how far a pixel lies in a hollow, seen at several widths."""
    total = np.zeros_like(relief)
    for radius in radii:
        depth = np.clip((soften(relief, radius) - relief) / radius, 0, None)
        total += 1 - cv2.exp(-3.2 * depth)
    return np.asarray(total / len(radii), dtype=np.float32)
