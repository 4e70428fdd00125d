"""The portrait, moved: its features are taken along and painted anew (OcclusionAwareSPADE)."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional

from modules.avatar.sadtalker.keypoints import ConvNorm
from modules.avatar.sadtalker.motion import DenseMotion
from modules.avatar.sadtalker.spade import SpadeDecoder

DEPTH = 16


class Source(NamedTuple):
    """What the generator knows of a portrait: it is computed once."""

    features: Tensor
    """[1, 32, 16, 64, 64]"""
    compressed: Tensor
    """[1, 4, 16, 64, 64]"""


class Residual3d(nn.Module):
    """Two convolutions, each behind its norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv3d(channels, channels, 3, padding=1)
        self.norm1 = nn.BatchNorm3d(channels)
        self.norm2 = nn.BatchNorm3d(channels)

    def forward(self, space: Tensor) -> Tensor:
        """Return the same shape."""
        made = self.conv1(functional.relu(self.norm1(space)))
        made = self.conv2(functional.relu(self.norm2(made)))
        summed: Tensor = made + space
        return summed


class _Third(ConvNorm):
    def forward(self, picture: Tensor) -> Tensor:
        return functional.leaky_relu(self.norm(self.conv(picture)), 0.01)


class Generator(nn.Module):
    """Keypoints of a portrait and of a frame into the frame."""

    def __init__(self) -> None:
        super().__init__()
        self.dense_motion_network = DenseMotion()
        self.first = ConvNorm(3, 64, 2)
        self.down_blocks = nn.ModuleList([ConvNorm(64, 128, 2), ConvNorm(128, 256, 2)])
        self.second = nn.Conv2d(256, 32 * DEPTH, 1)
        self.resblocks_3d = nn.Sequential(
            OrderedDict((f"3dr{k}", Residual3d(32)) for k in range(6))
        )
        self.third = _Third(32 * DEPTH, 256, 2)
        self.fourth = nn.Conv2d(256, 256, 1)
        self.decoder = SpadeDecoder()

    def source(self, picture: Tensor) -> Source:
        """Return what is known of a portrait [1, 3, 256, 256], RGB, 0 to 1."""
        made = self.first(picture)
        for down in self.down_blocks:
            made = functional.avg_pool2d(down(made), 2)
        features = self.resblocks_3d(self.second(made).unflatten(1, (32, DEPTH)))
        return Source(features, self.dense_motion_network.compressed(features))

    def forward(self, source: Source, driving: Tensor, standing: Tensor) -> Tensor:
        """Return frames [n, 3, 256, 256], RGB, 0 to 1.

        `driving` [n, 15, 3] are the frames' keypoints, `standing` [1, 15, 3] the portrait's.
        """
        standing = standing.expand(len(driving), -1, -1)
        where, seen = self.dense_motion_network(source.compressed, driving, standing)
        features = source.features.expand(len(driving), -1, -1, -1, -1)
        taken = functional.grid_sample(features.to(where.dtype), where, align_corners=False)
        moved = self.third(taken.flatten(1, 2).to(features.dtype))
        made: Tensor = self.decoder(self.fourth(moved) * seen)
        return made
