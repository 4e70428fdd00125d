"""The converter's ear for who speaks: a spectrogram into one vector."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from modules.voice.openvoice.config import Config

_CHANNELS = (1, 32, 32, 64, 64, 128, 128)
_MEMORY = 128


class ReferenceEncoder(nn.Module):
    """Six strided convolutions and a recurrent layer, whose last state is the speaker."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.layernorm = nn.LayerNorm(config.spectrum)
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride=2, padding=1)
            for before, after in pairwise(_CHANNELS)
        )
        width = config.spectrum
        for _ in self.convs:
            width = (width - 1) // 2 + 1
        self.gru = nn.GRU(_CHANNELS[-1] * width, _MEMORY, batch_first=True)
        self.proj = nn.Linear(_MEMORY, config.speaker)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Return [1, 256] for a spectrogram [1, frames, bins]."""
        picture = self.layernorm(spectrogram).unsqueeze(1)
        for layer in self.convs:
            picture = functional.relu(layer(picture))
        steps = picture.transpose(1, 2).flatten(2)
        _, last = self.gru(steps)
        found: Tensor = self.proj(last[0])
        return found
