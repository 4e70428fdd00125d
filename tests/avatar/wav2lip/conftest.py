"""The network in its full size, once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from modules.avatar.wav2lip.checkpoint import load_wav2lip
from modules.avatar.wav2lip.network import Wav2Lip
from tests.avatar.released import filled, keys

torch.set_num_threads(1)  # tests share the machine
HERE = Path(__file__).parent
GAINS = (("output_block.1.", 0.05), ("", 1.4))


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file like the released one, 145 MB, with numbers that follow from their names."""
    path = tmp_path_factory.mktemp("wav2lip") / "wav2lip_gan.pth"
    state = {
        f"module.{name}": held for name, held in filled(keys(HERE / "keys.txt"), GAINS).items()
    }
    torch.save({"state_dict": state, "global_step": 1, "optimizer": {"state": {}}}, path)
    return path


@pytest.fixture(scope="session")
def network(released: Path) -> Wav2Lip:
    """The network with its batch norms folded."""
    return load_wav2lip(released)
