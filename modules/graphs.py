"""CUDA graphs: kernels that are captured once, on tensors that never move, and replayed.

Launching hundreds of small kernels from Python takes longer than running them. A graph belongs to
one shape of its inputs, so whoever uses graphs fills their inputs up to a few shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from logging import Logger
from typing import Any

import torch
from torch import Tensor

from modules.errors import trace

_RUNS = 3
"""Before a capture: compilers come to rest, and libraries take their workspaces."""

Work = Callable[..., Tensor]


@dataclass(frozen=True, slots=True)
class Captured:
    """One graph: fill `inputs`, `replay`, read `output`, which holds until the next replay."""

    graph: Any
    inputs: tuple[Tensor, ...]
    output: Tensor

    def replay(self) -> None:
        """Run the kernels once more."""
        self.graph.replay()


class Graphs:
    """The graphs of one thing, by shape, in one pool of memory.

    Their user sees to it that none is replayed while the output of another is still needed by
    another thread. They belong to the process that captured them.
    """

    def __init__(self, log: Logger, what: str) -> None:
        """`what` is not captured, says the log once, where it cannot be."""
        self._log, self._what = log, what
        self._captured: dict[Hashable, Captured] = {}
        self._pool: Any = None
        self._refused = False

    def of(
        self, shape: Hashable, work: Work, inputs: Callable[[], tuple[Tensor, ...]]
    ) -> Captured | None:
        """Return the graph of a shape, captured on first use; None where nothing can be captured.

        `inputs` makes the tensors that `work` is given.
        """
        if not self._refused and shape not in self._captured:
            try:
                held = inputs()
                graph, output = captured(work, held, self._pool)
                self._pool = self._pool or graph.pool()
                self._captured[shape] = Captured(graph, held, output)
            except RuntimeError as error:
                self._log.warning("%s are not captured: %s", self._what, trace(error))
                self._refused = True
        return self._captured.get(shape)

    def clear(self) -> None:
        """Let all graphs go."""
        self._captured.clear()


def captured(work: Work, inputs: tuple[Tensor, ...], pool: Any = None) -> tuple[Any, Tensor]:
    """Return the graph of `work(*inputs)` and the tensor that it writes.

    Raises what torch raises (RuntimeError) where a kernel cannot be captured.
    """
    side: Any = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(_RUNS):
            work(*inputs)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    # Other stages use the device from other threads meanwhile, and may.
    with torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
        output = work(*inputs)
    return graph, output
