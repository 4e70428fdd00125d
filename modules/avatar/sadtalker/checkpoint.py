"""Reading the released files: exact keys, spectral norm and batch norm folded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from modules.avatar.sadtalker.expression import AudioToExpression
from modules.avatar.sadtalker.generator import Generator
from modules.avatar.sadtalker.keypoints import ConvNorm, KeypointDetector
from modules.avatar.sadtalker.mapping import COEFFICIENTS, MappingNet
from modules.avatar.sadtalker.pose import AudioToPose
from modules.avatar.sadtalker.reconstruction import FaceReconstruction
from modules.avatar.sadtalker.spade import SpadeBlock
from modules.checkpoints import (
    Shapes,
    State,
    check,
    is_counter,
    read_pickle,
    read_safetensors,
    shapes,
    without_counters,
)
from modules.errors import WeightsRejected
from modules.models import sha256_of

CHECKPOINT = "SadTalker_V0.0.2_256.safetensors"
MAPPINGS = {"crop": "mapping_00229-model.pth.tar", "full": "mapping_00109-model.pth.tar"}
_MAPPING = "mapping"
_UNUSED = ("audio2pose.netD_motion.", "audio2pose.netG.encoder.")
"""What only training needs: a discriminator, and the other half of the autoencoder."""
_PARTS = ("_orig", "_u", "_v")
"""Of a weight with spectral norm: W, and the vectors of its largest singular value."""


class SadTalker(nn.Module):
    """The five networks of the one file, under its own names."""

    def __init__(self) -> None:
        super().__init__()
        self.kp_extractor = KeypointDetector()
        self.generator = Generator()
        self.audio2exp = AudioToExpression()
        self.audio2pose = AudioToPose()
        self.face_3drecon = FaceReconstruction()


def load_networks(path: Path, sha256: str | None = None) -> SadTalker:
    """Return the networks of a released file on the CPU, in float32, ready to run.

    Raises `WeightsRejected`: "altered" where its hash is not `sha256`, "unreadable" where it is
    damaged or belongs to other networks.
    """
    _same(path, sha256)
    with torch.device("meta"):
        networks = SadTalker()
    state, names = read_safetensors(path, lambda name: not _unused(name) and not is_counter(name))
    if not any(_unused(name) for name in names):
        raise WeightsRejected("unreadable", file=path.name, why=f"missing: {_UNUSED[0]}*")
    check(state, released_shapes(networks), path.name)
    networks.load_state_dict(unspectral(state), strict=False, assign=True)
    return folded(networks)


def load_mapping(folder: Path, kind: str, sha256: str | None = None) -> MappingNet:
    """Return the mapping network of a kind, "crop" or "full". Raises as `load_networks` does, and
    `WeightsRejected` "unsafe" where the file asks for code.
    """
    path = folder / MAPPINGS[kind]
    _same(path, sha256)
    with torch.device("meta"):
        network = MappingNet(COEFFICIENTS[kind])
    state = without_counters(_inner(path))
    check(state, shapes(network), path.name)
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


def _inner(path: Path) -> State:
    return read_pickle(path, _MAPPING)


def _same(path: Path, sha256: str | None) -> None:
    if sha256 is not None and (not path.is_file() or sha256_of(path) != sha256):
        raise WeightsRejected("altered", file=path.name)


def _unused(name: str) -> bool:
    return name.startswith(_UNUSED)


def released_shapes(networks: SadTalker) -> Shapes:
    """Return every key that is read of a released file, with its shape."""
    steered = set(_steered(networks))
    found: dict[str, tuple[int, ...]] = {}
    for name, shape in shapes(networks).items():
        if name in steered:
            rows = shape[0]
            columns = int(torch.Size(shape[1:]).numel())
            found |= {f"{name}_orig": shape, f"{name}_u": (rows,), f"{name}_v": (columns,)}
        else:
            found[name] = shape
    return found


def _steered(networks: nn.Module) -> list[str]:
    """Return the names of the weights that were trained with spectral norm."""
    return [
        f"{name}.{part}.weight"
        for name, module in networks.named_modules()
        if isinstance(module, SpadeBlock)
        for part in ("conv_0", "conv_1", "conv_s")
        if hasattr(module, part)
    ]


def unspectral(state: Mapping[str, Tensor]) -> State:
    """Fold spectral norm: w = W / (u W v) (Miyato et al. 2018), with the vectors as they are."""
    made = {name: held for name, held in state.items() if not name.endswith(_PARTS)}
    for name in state:
        if name.endswith("weight_orig"):
            plain = name.removesuffix("_orig")
            weight, u, v = (state[plain + part] for part in _PARTS)
            made[plain] = weight / torch.dot(u, weight.flatten(1) @ v)
    return made


def folded(networks: SadTalker) -> SadTalker:
    """Fold each batch norm that follows a convolution into it."""
    networks.eval()
    for module in networks.modules():
        if isinstance(module, ConvNorm) and not isinstance(module.norm, nn.Identity):
            fuse: Callable[..., Any] = fuse_conv_bn_eval
            module.conv, module.norm = fuse(module.conv, module.norm), nn.Identity()
    return networks.requires_grad_(False)
