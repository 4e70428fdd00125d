"""Reading the released checkpoint: nothing missing, nothing left over, weight norm folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from modules.checkpoints import check, read_pickle
from modules.errors import WeightsRejected
from modules.models import sha256_of
from modules.voice.openvoice.config import read_config
from modules.voice.openvoice.decoder import Decoder, ResidualBlock
from modules.voice.openvoice.network import Converter, WaveNet
from modules.voice.openvoice.reference import ReferenceEncoder

FOLDER = "converter"
CHECKPOINT, CONFIG = "checkpoint.pth", "config.json"
_STATE = "model"


def load_converter(folder: Path, sha256: str | None = None) -> Converter:
    """Return the network of a released folder on the CPU, in float32, ready to convert.

    Raises `WeightsRejected`: "altered" where the checkpoint's hash is not `sha256`, "unsafe" where
    it asks for code, "unreadable" where it is damaged or belongs to another network.
    """
    path = folder / CHECKPOINT
    config = read_config(folder / CONFIG)
    if sha256 is not None and sha256_of(path) != sha256:
        raise WeightsRejected("altered", file=CHECKPOINT)
    with torch.device("meta"):  # its first numbers would only be thrown away
        network = Converter(config)
    network.load_state_dict(folded(read_pickle(path, _STATE), network), assign=True)
    return network.eval().requires_grad_(False)


def folded(state: Mapping[str, Tensor], network: Converter) -> dict[str, Tensor]:
    """Return the network's own state dict for a checkpoint's: w = g * v / |v| (Salimans and Kingma
    2016), the norm over all axes but the first.

    Raises `WeightsRejected` "unreadable", naming the first key that is missing, left over, of
    another shape or type, or not finite.
    """
    check(state, released_shapes(network), CHECKPOINT)
    made = {}
    for name in network.state_dict():
        if name in state:
            made[name] = state[name]
        else:
            direction, size = state[f"{name}_v"], state[f"{name}_g"]
            norm = direction.flatten(1).norm(dim=1).reshape(size.shape)
            made[name] = size * direction / norm.clamp_min(1e-12)
    return made


def released_shapes(network: Converter) -> dict[str, tuple[int, ...]]:
    """Return every key that a checkpoint of this network holds, with its shape."""
    normed = set(_normed(network))
    shapes: dict[str, tuple[int, ...]] = {}
    for name, held in network.state_dict().items():
        if name in normed:
            shapes[f"{name}_g"] = (held.shape[0], *(1,) * (held.ndim - 1))
            shapes[f"{name}_v"] = tuple(held.shape)
        else:
            shapes[name] = tuple(held.shape)
    return shapes


def _normed(network: nn.Module) -> Iterator[str]:
    """Yield the names of the weights that upstream trained with weight norm."""
    for name, module in network.named_modules():
        parts: tuple[str, ...]
        if isinstance(module, WaveNet):
            parts = ("in_layers", "res_skip_layers", "cond_layer")
        elif isinstance(module, ResidualBlock):
            parts = ("convs1", "convs2")
        elif isinstance(module, ReferenceEncoder):
            parts = ("convs",)
        elif isinstance(module, Decoder):
            parts = ("ups",)
        else:
            continue
        for key, _ in module.named_parameters(name):
            if key.removeprefix(f"{name}.").split(".")[0] in parts and key.endswith(".weight"):
                yield key
