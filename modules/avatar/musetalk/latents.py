"""A face as the painter is given it: its latents without the lower half, then with it."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from modules.avatar.musetalk.config import FACE_SIZE
from modules.messages import ByteArray


def normalised(crop: ByteArray) -> Tensor:
    """Return float32 [1, 3, 256, 256] in [-1, 1] for a crop in RGB of any size."""
    size = (FACE_SIZE, FACE_SIZE)
    fitted = cv2.resize(crop, size, interpolation=cv2.INTER_LANCZOS4)
    planes = np.ascontiguousarray(fitted.transpose(2, 0, 1)[None])
    return torch.from_numpy(planes).float() / 127.5 - 1


def masked(picture: Tensor) -> Tensor:
    """Return a copy whose lower half is black (-1)."""
    half = picture.shape[-2] // 2
    made = picture.clone()
    made[..., half:, :] = -1
    return made


def for_painter(encoder: torch.nn.Module, picture: Tensor) -> Tensor:
    """Return [n, 8, 32, 32] for pictures [n, 3, 256, 256]: the masked face's latents come first."""
    with torch.inference_mode():
        whole = encoder(torch.cat([masked(picture), picture]))
    return torch.cat(whole.chunk(2), dim=1)
