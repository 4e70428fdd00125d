"""An avatar's frames on the painter's device: opened when they are first shown, and kept there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from modules.avatar.neural.painting import Clip
from modules.messages import FRAME_SIZE

_THREADS = 4
"""JPEG is opened by as many: 16 frames in some 15 ms."""


class Shown:
    """Frames uint8 [512, 512, 3] by their number: 0.8 MB each, once they were shown."""

    def __init__(self, frames: Clip, device: torch.device) -> None:
        shape = (len(frames), FRAME_SIZE, FRAME_SIZE, 3)
        self._frames = frames
        self._there = torch.empty(shape, dtype=torch.uint8, device=device)
        self._open = np.zeros(len(frames), bool)

    def at(self, indices: npt.NDArray[np.int64]) -> Tensor:
        """Return frames, uint8 [k, 512, 512, 3]."""
        missing = np.unique(indices[~self._open[indices]])
        if len(missing):
            with ThreadPoolExecutor(_THREADS) as pool:
                opened = np.stack(list(pool.map(self._frames.__getitem__, missing.tolist())))
            device = self._there.device
            places = torch.from_numpy(missing).to(device)
            self._there[places] = torch.from_numpy(opened).to(device)
            self._open[missing] = True
        return self._there[torch.from_numpy(indices).to(self._there.device)]
