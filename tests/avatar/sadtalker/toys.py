"""The networks with a generator of a few lines, which shows how far keypoints have moved."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor, nn

from modules.avatar.sadtalker.checkpoint import SadTalker
from modules.avatar.sadtalker.generator import Source
from modules.messages import FACE_POINTS, ByteArray, FloatArray, Portrait
from tests.avatar.wav2lip.test_painter import face_points

POINTS = face_points(256, 220, 90)


class ToyGenerator(nn.Module):
    """Shifts the colours of the portrait by the mean shift of the keypoints."""

    def source(self, picture: Tensor) -> Source:
        """Keep the picture."""
        return Source(picture, picture)

    def forward(self, source: Source, driving: Tensor, standing: Tensor) -> Tensor:
        """Return pictures [n, 3, 256, 256]."""
        shift = (driving - standing).mean(dim=1)[:, :, None, None]
        return (source.features + shift).clamp(0, 1)


class Toys(nn.Module):
    """The five networks, four of them real."""

    def __init__(self, networks: SadTalker) -> None:
        super().__init__()
        self.kp_extractor = networks.kp_extractor
        self.audio2exp = networks.audio2exp
        self.audio2pose = networks.audio2pose
        self.face_3drecon = networks.face_3drecon
        self.generator = ToyGenerator()


def toys(networks: SadTalker) -> Any:
    """Return the networks with a toy for the one that takes seconds a frame."""
    return Toys(networks)


def portrait_picture() -> ByteArray:
    """Return a smooth picture, uint8 [512, 512, 3]."""
    y, x = np.mgrid[:512, :512] / 511
    waves = np.stack([np.sin(5 * x + 3 * y), np.cos(4 * y), np.sin(7 * x * y)], -1)
    return np.asarray(128 + 60 * waves, np.uint8)


def portrait() -> Portrait:
    """Return a portrait whose points lie where a face would have them."""
    places = {
        "left_iris": (-30, -20), "right_iris": (30, -20), "nose_base": (0, 25), "chin": (0, 95),
        "mouth_left": (-25, 55), "mouth_right": (25, 55), "jaw_left": (-60, 50),
        "jaw_right": (60, 50),
    }  # fmt: skip
    points = [
        places.get(name, (-40 if "left" in name else 40 if "right" in name else 0, _height(name)))
        for name in FACE_POINTS
    ]
    marked: FloatArray = np.array(points, np.float32) * 1.5 + np.float32(240)
    return Portrait("face", "Linh", portrait_picture(), marked)


def _height(name: str) -> int:
    heights = {"brow": -45, "eye": -20, "upper": 50, "lower": 62}
    return next((high for part, high in heights.items() if part in name), 0)
