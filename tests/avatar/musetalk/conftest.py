"""What the original networks gave, and the ear with the same weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from modules.avatar.musetalk.config import EarConfig
from modules.avatar.musetalk.ear import Ear, load_ear
from modules.avatar.musetalk.painter import MuseTalkPainter, load_painter
from modules.messages import FloatArray
from tests.avatar.musetalk.filled import HERE, filled, released_keys, sinusoids
from tests.avatar.musetalk.small import write_small
from tests.avatar.photo.conftest import drafts, faces
from tests.fetched import as_fetched

torch.set_num_threads(1)  # tests share the machine
EAR = EarConfig(width=384, layers=4, heads=6, inner=1536, positions=1500, mels=80)
"""whisper-tiny's config.json."""


@pytest.fixture(scope="session")
def goldens() -> dict[str, FloatArray]:
    with np.load(HERE / "goldens.npz") as held:
        return {name: held[name] for name in held.files}


@pytest.fixture(scope="session")
def ear() -> Ear:
    """Whisper's encoder in its full size; its table of positions is the true one."""
    state = filled(released_keys("ear"))
    state["model.encoder.embed_positions.weight"] = sinusoids(EAR.positions, EAR.width)
    return load_ear(state, EAR, "model.safetensors")


def close(found: torch.Tensor, golden: FloatArray) -> None:
    """Compare within the tolerance of single networks in float32."""
    torch.testing.assert_close(found.float().cpu(), torch.from_numpy(golden), atol=1e-4, rtol=1e-4)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released folders in small. Read only."""
    directory = tmp_path_factory.mktemp("models")
    write_small(directory)
    return directory


@pytest.fixture(scope="session")
def painter(small: Path) -> MuseTalkPainter:
    """A painter of the small networks, on the processor."""
    return load_painter(as_fetched(small, "avatar"), "cpu", tiny=False, zero=False)


__all__ = ["drafts", "faces"]
