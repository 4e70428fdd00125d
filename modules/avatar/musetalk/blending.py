"""Painted faces into their frames, on the device that painted them: what `neural/pasting.py` does
on the processor, for a batch at once, so that only finished pictures are copied.

Every pixel of a frame asks the crop for its colour and opacity; colours are matched in the crop's
own space, on a grid of 32 x 32 cells, where one Gaussian is two small matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from modules.messages import ByteArray

CELLS = 32
_MOST = 40 / 255
_EDGE = (0.02, 0.75)
_SPREADS = (12.0, 4.0, 1.5)
_SURE = 0.15
"""As in `neural/pasting.py`, which tells what they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Grounds:
    """What faces are pasted onto, but for the pictures: of all frames of an avatar or of a batch;
    on the painter's device.
    """

    boxes: Tensor
    """float32 [n, 4]: left, top, right, bottom in pixels."""
    masks: Tensor
    """float32 [n, 1, m, m], 0 to 1."""
    under: Tensor
    """float32 [n, 3, 32, 32], 0 to 1: the frame beneath the crop, coarsely."""
    edge: Tensor
    """float32 [n, 1, 32, 32], 0 to 1: how much of a cell is the mask's soft border."""

    def at(self, indices: Tensor) -> Grounds:
        """Return those of some frames."""
        return Grounds(*(getattr(self, name)[indices] for name in self.__slots__))

    @classmethod
    def joined(cls, parts: list[Grounds]) -> Grounds:
        """Return those of several avatars in one batch."""
        return cls(*(torch.cat([getattr(p, name) for p in parts]) for name in cls.__slots__))


def grounds(boxes: Tensor, masks: Tensor, under: Tensor) -> Grounds:
    """Return what faces are pasted onto: masks [n, m, m] and `beneath` of each frame
    [n, 32, 32, 3], both uint8, boxes of any number type [n, 4].
    """
    opaque = masks[:, None].float() / 255
    border = ((opaque > _EDGE[0]) & (opaque < _EDGE[1])).float()
    edge = functional.adaptive_avg_pool2d(border, CELLS)
    return Grounds(boxes.float(), opaque, under.permute(0, 3, 1, 2).float() / 255, edge)


def beneath(crop: ByteArray) -> ByteArray:
    """Return the colours of a crop of a frame, coarsely: uint8 [32, 32, 3]."""
    found = cv2.resize(crop, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    return np.asarray(found, np.uint8)


def pasted(
    faces: Tensor, frames: Tensor, below: Grounds, strength: Tensor, *, colours: bool = True
) -> Tensor:
    """Return frames uint8 [k, height, width, 3] with faces [k, 3, s, s] (0 to 1) in their boxes.

    `strength` float32 [k] scales the masks. `colours`: whether a face takes on those of its ground.
    """
    faces = faces.float()
    if colours:
        added = functional.interpolate(
            difference(faces, below), faces.shape[-2:], mode="bicubic", align_corners=False
        )
        faces = (faces + added).clamp(0, 1)
    height, width = frames.shape[1:3]
    left, top, right, bottom = below.boxes.unbind(1)
    x = _across(width, left, right)
    y = _across(height, top, bottom)
    grid = _grid(x, y)
    placed = functional.grid_sample(faces, grid, padding_mode="border", align_corners=False)
    alpha = functional.grid_sample(below.masks, grid, padding_mode="border", align_corners=False)
    inside = (x.abs() <= 1)[:, None, None, :] & (y.abs() <= 1)[:, None, :, None]
    alpha = alpha * inside * strength.float()[:, None, None, None]
    picture = frames.permute(0, 3, 1, 2).float()
    mixed = picture + alpha * (placed * 255 - picture)
    return (mixed + 0.5).clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def _across(pixels: int, low: Tensor, high: Tensor) -> Tensor:
    """Return where the pixels of a row lie in a crop from `low` to `high`: [k, pixels], -1 to 1."""
    places = torch.arange(pixels, device=low.device) + 0.5
    return (places - low[:, None]) / (high - low).clamp_min(1)[:, None] * 2 - 1


def _grid(x: Tensor, y: Tensor) -> Tensor:
    wide = x[:, None, :].expand(-1, y.shape[1], -1)
    high = y[:, :, None].expand(-1, -1, x.shape[1])
    return torch.stack([wide, high], dim=-1)


def difference(faces: Tensor, below: Grounds) -> Tensor:
    """Return what is added to faces so that their borders fit, float32 [k, 3, 32, 32].

    Near a border its own colours count, in the middle those of all of it.
    """
    apart = (below.under - functional.adaptive_avg_pool2d(faces, CELLS)) * below.edge
    spread = torch.zeros_like(apart)
    for step, sigma in enumerate(_SPREADS):
        blur = _gaussian(sigma, str(faces.device))
        weight = blur @ below.edge @ blur.T
        mean = (blur @ apart @ blur.T) / weight.clamp_min(1e-6)
        sure = (weight / _SURE).clamp(0, 1) if step else 1.0
        spread = spread + sure * (mean - spread)
    return spread.clamp(-_MOST, _MOST)


@lru_cache(maxsize=8)
def _gaussian(sigma: float, device: str) -> Tensor:
    """Return a blur of 32 cells as a matrix, the picture mirrored at its ends."""
    places = torch.arange(CELLS)
    weights = torch.zeros(CELLS, CELLS)
    reach = min(int(3 * sigma + 0.5), CELLS - 1)
    for offset in range(-reach, reach + 1):
        source = places + offset
        source = torch.where(source < 0, -source, source)
        source = torch.where(source >= CELLS, 2 * CELLS - 2 - source, source)
        weights[places, source] += torch.exp(torch.tensor(-0.5 * (offset / sigma) ** 2))
    return (weights / weights.sum(dim=1, keepdim=True)).to(device)
