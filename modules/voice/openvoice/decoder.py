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
        self._blocks, self._rates = len(config.block_kernels), config.upsample_rates

    def forward(self, latents: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the sound; of the speaker's condition only the bias counts (`zero_g`).

        Where a mask [1, 1, frames] is 0 (and the latents are), it sounds as if they ended there.
        """
        bias = self.cond.bias
        assert bias is not None
        wave = self.conv_pre(latents) + bias[None, :, None]
        for stage, up in enumerate(self.ups):
            wave = up(within(functional.leaky_relu(wave, _SLOPE), mask))
            mask = None if mask is None else mask.repeat_interleave(self._rates[stage], dim=-1)
            blocks = self.resblocks[stage * self._blocks : (stage + 1) * self._blocks]
            total = blocks[0](wave, mask)
            for block in blocks[1:]:
                total += block(wave, mask)
            wave = total / self._blocks
        return torch.tanh(self.conv_post(within(functional.leaky_relu(wave, _LAST_SLOPE), mask)))


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

    def forward(self, wave: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return sound of the same shape; behind a mask it has no meaning."""
        for dilated, plain in zip(self.convs1, self.convs2, strict=True):
            changed = dilated(within(functional.leaky_relu(wave, _SLOPE), mask))
            wave = wave + plain(within(functional.leaky_relu(changed, _SLOPE), mask))
        return wave


def within(wave: Tensor, mask: Tensor | None) -> Tensor:
    """Return a wave with zeros behind its end: what a convolution sees behind one that ends."""
    return wave if mask is None else wave * mask
