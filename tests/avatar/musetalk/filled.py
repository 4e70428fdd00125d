"""Weights of the full size, made from their names (`tests.avatar.released`)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from tests.avatar import released
from tests.avatar.released import Shapes, noise

HERE = Path(__file__).parent
State = dict[str, torch.Tensor]


def released_keys(network: str) -> Shapes:
    """Return the keys and shapes of a released file: "unet", "vae" or "ear"."""
    return released.keys(HERE / f"{network}_keys.txt")


def filled(shapes: Shapes) -> State:
    """Return a state dict with every number made from its name; on two threads, for the big one."""
    with ThreadPoolExecutor(2) as threads:
        parts = threads.map(lambda item: released.filled(dict([item])), shapes.items())
        return {name: held for part in parts for name, held in part.items()}


def sinusoids(positions: int, width: int) -> torch.Tensor:
    """Return Whisper's own table of positions: sines, then cosines."""
    step = np.log(10_000) / (width // 2 - 1)
    angles = np.arange(positions)[:, None] * np.exp(-step * np.arange(width // 2))[None]
    return torch.from_numpy(np.concatenate([np.sin(angles), np.cos(angles)], 1).astype(np.float32))


__all__ = ["HERE", "Shapes", "State", "filled", "noise", "released_keys", "sinusoids"]
