"""The loop of MuseTalk's own realtime script, on the same card: what ours is compared with.

Its repository must lie in `originals/MuseTalk` (never committed); of it only the blending is
imported. The networks are diffusers', as its script builds them, with numbers drawn by lot.
"""

from __future__ import annotations

import importlib
import sys
from statistics import median
from typing import Any

import numpy as np
import torch

from benchmarks.gpu_face import FULL, ORIGINAL, drawn, timed
from benchmarks.report import Figure, spread
from modules.avatar.musetalk.unet import released
from modules.avatar.musetalk.vae import released_vae

BATCH = 20
"""As in its script."""


def rows(own: list[Figure], rounds: int) -> list[Figure]:
    """Return the original's frames a second, and how many times faster ours is."""
    rates = rate(rounds)
    ours = max(figure.value for figure in own if "batch of" in figure.name)
    detail = spread(rates, "frames/s")
    return [
        Figure("MuseTalk, the original's loop", median(rates), "frames/s", detail=detail),
        Figure("MuseTalk: times the original", ours / median(rates), "x"),
    ]


def rate(rounds: int) -> list[float]:
    """Return frames a second of batches in halves: positions, UNet at time 0, decoding, copying,
    and resizing and blending frame by frame.
    """
    import cv2

    sys.path.insert(0, str(ORIGINAL.resolve()))
    blend = importlib.import_module("musetalk.utils.blending").get_image_blending
    kind: dict[str, Any] = {"device": "cuda", "dtype": torch.float16}
    unet: Any = drawn(released(FULL[0]).to_empty(device="cuda")).half().eval()
    vae: Any = drawn(released_vae(FULL[1]).to_empty(device="cuda")).half().eval()
    latents, heard = torch.randn(BATCH, 8, 32, 32, **kind), torch.randn(BATCH, 50, 384, **kind)
    clock = torch.tensor([0], device="cuda")
    frame, mask = np.full((512, 512, 3), 128, np.uint8), np.full((308, 308, 3), 200, np.uint8)
    box, square = [171, 170, 341, 360], [102, 111, 410, 419]

    @torch.no_grad()
    def batch() -> None:
        painted = unet(latents, clock, encoder_hidden_states=heard).sample
        decoded = vae.decode(painted / 0.18215).sample
        planes = (decoded / 2 + 0.5).clamp(0, 1).cpu().permute(0, 2, 3, 1).float().numpy()
        for face in (planes * 255).round().astype("uint8")[..., ::-1]:
            fitted = cv2.resize(face, (box[2] - box[0], box[3] - box[1]))
            blend(frame.copy(), fitted, box, mask, square)

    batch()
    return [BATCH / timed(batch) for _ in range(rounds)]
