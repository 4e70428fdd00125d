"""The face model's coefficients of a picture (Deng et al. 2019, "Accurate 3D Face Reconstruction
with Weakly-Supervised Learning"): a ResNet-50 and seven linear layers.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

SIDE = 224
_SIZES = (80, 64, 80, 3, 27, 2, 1)
"""Identity, expression, texture, angles, light, shift across, shift along the view."""
_LAYERS = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))


class Coefficients(NamedTuple):
    """Of n pictures: expression [n, 64], angles [n, 3] in radians, shift [n, 3]."""

    expression: Tensor
    angles: Tensor
    shift: Tensor


class Bottleneck(nn.Module):
    """A block of ResNet-50 (He et al. 2016), as torchvision names and strides it."""

    def __init__(self, before: int, width: int, step: int) -> None:
        super().__init__()
        after = 4 * width
        self.conv1 = nn.Conv2d(before, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, step, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, after, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        self.downsample = (
            nn.Sequential(nn.Conv2d(before, after, 1, step, bias=False), nn.BatchNorm2d(after))
            if before != after
            else None
        )

    def forward(self, picture: Tensor) -> Tensor:
        """Return [n, 4 width, h, w]."""
        made = functional.relu(self.bn1(self.conv1(picture)))
        made = functional.relu(self.bn2(self.conv2(made)))
        made = self.bn3(self.conv3(made))
        short = picture if self.downsample is None else self.downsample(picture)
        return functional.relu(made + short)


class Backbone(nn.Module):
    """ResNet-50 without its last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        before = 64
        for number, (width, count, step) in enumerate(_LAYERS, start=1):
            blocks = [Bottleneck(before, width, step)]
            before = 4 * width
            blocks += [Bottleneck(before, width, 1) for _ in range(count - 1)]
            self.add_module(f"layer{number}", nn.Sequential(*blocks))

    def forward(self, picture: Tensor) -> Tensor:
        """Return [n, 2048, 1, 1]."""
        made = functional.relu(self.bn1(self.conv1(picture)))
        made = functional.max_pool2d(made, 3, 2, 1)
        for number in range(1, 5):
            made = self.get_submodule(f"layer{number}")(made)
        return made.mean(dim=(2, 3), keepdim=True)


class FaceReconstruction(nn.Module):
    """Pictures [n, 3, 224, 224], RGB, 0 to 1, into coefficients."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.final_layers = nn.ModuleList(nn.Conv2d(2048, size, 1) for size in _SIZES)

    def every(self, picture: Tensor) -> Tensor:
        """Return all coefficients [n, 257]."""
        found = self.backbone(picture)
        return torch.cat([layer(found) for layer in self.final_layers], dim=1).flatten(1)

    def forward(self, picture: Tensor) -> Coefficients:
        """Return those that motion is made of."""
        parts = torch.split(self.every(picture), list(_SIZES), dim=1)
        return Coefficients(parts[1], parts[3], torch.cat(parts[5:], dim=1))
