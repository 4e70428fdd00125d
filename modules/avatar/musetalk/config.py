"""The shapes of the three networks, as their released configurations give them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from modules.errors import WeightsRejected

LATENT_CHANNELS = 4
LATENT_SCALE = 0.18215
"""Latents are the autoencoder's times this (Rombach et al. 2022, code of Stable Diffusion 1)."""
FACE_SIZE = 256
LATENT_SIZE = FACE_SIZE // 8

Config = TypeVar("Config")


@dataclass(frozen=True, slots=True)
class UNetConfig:
    """The painter: Stable Diffusion 1.4's UNet with eight channels in and a narrow ear.

    `heads` stands as "attention_head_dim" in the file, which for this family counts heads.
    """

    channels: tuple[int, ...]
    layers: int
    heads: int
    groups: int
    audio: int


@dataclass(frozen=True, slots=True)
class VAEConfig:
    """The autoencoder between pictures and latents."""

    channels: tuple[int, ...]
    layers: int
    groups: int


@dataclass(frozen=True, slots=True)
class EarConfig:
    """Whisper's encoder. `positions` are rows of 20 ms: 30 seconds in all."""

    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    mels: int


def read_unet(path: Path) -> UNetConfig:
    """Return the configuration in a released musetalk.json.

    Raises `WeightsRejected` "unreadable" for a damaged file or one of another network.
    """
    return _read(path, _unet)


def read_vae(path: Path) -> VAEConfig:
    """Return the configuration in the config.json of sd-vae-ft-mse. Raises as `read_unet` does."""
    return _read(path, _vae)


def read_ear(path: Path) -> EarConfig:
    """Return the configuration in the config.json of whisper-tiny. Raises as `read_unet` does."""
    return _read(path, _ear)


def _read(path: Path, made: Callable[[dict[str, Any]], Config]) -> Config:
    try:
        return made(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = str(error) if type(error) is ValueError else type(error).__name__
        raise WeightsRejected("unreadable", file=path.name, why=why) from error


def _unet(held: dict[str, Any]) -> UNetConfig:
    channels = _integers(held["block_out_channels"])
    below = ["CrossAttnDownBlock2D"] * (len(channels) - 1)
    above = ["CrossAttnUpBlock2D"] * (len(channels) - 1)
    _known(
        held,
        {
            "_class_name": "UNet2DConditionModel",
            "in_channels": 2 * LATENT_CHANNELS,
            "out_channels": LATENT_CHANNELS,
            "act_fn": "silu",
            "center_input_sample": False,
            "down_block_types": [*below, "DownBlock2D"],
            "up_block_types": ["UpBlock2D", *above],
            "downsample_padding": 1,
            "flip_sin_to_cos": True,
            "freq_shift": 0,
            "mid_block_scale_factor": 1,
            "norm_eps": 1e-5,
        },
    )
    config = UNetConfig(
        channels,
        int(held["layers_per_block"]),
        int(held["attention_head_dim"]),
        int(held["norm_num_groups"]),
        int(held["cross_attention_dim"]),
    )
    _divides(channels, config.groups)
    _divides(channels, config.heads)
    return config


def _vae(held: dict[str, Any]) -> VAEConfig:
    channels = _integers(held["block_out_channels"])
    _known(
        held,
        {
            "_class_name": "AutoencoderKL",
            "in_channels": 3,
            "out_channels": 3,
            "latent_channels": LATENT_CHANNELS,
            "act_fn": "silu",
            "down_block_types": ["DownEncoderBlock2D"] * len(channels),
            "up_block_types": ["UpDecoderBlock2D"] * len(channels),
        },
    )
    if len(channels) != 4:
        raise ValueError("block_out_channels: not four")  # a latent is an eighth of a picture
    if held.get("scaling_factor", LATENT_SCALE) != LATENT_SCALE:
        raise ValueError(f"scaling_factor={held['scaling_factor']}")
    config = VAEConfig(channels, int(held["layers_per_block"]), int(held["norm_num_groups"]))
    _divides(channels, config.groups)
    return config


def _ear(held: dict[str, Any]) -> EarConfig:
    _known(held, {"model_type": "whisper", "activation_function": "gelu", "num_mel_bins": 80})
    config = EarConfig(
        int(held["d_model"]),
        int(held["encoder_layers"]),
        int(held["encoder_attention_heads"]),
        int(held["encoder_ffn_dim"]),
        int(held["max_source_positions"]),
        int(held["num_mel_bins"]),
    )
    _divides((config.width,), config.heads)
    return config


def _known(held: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    for name, fact in facts.items():
        if held[name] != fact:
            raise ValueError(f"{name}={held[name]}")


def _divides(widths: tuple[int, ...], parts: int) -> None:
    if not widths or any(width % parts for width in widths):
        raise ValueError(f"{widths} in {parts} parts")


def _integers(values: list[Any]) -> tuple[int, ...]:
    return tuple(int(value) for value in values)
