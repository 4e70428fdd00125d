"""CUDA graphs as tests without a card have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from torch import Tensor

from modules import graphs


class Replay:
    """Stands for a graph: the same work on the same tensors, into the same output."""

    def __init__(self, work: Callable[..., Tensor], inputs: tuple[Tensor, ...]) -> None:
        self.inputs, self.output = inputs, work(*inputs)
        self._work, self.count = work, 0

    def replay(self) -> None:
        """Work once more, and count it."""
        self.count += 1
        self.output.copy_(self._work(*self.inputs))

    def pool(self) -> str:
        """Return what the next graph is given."""
        return "pool"


def captured(monkeypatch: pytest.MonkeyPatch) -> list[Replay]:
    """Let stand-ins be captured from now on; the list is theirs."""
    found: list[Replay] = []

    def capture(work: Any, inputs: tuple[Tensor, ...], pool: Any = None) -> tuple[Replay, Tensor]:
        assert pool in (None, "pool")
        found.append(Replay(work, inputs))
        return found[-1], found[-1].output

    monkeypatch.setattr(graphs, "captured", capture)
    return found
