import json
from pathlib import Path

import pytest

from modules.memory import MemoryStore

DATA = Path(__file__).with_name("data")


def rows(name):
    """The lines of one of the data files."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def store(tmp_path):
    """A store of its own for each test."""
    opened = MemoryStore(tmp_path / "users")
    yield opened
    opened.close()


@pytest.fixture
def memory(store):
    """The memory of one user in it."""
    return store.open("a1")
