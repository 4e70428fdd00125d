"""Pictures into latents and back: Stable Diffusion's autoencoder, and a tiny one for its latents.

The decoder is 78 % of what a frame costs; the tiny one (taesd) is 1 % of it, and blunter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from torch import Tensor, nn

from modules.avatar.musetalk.config import (
    FACE_SIZE,
    LATENT_CHANNELS,
    LATENT_SCALE,
    VAEConfig,
)  # fmt: skip
from modules.checkpoints import State, check, shapes

_NOW = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
_OLD = re.compile(r"(\.attentions\.\d+\.)(query|key|value|proj_attn)(\.\w+)$")
_PROJECTIONS = re.compile(r"\.attentions\.\d+\.to_(q|k|v|out\.0)\.weight$")


class Encoder(nn.Module):
    """From pictures [n, 3, 256, 256] in [-1, 1] to latents [n, 4, 32, 32]."""

    def __init__(self, source: Any) -> None:
        super().__init__()
        self.encoder = source.encoder
        self.quant_conv = source.quant_conv

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the middle of the posterior, scaled. (The original draws from it; its training
        used the middle, which makes preparation repeatable.)
        """
        middle: Tensor = self.quant_conv(self.encoder(pictures)).chunk(2, dim=1)[0]
        return LATENT_SCALE * middle


class Decoder(nn.Module):
    """From latents [n, 4, 32, 32] to pictures [n, 3, 256, 256] in [0, 1]."""

    def __init__(self, source: Any) -> None:
        super().__init__()
        self.post_quant_conv = source.post_quant_conv
        self.decoder = source.decoder

    def forward(self, latents: Tensor) -> Tensor:
        """Return the pictures."""
        made: Tensor = self.decoder(self.post_quant_conv(latents / LATENT_SCALE))
        return (made / 2 + 0.5).clamp(0, 1)


class TinyDecoder(nn.Module):
    """The same as `Decoder` by 1.2 M parameters: convolutions alone, on scaled latents."""

    def __init__(self, source: Any) -> None:
        super().__init__()
        self.decoder = source.decoder

    def forward(self, latents: Tensor) -> Tensor:
        """Return the pictures."""
        made: Tensor = self.decoder(latents)
        return (made / 2 + 0.5).clamp(0, 1)


def released_vae(config: VAEConfig) -> Any:
    """Return diffusers' autoencoder of a configuration, without memory for its weights."""
    levels = len(config.channels)
    with torch.device("meta"):
        return AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * levels,
            up_block_types=("UpDecoderBlock2D",) * levels,
            block_out_channels=config.channels,
            layers_per_block=config.layers,
            latent_channels=LATENT_CHANNELS,
            norm_num_groups=config.groups,
            sample_size=FACE_SIZE,
            scaling_factor=LATENT_SCALE,
        )


def released_tiny() -> Any:
    """Return diffusers' tiny autoencoder as taesd uses it, without memory for its weights."""
    with torch.device("meta"):
        return AutoencoderTiny()


def load_vae(state: State, config: VAEConfig, file: str) -> tuple[Encoder, Decoder]:
    """Return both halves of a released state dict, on the CPU in float32.

    Raises `WeightsRejected` "unreadable" where a key does not agree (`checkpoints.check`).
    """
    return _halves(released_vae(config), renamed(state), file)


def load_tiny(state: State, file: str) -> TinyDecoder:
    """Return the decoder of taesd's released state dict. Raises as `load_vae` does."""
    source = _loaded(released_tiny(), state, file)
    return TinyDecoder(source).eval().requires_grad_(False)


def renamed(state: Mapping[str, Tensor]) -> State:
    """Return a state dict with the attention's keys as they are spelled now, and its projections as
    matrices: files from before 2023 say "query" and may hold [512, 512, 1, 1].
    """
    made = {}
    for name, held in state.items():
        now = _OLD.sub(lambda found: found[1] + _NOW[found[2]] + found[3], name)
        flat = _PROJECTIONS.search(now) and held.ndim == 4 and held.shape[2:] == (1, 1)
        made[now] = held[:, :, 0, 0] if flat else held
    return made


def _halves(source: Any, state: State, file: str) -> tuple[Encoder, Decoder]:
    loaded = _loaded(source, state, file)
    encoder, decoder = Encoder(loaded), Decoder(loaded)
    return encoder.eval().requires_grad_(False), decoder.eval().requires_grad_(False)


def _loaded(source: Any, state: State, file: str) -> Any:
    check(state, shapes(source), file)
    source.load_state_dict(state, assign=True)
    return source
