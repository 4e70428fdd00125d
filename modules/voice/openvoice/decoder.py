"""The converter's vocoder: HiFi-GAN, version 1 (Kong, Kim and Bae 2020)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from modules.voice.openvoice.config import Config

_SLOPE = 0.1
_LAST_SLOPE = 0.01
"""Upstream leaves the last slope at torch's default."""


class Decoder(nn.Module):
    """From latents [1, 192, frames] to sound [1, 1, frames * hop] in [-1, 1]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        channels = config.decoder_channels
        self.conv_pre = nn.Conv1d(config.latent, channels, 7, padding=3)
        self.cond = nn.Conv1d(config.speaker, channels, 1)
        self.ups = nn.ModuleList()
        self.resblocks = nn.ModuleList()
        for rate, kernel in zip(config.upsample_rates, config.upsample_kernels, strict=True):
            channels //= 2
            self.ups.append(
                nn.ConvTranspose1d(
                    2 * channels, channels, kernel, rate, padding=(kernel - rate) // 2
                )
            )
            self.resblocks.extend(
                ResidualBlock(channels, width, dilations)
                for width, dilations in zip(
                    config.block_kernels, config.block_dilations, strict=True
                )
            )
        self.conv_post = nn.Conv1d(channels, 1, 7, padding=3, bias=False)
        self._blocks = len(config.block_kernels)

    def forward(self, latents: Tensor) -> Tensor:
        """Return the sound; of the speaker's condition only the bias counts (`zero_g`)."""
        bias = self.cond.bias
        assert bias is not None
        wave = self.conv_pre(latents) + bias[None, :, None]
        for stage, up in enumerate(self.ups):
            wave = up(functional.leaky_relu(wave, _SLOPE))
            blocks = self.resblocks[stage * self._blocks : (stage + 1) * self._blocks]
            total = blocks[0](wave)
            for block in blocks[1:]:
                total += block(wave)
            wave = total / self._blocks
        return torch.tanh(self.conv_post(functional.leaky_relu(wave, _LAST_SLOPE)))


class ResidualBlock(nn.Module):
    """Three pairs of convolutions, the first of each dilated."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, dilation=each, padding=each * (kernel - 1) // 2)
            for each in dilations
        )
        self.convs2 = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, padding=(kernel - 1) // 2) for _ in dilations
        )

    def forward(self, wave: Tensor) -> Tensor:
        """Return sound of the same shape."""
        for dilated, plain in zip(self.convs1, self.convs2, strict=True):
            changed = dilated(functional.leaky_relu(wave, _SLOPE))
            wave = wave + plain(functional.leaky_relu(changed, _SLOPE))
        return wave
