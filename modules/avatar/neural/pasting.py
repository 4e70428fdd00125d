"""Putting a painted mouth into its frame: feathered, and in the colours that are there.

A network gives a crop that is a little lighter, darker or warmer than the photograph. What differs
along the soft border of the mask is spread smoothly over the whole crop and taken away from it, so
that the border vanishes and the light on the chin stays that of the picture (a membrane as in Perez
et al. 2003, "Poisson Image Editing", on a coarse grid).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from modules.messages import ByteArray, FloatArray

_COARSE = 32
"""Side in pixels of the grid on which colours are compared."""
_MOST = 40.0
"""Levels of 255 that colours are moved at most: more, and it is no matter of light."""
_EDGE = (0.02, 0.5)
"""Opacities of the border along which colours are compared."""
_UNLIKE = 16.0
"""Levels by which a difference that lies off the usual one counts little: there it is not the light
that differs, but what is painted, such as a lip that has moved."""
_SPREADS = (3.0, 6.0, 12.0)
"""Sigmas in cells of the grid: near a border its own colours count, in the middle all of them."""

Array = npt.NDArray[Any]


def paste(frame: ByteArray, crop: ByteArray, box: Array, mask: ByteArray, strength: float) -> None:
    """Put a crop, uint8 [s, s, 3], into a frame, uint8 [height, width, 3], in place.

    `box` is left, top, right, bottom in pixels of the frame; what of it lies beyond is left out.
    `mask` uint8 [m, m] is the opacity over the box, `strength` 0 to 1 that of the whole.
    """
    left, top, right, bottom = (int(v) for v in box)
    wide, high = right - left, bottom - top
    if wide <= 0 or high <= 0 or strength <= 0:
        return
    shrinks = wide < crop.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    face = cv2.resize(crop, (wide, high), interpolation=how).astype(np.float32)
    alpha = cv2.resize(mask, (wide, high), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
    inside = _inside(frame.shape, left, top, right, bottom)
    if inside is None:
        return
    there, here = inside
    under = frame[there].astype(np.float32)
    face, alpha = face[here], alpha[here]
    face += _difference(under, face, alpha)
    alpha = (alpha * strength)[..., None]
    frame[there] = np.clip(under + alpha * (face - under) + 0.5, 0, 255).astype(np.uint8)


def _inside(
    shape: tuple[int, ...], left: int, top: int, right: int, bottom: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
    high, wide = shape[:2]
    x0, y0, x1, y1 = max(0, left), max(0, top), min(wide, right), min(high, bottom)
    if x0 >= x1 or y0 >= y1:
        return None
    there = (slice(y0, y1), slice(x0, x1))
    return there, (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))


def _difference(under: FloatArray, face: FloatArray, alpha: Array) -> Array:
    """Return what is to be added to a face, float32 like it, so that its border fits."""
    size = (_COARSE, _COARSE)
    apart = cv2.resize(under - face, size, interpolation=cv2.INTER_AREA)
    shares = cv2.resize(_edge(alpha), size, interpolation=cv2.INTER_AREA)
    if shares.max() <= 0:
        return np.zeros_like(face)
    usual = np.median(apart[shares > 0.3 * shares.max()], axis=0)
    off = np.abs(apart - usual).max(-1) / _UNLIKE
    shares = shares * np.exp(-(off**2)).astype(np.float32)
    spread = None
    for sigma in reversed(_SPREADS):
        weight = cv2.GaussianBlur(shares, (0, 0), sigma)
        sums = cv2.GaussianBlur(apart * shares[..., None], (0, 0), sigma)
        mean = sums / np.maximum(weight, 1e-6)[..., None]
        if spread is None:
            spread = mean
        else:
            sure = np.clip(weight / 0.15, 0, 1)[..., None]
            spread = spread + sure * (mean - spread)
    assert spread is not None
    spread = np.clip(spread, -_MOST, _MOST)
    high, wide = alpha.shape
    return np.asarray(cv2.resize(spread, (wide, high), interpolation=cv2.INTER_CUBIC), np.float32)


def _edge(alpha: Array) -> Array:
    low, high = _EDGE
    return ((alpha > low) & (alpha < high)).astype(np.float32)


@lru_cache(maxsize=8)
def soft_mask(side: int, feather: float = 0.16, top: float = 0.30) -> ByteArray:
    """Return a mask for a crop of a lower face, uint8 [side, side]: an ellipse with a soft border.

    `feather` is the width of the border, `top` where the mask begins, both in sides. For painters
    whose own mask needs a network that is not there.
    """
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    middle, radius = (1 + top) / 2, (1 - top) / 2
    off = np.hypot((x - 0.5) / 0.46, (y - middle) / radius)
    ramp = np.clip((1 - off) / (2 * feather), 0, 1)
    return np.asarray(255 * ramp * ramp * (3 - 2 * ramp) + 0.5, np.uint8)
