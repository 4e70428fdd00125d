"""The painter of mouths: diffusers' UNet without its clock.

MuseTalk is no diffusion: one step, always at time 0. What every residual block adds for the time is
then one constant vector, which is folded into the bias of its first convolution; the time embedding
and 22 projections are gone (28 M of 850 M parameters).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional

from modules.avatar.musetalk.config import LATENT_CHANNELS, LATENT_SIZE, UNetConfig
from modules.checkpoints import State, check, shapes

_PROJECTION = ".time_emb_proj."
_EMBEDDING = "time_embedding."


class LipUNet(nn.Module):
    """From latents of a face with and without its lower half, and what is heard, to new latents."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        source = released(config)
        self.conv_in = source.conv_in
        self.down_blocks = source.down_blocks
        self.mid_block = source.mid_block
        self.up_blocks = source.up_blocks
        self.conv_norm_out = source.conv_norm_out
        self.conv_out = source.conv_out
        for module in self.modules():
            if isinstance(module, ResnetBlock2D):
                module.time_emb_proj = None

    def forward(self, latents: Tensor, heard: Tensor) -> Tensor:
        """Return [n, 4, 32, 32] for latents [n, 8, 32, 32] (masked first) and sound [n, 50, 384]
        with its positions added.
        """
        picture = self.conv_in(latents)
        kept = [picture]
        for block in self.down_blocks:
            picture, made = _run(block, picture, heard)
            kept += made
        picture = _run(self.mid_block, picture, heard)
        for block in self.up_blocks:
            count = len(cast("nn.ModuleList", block.resnets))
            skipped, kept = tuple(kept[-count:]), kept[:-count]
            picture = _run(block, picture, heard, res_hidden_states_tuple=skipped)
        found: Tensor = self.conv_out(functional.silu(self.conv_norm_out(picture)))
        return found


def _run(block: Any, picture: Tensor, heard: Tensor, **skips: Any) -> Any:
    if getattr(block, "has_cross_attention", False):
        return block(picture, temb=None, encoder_hidden_states=heard, **skips)
    return block(picture, temb=None, **skips)


def released(config: UNetConfig) -> Any:
    """Return diffusers' network of a configuration, without memory for its weights."""
    below = ("CrossAttnDownBlock2D",) * (len(config.channels) - 1)
    above = ("CrossAttnUpBlock2D",) * (len(config.channels) - 1)
    with torch.device("meta"):
        return UNet2DConditionModel(
            sample_size=LATENT_SIZE,
            in_channels=2 * LATENT_CHANNELS,
            out_channels=LATENT_CHANNELS,
            down_block_types=(*below, "DownBlock2D"),
            up_block_types=("UpBlock2D", *above),
            block_out_channels=config.channels,
            layers_per_block=config.layers,
            attention_head_dim=config.heads,
            norm_num_groups=config.groups,
            cross_attention_dim=config.audio,
        )


def load_unet(state: State, config: UNetConfig, file: str) -> LipUNet:
    """Return the network of a released state dict, on the CPU in float32.

    Raises `WeightsRejected` "unreadable" where a key does not agree (`checkpoints.check`).
    """
    check(state, shapes(released(config)), file)
    network = LipUNet(config)
    network.load_state_dict(folded(state, config), assign=True)
    return network.eval().requires_grad_(False)


def folded(state: Mapping[str, Tensor], config: UNetConfig) -> State:
    """Return a released state dict with the time of every block in its first bias."""
    time = functional.silu(_time(state, config))
    made = {
        name: held
        for name, held in state.items()
        if _PROJECTION not in name and not name.startswith(_EMBEDDING)
    }
    for name, weight in state.items():
        if name.endswith(f"{_PROJECTION}weight"):
            block = name.removesuffix(f"{_PROJECTION}weight")
            added = functional.linear(time, weight, state[f"{block}{_PROJECTION}bias"])
            made[f"{block}.conv1.bias"] = made[f"{block}.conv1.bias"] + added
    return made


def _time(state: Mapping[str, Tensor], config: UNetConfig) -> Tensor:
    # The sinusoids of time 0, cosines first ("flip_sin_to_cos").
    half = config.channels[0] // 2
    clock = torch.cat([torch.ones(half), torch.zeros(half)])
    for layer in ("linear_1", "linear_2"):
        if layer == "linear_2":
            clock = functional.silu(clock)
        weight, bias = (state[f"{_EMBEDDING}{layer}.{part}"] for part in ("weight", "bias"))
        clock = functional.linear(clock, weight, bias)
    return clock
