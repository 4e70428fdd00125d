"""How a head moves while it speaks (upstream's audio2pose): chance, a style, and what is heard."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from modules.avatar.wav2lip.network import audio_encoder

POSE = 6
"""Three angles in radians and a translation."""
BLOCK = 32
"""Frames that are moved at once."""
CHANCE = 64
STYLES = 46
_HEARD = 512

Draw = Callable[[int], Tensor]
"""Gives the chance [1, 64] of a block by its number."""


class Residual(nn.Module):
    """Two convolutions, each behind its norm; `step` halves or keeps the rows."""

    def __init__(self, before: int, after: int, step: int | tuple[int, int]) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.BatchNorm2d(before), nn.ReLU(), nn.Conv2d(before, after, 3, step, 1),
            nn.BatchNorm2d(after), nn.ReLU(), nn.Conv2d(after, after, 3, padding=1),
        )  # fmt: skip
        self.conv_skip = nn.Sequential(nn.Conv2d(before, after, 3, step, 1), nn.BatchNorm2d(after))

    def forward(self, image: Tensor) -> Tensor:
        """Return [n, after, h, w]."""
        made: Tensor = self.conv_block(image) + self.conv_skip(image)
        return made


class Doubling(nn.Module):
    """Doubles the rows."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.upsample = nn.ConvTranspose2d(channels, channels, (2, 1), (2, 1))

    def forward(self, image: Tensor, skip: Tensor) -> Tensor:
        """Return [n, both, 2 h, w]: what was doubled, and what was there before it was halved."""
        return torch.cat([self.upsample(image), skip], dim=1)


class ResUnet(nn.Module):
    """Smooths motion, taken as a picture [n, 1, frames, 6], over time."""

    def __init__(self) -> None:
        super().__init__()
        self.input_layer = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1),
        )  # fmt: skip
        self.input_skip = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1))
        self.residual_conv_1 = Residual(32, 64, (2, 1))
        self.residual_conv_2 = Residual(64, 128, (2, 1))
        self.bridge = Residual(128, 256, (2, 1))
        self.upsample_1 = Doubling(256)
        self.up_residual_conv1 = Residual(256 + 128, 128, 1)
        self.upsample_2 = Doubling(128)
        self.up_residual_conv2 = Residual(128 + 64, 64, 1)
        self.upsample_3 = Doubling(64)
        self.up_residual_conv3 = Residual(64 + 32, 32, 1)
        self.output_layer = nn.Sequential(nn.Conv2d(32, 1, 1), nn.Sigmoid())

    def forward(self, image: Tensor) -> Tensor:
        """Return a picture of the same shape, 0 to 1."""
        first = self.input_layer(image) + self.input_skip(image)
        second = self.residual_conv_1(first)
        third = self.residual_conv_2(second)
        made = self.upsample_1(self.bridge(third), third)
        made = self.upsample_2(self.up_residual_conv1(made), second)
        made = self.upsample_3(self.up_residual_conv2(made), first)
        smooth: Tensor = self.output_layer(self.up_residual_conv3(made))
        return smooth


class PoseDecoder(nn.Module):
    """The half of the variational autoencoder that makes motion."""

    def __init__(self) -> None:
        super().__init__()
        wide = BLOCK * POSE
        self.MLP = nn.Sequential(
            OrderedDict(
                L0=nn.Linear(POSE + CHANCE + wide, 128),
                A0=nn.ReLU(),
                L1=nn.Linear(128, wide),
                sigmoid=nn.Sigmoid(),
            )
        )
        self.resunet = ResUnet()
        self.pose_linear = nn.Linear(POSE, POSE)
        self.linear_audio = nn.Linear(_HEARD, POSE)
        self.classbias = nn.Parameter(torch.zeros(STYLES, CHANCE))

    def forward(self, chance: Tensor, pose: Tensor, heard: Tensor, style: int) -> Tensor:
        """Return how 32 frames differ from `pose`, [1, 32, 6]; `heard` [1, 32, 512]."""
        moved = chance + self.classbias[style]
        mixed = torch.cat([pose, moved, self.linear_audio(heard).flatten(1)], dim=1)
        image = self.MLP(mixed).reshape(-1, 1, BLOCK, POSE)
        made: Tensor = self.pose_linear(self.resunet(image)[:, 0])
        return made


class _Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.audio_encoder = audio_encoder()

    def forward(self, mels: Tensor) -> Tensor:
        heard: Tensor = self.audio_encoder(mels)
        return heard.flatten(1)


class _Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.decoder = PoseDecoder()


class AudioToPose(nn.Module):
    """Moments of mel into poses, each block of frames with a chance of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.audio_encoder = _Encoder()
        self.netG = _Generator()

    def hear(self, mels: Tensor) -> Tensor:
        """Return [n, 512] of moments [n, 1, 80, 16]."""
        heard: Tensor = self.audio_encoder(mels)
        return heard

    def forward(self, mels: Tensor, pose: Tensor, style: int, draw: Draw) -> Tensor:
        """Return poses [n, 6] of moments [n, 1, 80, 16], the first of them `pose` [1, 6].

        The last block, where it is not full, hears the last 32 moments, or all there are behind
        copies of the first.
        """
        decoder, heard = self.netG.decoder, self.hear(mels)
        frames = len(mels) - 1
        motions = [torch.zeros_like(pose)]
        for block in range(frames // BLOCK):
            part = heard[1 + block * BLOCK :][:BLOCK]
            motions.append(decoder(draw(block), pose, part[None], style)[0])
        if rest := frames % BLOCK:
            part = heard[-BLOCK:]
            part = functional.pad(part[None], (0, 0, BLOCK - len(part), 0), mode="replicate")
            motions.append(decoder(draw(frames // BLOCK), pose, part, style)[0, -rest:])
        return pose + torch.cat(motions)
