"""The 15 keypoints of a face in space: found in the portrait, then turned, shifted and bent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from modules.avatar.sadtalker.mapping import Motion

KEYPOINTS = 15
_DEPTH = 16
_SHRINK = 4
_BLUR, _BLUR_REACH = 1.5, 6
_TEMPERATURE = 0.1
_BIN, _LOWEST = 3.0, 99.0
"""Degrees of a bin of angles, and minus the first of them."""
_PI = 3.14
"""As upstream has it; the network was trained with it."""


class ConvNorm(nn.Module):
    """A convolution and its batch norm, which is folded into it when weights are loaded."""

    def __init__(self, before: int, after: int, dims: int, size: int = 3) -> None:
        super().__init__()
        convolution, norm = (
            (nn.Conv2d, nn.BatchNorm2d) if dims == 2 else (nn.Conv3d, nn.BatchNorm3d)
        )
        self.conv: nn.Module = convolution(before, after, size, padding=size // 2)
        self.norm: nn.Module = norm(after)

    def forward(self, values: Tensor) -> Tensor:
        """Return [n, after, ...], never negative."""
        return functional.relu(self.norm(self.conv(values)))


class _Predictor(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        widths = (3, 64, 128, 256, 512, 1024)
        self.down_blocks = nn.Sequential()
        for level in range(5):
            self.down_blocks.add_module(
                f"down{level}", ConvNorm(widths[level], widths[level + 1], 2)
            )
        self.conv = nn.Conv2d(widths[-1], widths[-1] * _DEPTH, 1)
        self.up_blocks = nn.Sequential()
        heights = (1024, 512, 256, 128, 64, 32)
        for level in range(5):
            self.up_blocks.add_module(f"up{level}", ConvNorm(heights[level], heights[level + 1], 3))

    def forward(self, picture: Tensor) -> Tensor:
        for down in self.down_blocks:
            picture = functional.avg_pool2d(down(picture), 2)
        space = self.conv(picture).unflatten(1, (-1, _DEPTH))
        for up in self.up_blocks:
            space = up(functional.interpolate(space, scale_factor=(1, 2, 2)))
        made: Tensor = space
        return made


class KeypointDetector(nn.Module):
    """Finds a face's keypoints as they would be if it looked straight ahead and did nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.predictor = _Predictor()
        self.kp = nn.Conv3d(32, KEYPOINTS, 3, padding=1)
        self.down = _Shrink()

    def forward(self, picture: Tensor) -> Tensor:
        """Return [n, 15, 3], x, y and z from -1 to 1, of pictures [n, 3, 256, 256]."""
        logits = self.kp(self.predictor(self.down(picture)))
        chances = (logits.flatten(2) / _TEMPERATURE).softmax(dim=2)
        places = grid(logits.shape[2:], logits).flatten(0, 2)
        found: Tensor = chances @ places
        return found


class _Shrink(nn.Module):
    """Takes every fourth pixel of a picture that was blurred."""

    def __init__(self) -> None:
        super().__init__()
        steps = torch.arange(-_BLUR_REACH, _BLUR_REACH + 1, dtype=torch.float32)
        bell = torch.exp(-(steps**2) / (2 * _BLUR**2))
        both = bell[:, None] * bell[None]
        self.register_buffer("weight", (both / both.sum()).expand(3, 1, -1, -1).clone())

    def forward(self, picture: Tensor) -> Tensor:
        kernel = self.get_buffer("weight")
        blurred = functional.conv2d(picture, kernel, padding=_BLUR_REACH, groups=3)
        return blurred[:, :, ::_SHRINK, ::_SHRINK]


def grid(shape: torch.Size, like: Tensor) -> Tensor:
    """Return the places of a volume, [d, h, w, 3]: x, y, z, with -1 and 1 at the ends."""
    axes = [torch.linspace(-1, 1, size, device=like.device, dtype=torch.float32) for size in shape]
    z, y, x = torch.meshgrid(*axes, indexing="ij")
    return torch.stack([x, y, z], dim=-1).to(like.dtype)


def degrees(logits: Tensor) -> Tensor:
    """Return angles [n] in degrees of the chances of their bins [n, 66]."""
    bins = torch.arange(logits.shape[1], device=logits.device, dtype=logits.dtype)
    return (logits.softmax(dim=1) * bins).sum(dim=1) * _BIN - _LOWEST


def rotation(yaw: Tensor, pitch: Tensor, roll: Tensor) -> Tensor:
    """Return matrices [n, 3, 3] of angles [n] in degrees: about x, then y, then z."""
    angles = torch.stack([pitch, yaw, roll]) / 180 * _PI
    (cx, cy, cz), (sx, sy, sz) = angles.cos(), angles.sin()
    one, zero = torch.ones_like(cx), torch.zeros_like(cx)
    about_x = _matrix(one, zero, zero, zero, cx, -sx, zero, sx, cx)
    about_y = _matrix(cy, zero, sy, zero, one, zero, -sy, zero, cy)
    about_z = _matrix(cz, -sz, zero, sz, cz, zero, zero, zero, one)
    turned: Tensor = about_x @ about_y @ about_z
    return turned


def _matrix(*entries: Tensor) -> Tensor:
    return torch.stack(entries, dim=-1).reshape(-1, 3, 3)


def moved(canonical: Tensor, motion: Motion) -> Tensor:
    """Return keypoints [n, 15, 3] as n frames have them; `canonical` is [1 or n, 15, 3].

    Only the vertical part of the shift counts.
    """
    turned = rotation(degrees(motion.yaw), degrees(motion.pitch), degrees(motion.roll))
    upright = motion.shift * motion.shift.new_tensor([0, 1, 0])
    bent = motion.bending.reshape(-1, KEYPOINTS, 3)
    made: Tensor = canonical @ turned.transpose(1, 2) + upright[:, None] + bent
    return made
