"""Reading the released checkpoint: nothing missing, nothing left over, weight norm folded."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

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
    network.load_state_dict(folded(read_state(path), network), assign=True)
    return network.eval().requires_grad_(False)


def read_state(path: Path) -> dict[str, Tensor]:
    """Return the state dict of a checkpoint; nothing but tensors and plain values is unpickled."""
    try:
        held: Any = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if any(words in str(error).lower() for words in _ASKS_FOR_CODE):
            raise WeightsRejected("unsafe", file=path.name) from error
        _reject(path, type(error).__name__, error)
    except _BROKEN as error:
        _reject(path, type(error).__name__, error)
    state = held.get(_STATE) if isinstance(held, dict) else None
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        _reject(path, "layout")
    return dict(state)


_ASKS_FOR_CODE = ("unsupported global", "call reduce", "only create", "only build")
"""How torch's unpickler puts it; of a torn file it speaks otherwise."""
_BROKEN = (
    OSError, RuntimeError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError,
)  # fmt: skip
"""What torch's reader raises over damaged bytes."""


def folded(state: Mapping[str, Tensor], network: Converter) -> dict[str, Tensor]:
    """Return the network's own state dict for a checkpoint's: w = g * v / |v| (Salimans and Kingma
    2016), the norm over all axes but the first.

    Raises `WeightsRejected` "unreadable", naming the first key that is missing, left over, of
    another shape or type, or not finite.
    """
    expected = released_shapes(network)
    for name in sorted({*expected, *state}):
        if name not in state:
            _mismatch("missing", name)
        if name not in expected:
            _mismatch("unexpected", name)
        held = state[name]
        if tuple(held.shape) != expected[name] or held.dtype != torch.float32:
            _mismatch("shape", name)
        if not torch.isfinite(held).all():
            _mismatch("not finite", name)
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


def _mismatch(what: str, name: str) -> NoReturn:
    raise WeightsRejected("unreadable", file=CHECKPOINT, why=f"{what}: {name}")


def _reject(path: Path, why: str, cause: Exception | None = None) -> NoReturn:
    raise WeightsRejected("unreadable", file=path.name, why=why) from cause
