"""The released folders in small: the same files and keys, with narrow networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from modules.avatar.musetalk.config import read_ear, read_unet, read_vae
from modules.avatar.musetalk.ear import PREFIX, Ear
from modules.avatar.musetalk.unet import released
from modules.avatar.musetalk.vae import released_tiny, released_vae
from modules.checkpoints import shapes
from tests.avatar.musetalk.filled import filled, sinusoids

MUSETALK: dict[str, Any] = {
    "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.6.0.dev0", "act_fn": "silu",
    "attention_head_dim": 8, "block_out_channels": [320, 640, 1280, 1280],
    "center_input_sample": False, "cross_attention_dim": 384,
    "down_block_types": [*["CrossAttnDownBlock2D"] * 3, "DownBlock2D"], "downsample_padding": 1,
    "flip_sin_to_cos": True, "freq_shift": 0, "in_channels": 8, "layers_per_block": 2,
    "mid_block_scale_factor": 1, "norm_eps": 1e-05, "norm_num_groups": 32, "out_channels": 4,
    "sample_size": 64, "up_block_types": ["UpBlock2D", *["CrossAttnUpBlock2D"] * 3],
}  # fmt: skip
VAE: dict[str, Any] = {
    "_class_name": "AutoencoderKL", "_diffusers_version": "0.4.2", "act_fn": "silu",
    "block_out_channels": [128, 256, 512, 512], "down_block_types": ["DownEncoderBlock2D"] * 4,
    "in_channels": 3, "latent_channels": 4, "layers_per_block": 2, "norm_num_groups": 32,
    "out_channels": 3, "sample_size": 256, "up_block_types": ["UpDecoderBlock2D"] * 4,
}  # fmt: skip
WHISPER: dict[str, Any] = {
    "model_type": "whisper", "activation_function": "gelu", "num_mel_bins": 80, "d_model": 384,
    "encoder_layers": 4, "encoder_attention_heads": 6, "encoder_ffn_dim": 1536,
    "max_source_positions": 1500,
}  # fmt: skip
SMALL_MUSETALK = {
    "block_out_channels": [16, 16, 32, 32], "layers_per_block": 1, "attention_head_dim": 2,
    "norm_num_groups": 8, "cross_attention_dim": 24,
}  # fmt: skip
SMALL_VAE = {"block_out_channels": [8, 8, 16, 16], "layers_per_block": 1, "norm_num_groups": 4}
SMALL_WHISPER = {"d_model": 24, "encoder_attention_heads": 2, "encoder_ffn_dim": 32}


def text(config: dict[str, Any], **changes: Any) -> str:
    """Return a released configuration byte for byte, or one with other values."""
    return json.dumps({**config, **changes}, indent=2) + "\n"


def write_small(directory: Path) -> None:
    """Write the four folders."""
    _write(directory / "musetalk/musetalkV15/musetalk.json", text(MUSETALK, **SMALL_MUSETALK))
    _write(directory / "sd-vae-ft-mse/config.json", text(VAE, **SMALL_VAE))
    _write(directory / "whisper-tiny/config.json", text(WHISPER, **SMALL_WHISPER))
    (directory / "taesd").mkdir()
    unet = released(read_unet(directory / "musetalk/musetalkV15/musetalk.json"))
    torch.save(filled(shapes(unet)), directory / "musetalk/musetalkV15/unet.pth")
    vae = released_vae(read_vae(directory / "sd-vae-ft-mse/config.json"))
    save_file(filled(shapes(vae)), directory / "sd-vae-ft-mse/diffusion_pytorch_model.safetensors")
    save_file(
        filled(shapes(released_tiny())), directory / "taesd/diffusion_pytorch_model.safetensors"
    )
    ear = read_ear(directory / "whisper-tiny/config.json")
    held = {f"model.{name}": shape for name, shape in shapes(Ear(ear)).items()}
    state = filled(held)
    state[f"{PREFIX}embed_positions.weight"] = sinusoids(ear.positions, ear.width)
    state["model.decoder.layer_norm.weight"] = torch.ones(ear.width)
    save_file(state, directory / "whisper-tiny/model.safetensors")


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
