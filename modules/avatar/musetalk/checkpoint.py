"""The released files of MuseTalk, of the autoencoder and of Whisper: read whole or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from modules.avatar.musetalk.config import read_ear, read_unet, read_vae
from modules.avatar.musetalk.ear import UNUSED, Ear, load_ear
from modules.avatar.musetalk.unet import LipUNet, load_unet
from modules.avatar.musetalk.vae import Decoder, Encoder, TinyDecoder, load_tiny, load_vae
from modules.checkpoints import State, read_pickle, read_safetensors
from modules.errors import WeightsRejected
from modules.models import ModelSpec, sha256_of

UNET, UNET_CONFIG = "musetalkV15/unet.pth", "musetalkV15/musetalk.json"
VAE, EAR, CONFIG = "diffusion_pytorch_model.safetensors", "model.safetensors", "config.json"


def released_unet(folder: Path, model: ModelSpec | None = None) -> LipUNet:
    """Return the painter in the folder of `TMElyralab/MuseTalk`, on the CPU in float32.

    Raises `WeightsRejected`: "altered" where a hash is not the one that `model` pins, "unsafe"
    where a file asks for code, "unreadable" where it is damaged or belongs to another network.
    """
    config = read_unet(folder / UNET_CONFIG)
    path = _whole(folder, UNET, model)
    return load_unet(read_pickle(path, mapped=True), config, path.name)


def released_autoencoder(folder: Path, model: ModelSpec | None = None) -> tuple[Encoder, Decoder]:
    """Return both halves of the autoencoder in the folder of `stabilityai/sd-vae-ft-mse`.

    Raises as `released_unet` does.
    """
    config = read_vae(folder / CONFIG)
    path = _whole(folder, VAE, model)
    return load_vae(_tensors(path), config, path.name)


def released_ear(folder: Path, model: ModelSpec | None = None) -> Ear:
    """Return the encoder in the folder of `openai/whisper-tiny`. Raises as `released_unet` does."""
    config = read_ear(folder / CONFIG)
    path = _whole(folder, EAR, model)
    return load_ear(_tensors(path, lambda name: not name.startswith(UNUSED)), config, path.name)


def released_tiny_decoder(folder: Path, model: ModelSpec | None = None) -> TinyDecoder:
    """Return the decoder in the folder of `madebyollin/taesd`. Raises as `released_unet` does."""
    path = _whole(folder, VAE, model)
    return load_tiny(_tensors(path), path.name)


def _tensors(path: Path, wanted: Callable[[str], bool] = lambda name: True) -> State:
    return read_safetensors(path, wanted)[0]


def _whole(folder: Path, name: str, model: ModelSpec | None) -> Path:
    path = folder / name
    pinned = next((file.sha256 for file in model.files if file.name == name), None) if model else ""
    if pinned and path.is_file() and sha256_of(path) != pinned:
        raise WeightsRejected("altered", file=path.name)
    return path
