"""CUDA graphs of one step: a step of 32 layers is some 600 small kernels, and launching them from
Python takes longer than running them.

A graph replays the kernels of one (width, length) of a batch on fixed tensors. Where a step cannot
be captured, steps run as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from modules.errors import trace

log = logging.getLogger("guong.llm")

Forward = Callable[[slice, torch.Tensor, torch.Tensor, int], torch.Tensor]


@dataclass(frozen=True, slots=True)
class _Captured:
    graph: Any
    tokens: torch.Tensor
    positions: torch.Tensor
    logits: torch.Tensor


class Graphs:
    """Steps over the first `width` slots, replayed. `spare` is a position that nobody reads."""

    def __init__(self, forward: Forward, device: str, spare: int) -> None:
        self._forward, self._device, self._spare = forward, device, spare
        self._captured: dict[tuple[int, int], _Captured] = {}
        self._pool: Any = None
        self._refused = False

    def run(self, tokens: torch.Tensor, positions: torch.Tensor, length: int) -> torch.Tensor:
        """Return the logits [width, vocabulary] of one step."""
        width = len(tokens)
        self.capture(width, length)
        held = self._captured.get((width, length))
        if held is None:
            return self._forward(slice(0, width), tokens, positions, length)
        held.tokens.copy_(tokens)
        held.positions.copy_(positions)
        held.graph.replay()
        return held.logits

    def capture(self, width: int, length: int) -> None:
        """Capture a step of this width and length, once."""
        if self._refused or (width, length) in self._captured:
            return
        try:
            self._captured[width, length] = self._capture(width, length)
        except RuntimeError as error:
            log.warning("steps are not captured: %s", trace(error))
            self._refused = True

    def _capture(self, width: int, length: int) -> _Captured:
        tokens = torch.zeros((width, 1), dtype=torch.int64, device=self._device)
        positions = torch.full_like(tokens, self._spare)
        rows = slice(0, width)
        side: Any = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # libraries take their workspaces before the capture
            for _ in range(2):
                self._forward(rows, tokens, positions, length)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        # Other stages use the device from other threads meanwhile, and may.
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            logits = self._forward(rows, tokens, positions, length)
        self._pool = self._pool or graph.pool()
        return _Captured(graph, tokens, positions, logits)
