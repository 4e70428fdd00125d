"""The converter in its full size, and one small enough to be loaded again and again."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from modules.models import Weights
from modules.voice.openvoice.checkpoint import load_converter, released_shapes
from modules.voice.openvoice.config import read_config
from modules.voice.openvoice.network import Converter
from tests.fetched import as_fetched
from tests.voice.openvoice.filled import SMALL, config_text, filled, released_keys

torch.set_num_threads(1)  # tests share the machine
KEY = "openvoice-v2"


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the released one, 131 MB, with numbers that follow from their names."""
    folder = tmp_path_factory.mktemp("converter")
    (folder / "config.json").write_text(config_text(), "utf-8")
    state = {"model": filled(released_keys()), "iteration": 0, "learning_rate": 1e-4}
    torch.save(state, folder / "checkpoint.pth")
    return folder


@pytest.fixture(scope="session")
def converter(released: Path) -> Converter:
    """The network in its full size."""
    return load_converter(released)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with few channels. Read only."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "config.json").write_text(config_text(**SMALL), "utf-8")
    shapes = released_shapes(Converter(read_config(folder / "config.json")))
    torch.save({"model": filled(shapes)}, folder / "checkpoint.pth")
    return folder


@pytest.fixture
def fetched(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """The app's weights, with the small converter where the released one would be."""
    from modules.voice.openvoice import engine

    kept = put(small, tmp_path / "models")
    monkeypatch.setattr(engine, "weights", lambda: kept)
    return kept


def put(small: Path, directory: Path) -> Weights:
    """Put the small converter into a directory of models, as if it had been fetched."""
    folder = directory / KEY / "converter"
    folder.mkdir(parents=True)
    for name in ("checkpoint.pth", "config.json"):
        (folder / name).write_bytes((small / name).read_bytes())
    return as_fetched(directory, "voice")
