from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modules.llm.local import network
from tests.llm.local.tiny import save_llama, save_qwen


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_llama(tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="session")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_qwen(tmp_path_factory.mktemp("qwen"))


@pytest.fixture(scope="session", autouse=True)
def machine() -> Iterator[None]:
    """The same machine everywhere: 64 GB free, and a CPU that computes in float32 (halves round
    differently in every order of a sum).
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "_cpu_halves", lambda: False)
        patch.setattr(network, "free_mb", lambda device: 64_000.0)
        yield
