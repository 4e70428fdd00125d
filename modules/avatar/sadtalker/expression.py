"""What a face does with its mouth and eyes while it speaks (upstream's audio2exp)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from modules.avatar.wav2lip.network import audio_encoder

EXPRESSION = 64
"""Coefficients of the face model's expression (Deng et al. 2019)."""
_HEARD = 512


class AudioToExpression(nn.Module):
    """Moments of mel, the portrait's own expression, and how far lids are closed: expressions."""

    def __init__(self) -> None:
        super().__init__()
        self.audio_encoder = audio_encoder()
        self.mapping1 = nn.Linear(_HEARD + EXPRESSION + 1, EXPRESSION)

    def hear(self, mels: Tensor) -> Tensor:
        """Return [n, 512] of moments [n, 1, 80, 16]."""
        heard: Tensor = self.audio_encoder(mels)
        return heard.flatten(1)

    def forward(self, mels: Tensor, own: Tensor, lids: Tensor) -> Tensor:
        """Return expressions [n, 64]; `own` is [n, 64], `lids` [n, 1] from 0 (open) to 1."""
        made: Tensor = self.mapping1(torch.cat([self.hear(mels), own, lids], dim=1))
        return made
