"""One tiny checkpoint, made once; each test that changes files works on a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from modules.models import Weights
from tests.asr import tiny
from tests.asr.speech import hush
from tests.fetched import as_fetched

KEY = "phowhisper-tiny"


@pytest.fixture(scope="package", autouse=True)
def _nobody_speaks_on() -> Iterator[None]:
    """End the process that spoke for these tests."""
    yield
    hush()


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a tiny Whisper, as they lie in its repository. Read only."""
    folder = tmp_path_factory.mktemp("checkpoint")
    tiny.save_model(folder)
    return folder


@pytest.fixture(scope="session")
def network_folder(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a CTranslate2 model. Read only."""
    from modules.asr.conversion import convert

    folder = tmp_path_factory.mktemp("ct2")
    convert(checkpoint, folder)
    return folder


@pytest.fixture
def fetched(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """The app's weights, with a copy of the tiny checkpoint where the smallest model would be."""
    from modules.asr import ctranslate2_engine, transformers_engine

    shutil.copytree(checkpoint, tmp_path / "models" / KEY)
    weights = as_fetched(tmp_path / "models", "asr", hashed=False)
    for module in (ctranslate2_engine, transformers_engine):
        monkeypatch.setattr(module, "weights", lambda: weights)
    return weights
