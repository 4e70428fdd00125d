"""The networks in their full size, once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from modules.avatar.sadtalker.checkpoint import SadTalker, folded, released_shapes, unspectral
from modules.avatar.sadtalker.mapping import COEFFICIENTS, MappingNet
from tests.avatar.released import Goldens, filled, keys

torch.set_num_threads(1)  # tests share the machine
HERE = Path(__file__).parent
GOLDENS = Goldens(HERE / "goldens.npz")
GAINS = (
    ("kp_extractor.kp.weight", 4.0), ("dense_motion_network.mask.weight", 40.0),
    ("dense_motion_network.occlusion.weight", 40.0), ("backbone.conv1.", 1.4),
)  # fmt: skip
BLUR = "kp_extractor.down.weight"


@pytest.fixture(scope="session")
def networks() -> SadTalker:
    """The networks with numbers that follow from their names; the blur is the true one."""
    made = SadTalker()
    blur = made.state_dict()[BLUR]
    state = unspectral(filled(dict(released_shapes(made)), GAINS)) | {BLUR: blur}
    made.load_state_dict(state, strict=False)
    return folded(made)


@pytest.fixture(scope="session")
def mappings() -> dict[str, MappingNet]:
    """Both mapping networks."""
    made = {kind: MappingNet(count).eval() for kind, count in COEFFICIENTS.items()}
    for kind, count in COEFFICIENTS.items():
        released = keys(HERE / "mapping_keys.txt") | {"first.0.weight": (1024, count, 7)}
        made[kind].load_state_dict(filled(released))
    return made
