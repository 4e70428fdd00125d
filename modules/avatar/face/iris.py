"""The iris: painted once as a picture that every drawing of an eye shares."""

from __future__ import annotations

import numpy as np
import skia

from modules.avatar.art.canvas import ramp, soften
from modules.avatar.art.parts import Eyes

_SIZE = 128


def paint_iris(eyes: Eyes) -> skia.Image:
    """Paint an iris with fibres, a dark edge, a pupil, and the glow of light passing through."""
    random = np.random.default_rng(eyes.seed)
    y, x = (np.mgrid[0:_SIZE, 0:_SIZE].astype(np.float32) + 0.5) / (_SIZE / 2) - 1
    radius, turn = np.hypot(x, y), np.arctan2(y, x)
    noise = soften(np.tile(random.normal(0, 1, (1, 360)).astype(np.float32), (1, 3)), 1.2)[0]
    fibres = noise[360:720][((turn + np.pi) * (359 / (2 * np.pi))).astype(int)]
    outside = np.clip(2 * radius - 0.5, 0, 1)
    # Light enters from above and lights the fibres below the pupil.
    glow = 0.42 * np.clip(0.9 * y + 0.05, -0.35, 1) * outside
    value = 0.40 + 0.16 * fibres * outside + glow - 0.5 * np.clip((radius - 0.78) / 0.2, 0, 1)
    picture = ramp(eyes.iris_ramp, np.clip(value, 0, 1).astype(np.float32))
    pupil = np.clip((0.40 - radius) / 0.06 + 0.5, 0, 1)[..., None]
    picture = picture * (1 - pupil) + np.array([0.02, 0.012, 0.012], np.float32) * pupil
    alpha = np.clip((0.97 - radius) / 0.035, 0, 1)[..., None]
    pixels = np.round(np.concatenate([picture * alpha, alpha], axis=2) * 255).astype(np.uint8)
    image = skia.Image.fromarray(
        pixels, colorType=skia.kRGBA_8888_ColorType, alphaType=skia.kPremul_AlphaType
    )
    return image.withDefaultMipmaps()
