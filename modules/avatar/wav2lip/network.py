"""The network: a face without its mouth, another face for how it looks, and a moment of sound.

The checkpoint's own names of layers; batch norm is folded into the convolutions when it is loaded
(`checkpoint.py`). Figures from upstream's models/wav2lip.py.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

Step = int | tuple[int, int]


class Block(nn.Module):
    """A convolution, batch norm, and ReLU; `residual` adds what came in before the ReLU."""

    def __init__(
        self, before: int, after: int, size: int, step: Step, pad: int, *, residual: bool = False
    ) -> None:
        super().__init__()
        self.residual = residual
        self.conv_block = nn.Sequential(
            nn.Conv2d(before, after, size, step, pad), nn.BatchNorm2d(after)
        )

    def forward(self, picture: Tensor) -> Tensor:
        """Return [n, after, h, w]."""
        made: Tensor = self.conv_block(picture)
        return functional.relu(made + picture if self.residual else made)


class Rising(nn.Module):
    """A transposed convolution, batch norm, and ReLU."""

    def __init__(self, before: int, after: int, step: int, pad: int) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ConvTranspose2d(before, after, 3, step, pad, output_padding=step - 1),
            nn.BatchNorm2d(after),
        )

    def forward(self, picture: Tensor) -> Tensor:
        """Return [n, after, h, w], twice as large where the step is 2."""
        return functional.relu(self.conv_block(picture))


def audio_encoder() -> nn.Sequential:
    """Return what makes a moment of mel [n, 1, 80, 16] into [n, 512, 1, 1]; SadTalker has two."""
    return nn.Sequential(
        Block(1, 32, 3, 1, 1), *_same(32, 2),
        Block(32, 64, 3, (3, 1), 1), *_same(64, 2),
        Block(64, 128, 3, 3, 1), *_same(128, 2),
        Block(128, 256, 3, (3, 2), 1), *_same(256, 1),
        Block(256, 512, 3, 1, 0), Block(512, 512, 1, 1, 0),
    )  # fmt: skip


class Wav2Lip(nn.Module):
    """Faces [n, 6, 96, 96], the masked one first, BGR, 0 to 1, and mels [n, 1, 80, 16]: faces."""

    def __init__(self) -> None:
        super().__init__()
        self.face_encoder_blocks = nn.ModuleList(
            [
                nn.Sequential(Block(6, 16, 7, 1, 3)),
                nn.Sequential(Block(16, 32, 3, 2, 1), *_same(32, 2)),
                nn.Sequential(Block(32, 64, 3, 2, 1), *_same(64, 3)),
                nn.Sequential(Block(64, 128, 3, 2, 1), *_same(128, 2)),
                nn.Sequential(Block(128, 256, 3, 2, 1), *_same(256, 2)),
                nn.Sequential(Block(256, 512, 3, 2, 1), *_same(512, 1)),
                nn.Sequential(Block(512, 512, 3, 1, 0), Block(512, 512, 1, 1, 0)),
            ]
        )
        self.audio_encoder = audio_encoder()
        self.face_decoder_blocks = nn.ModuleList(
            [
                nn.Sequential(Block(512, 512, 1, 1, 0)),
                nn.Sequential(Rising(1024, 512, 1, 0), *_same(512, 1)),
                nn.Sequential(Rising(1024, 512, 2, 1), *_same(512, 2)),
                nn.Sequential(Rising(768, 384, 2, 1), *_same(384, 2)),
                nn.Sequential(Rising(512, 256, 2, 1), *_same(256, 2)),
                nn.Sequential(Rising(320, 128, 2, 1), *_same(128, 2)),
                nn.Sequential(Rising(160, 64, 2, 1), *_same(64, 2)),
            ]
        )
        self.output_block = nn.Sequential(Block(80, 32, 3, 1, 1), nn.Conv2d(32, 3, 1), nn.Sigmoid())

    def encode(self, faces: Tensor) -> list[Tensor]:
        """Return what each stage of the face encoder makes, the deepest last."""
        made = []
        for block in self.face_encoder_blocks:
            faces = block(faces)
            made.append(faces)
        return made

    def forward(self, mels: Tensor, faces: Tensor) -> Tensor:
        """Return faces [n, 3, 96, 96], BGR, 0 to 1."""
        skips = self.encode(faces)
        picture = self.audio_encoder(mels)
        for block in self.face_decoder_blocks:
            picture = torch.cat([block(picture), skips.pop()], dim=1)
        made: Tensor = self.output_block(picture)
        return made


def _same(channels: int, count: int) -> list[Block]:
    return [Block(channels, channels, 3, 1, 1, residual=True) for _ in range(count)]
