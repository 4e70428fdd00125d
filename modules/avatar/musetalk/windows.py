"""What each frame hears: ten rows of features, 80 ms of past and 120 ms from its start on."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from modules.avatar.musetalk.ear import ROWS
from modules.messages import FPS

WIDTH = 10
"""Rows of a window."""
PAST, FUTURE = 4, 6
"""Rows of a window before the start of its frame and after, at 25 frames a second."""
_SLOWEST = 10_000.0


def first_row(frame: int, fps: int = FPS) -> int:
    """Return the row at which a frame's window begins; rows before the sound count downwards."""
    step = ROWS / fps
    return math.floor(frame * step) - 2 * math.ceil(step)


def frames_of(samples: int, rate: int, fps: int = FPS) -> int:
    """Return how many whole frames there are in so many samples."""
    return math.floor(samples / rate * fps)


def windows(rows: Tensor, first: int, count: int, fps: int = FPS) -> Tensor:
    """Return [count, 10 * layers, width]: the windows of frames `first` and after.

    `rows` is [n, layers, width]; a window's tokens go row by row, and through the layers within a
    row. What lies before the first row or behind the last one is 0.
    """
    starts = torch.tensor([first_row(first + k, fps) for k in range(count)], device=rows.device)
    places = starts[:, None] + torch.arange(WIDTH, device=rows.device)
    outside = (places < 0) | (places >= len(rows))
    found = rows[places.clamp(0, max(len(rows) - 1, 0))]
    return found.masked_fill(outside[..., None, None], 0).flatten(1, 2)


def positions(tokens: int, width: int) -> Tensor:
    """Return float32 [tokens, width], added to a window's tokens before the painter hears them:
    sin and cos by turns (Vaswani et al. 2017). It is in no checkpoint.
    """
    angles = torch.arange(tokens)[:, None] * torch.exp(
        torch.arange(0, width, 2) * (-math.log(_SLOWEST) / width)
    )
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
