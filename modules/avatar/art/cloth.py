"""Cloth in the light, as all garments share it."""

from __future__ import annotations

import numpy as np

from modules.avatar.art.canvas import colour, grid, mask, ramp, screen
from modules.avatar.art.curves import line
from modules.avatar.art.garments import Cloth, Fabric
from modules.avatar.art.light import diffuse, gloss, normals, occlusion
from modules.avatar.art.relief import bumps
from modules.avatar.art.scene import Light
from modules.messages import FloatArray


def body_relief(garment: Cloth, centre: float) -> FloatArray:
    """Return the relief of shoulders and breast with their folds: float32 [512, 512]."""
    x, _ = grid()
    across = np.minimum(np.abs(x - centre) / garment.half_width, 1)
    relief = (garment.rise * np.sqrt(1 - across**2.2)).astype(np.float32)
    relief += bumps(garment.bumps, centre)
    for fold in garment.folds:
        relief += fold.rise * mask(line(fold.points), fold.blur, 6)
    return np.asarray(relief)


def lit_cloth(relief: FloatArray, fabric: Fabric, light: Light) -> tuple[FloatArray, FloatArray]:
    """Return the lit cloth [512, 512, 3] and the light on it [512, 512]."""
    surface = normals(relief)
    lit = diffuse(surface, light.key, 0.25)
    sheen = gloss(surface, light.key, 9)
    value = 0.04 + 0.64 * lit - 0.25 * occlusion(relief) + 0.10 * sheen
    cloth = ramp(fabric.ramp, np.asarray(value))
    screen(cloth, colour(fabric.gloss), 0.14 * gloss(surface, light.key, 26))
    return cloth, lit
