"""Reading `wav2lip_gan.pth`: exact keys, and batch norm folded into the convolutions."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from modules.avatar.wav2lip.network import Wav2Lip
from modules.checkpoints import State, check, read_pickle, shapes, without_counters
from modules.errors import WeightsRejected
from modules.models import sha256_of

CHECKPOINT = "wav2lip_gan.pth"
_STATE, _PREFIX = "state_dict", "module."


def load_wav2lip(path: Path, sha256: str | None = None) -> Wav2Lip:
    """Return the network of a released file on the CPU, in float32, ready to run.

    Raises `WeightsRejected`: "altered" where its hash is not `sha256`, "unsafe" where it asks for
    code, "unreadable" where it is damaged or belongs to another network.
    """
    if sha256 is not None and sha256_of(path) != sha256:
        raise WeightsRejected("altered", file=path.name)
    with torch.device("meta"):  # its first numbers would only be thrown away
        network = Wav2Lip()
    state = released_state(path)
    check(state, shapes(network), path.name)
    network.load_state_dict(state, strict=False, assign=True)  # counters are not read
    return folded(network.eval())


def released_state(path: Path) -> State:
    """Return the network's own keys; the file was saved from several cards at once."""
    return {
        name.removeprefix(_PREFIX): held
        for name, held in without_counters(read_pickle(path, _STATE)).items()
    }


def folded(network: Wav2Lip) -> Wav2Lip:
    """Fold every batch norm into the convolution before it, and leave nothing in its place."""
    for module in network.modules():
        block = getattr(module, "conv_block", None)
        if isinstance(block, nn.Sequential) and len(block) == 2:
            convolution, norm = block
            assert isinstance(convolution, (nn.Conv2d, nn.ConvTranspose2d))
            assert isinstance(norm, nn.BatchNorm2d)
            rising = isinstance(convolution, nn.ConvTranspose2d)
            module.conv_block = nn.Sequential(fuse_conv_bn_eval(convolution, norm, rising))
    return network.requires_grad_(False)
