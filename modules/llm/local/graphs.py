"""CUDA graphs of one step: a step of 32 layers is some 600 small kernels, and launching them from
Python takes longer than running them.

A graph replays the kernels of one (width, length) of a batch on fixed tensors. Where a step cannot
be captured, steps run as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch

from modules import graphs

log = logging.getLogger("guong.llm")

Forward = Callable[[slice, torch.Tensor, torch.Tensor, int], torch.Tensor]


class Graphs:
    """Steps over the first `width` slots, replayed. `spare` is a position that nobody reads."""

    def __init__(self, forward: Forward, device: str, spare: int) -> None:
        self._forward, self._device, self._spare = forward, device, spare
        self._graphs = graphs.Graphs(log, "steps")

    def run(self, tokens: torch.Tensor, positions: torch.Tensor, length: int) -> torch.Tensor:
        """Return the logits [width, vocabulary] of one step."""
        held = self.capture(len(tokens), length)
        if held is None:
            return self._forward(slice(0, len(tokens)), tokens, positions, length)
        for place, values in zip(held.inputs, (tokens, positions), strict=True):
            place.copy_(values)
        held.replay()
        return held.output

    def capture(self, width: int, length: int) -> graphs.Captured | None:
        """Return the graph of this width and length; captured once, None where it cannot be."""

        def inputs() -> tuple[torch.Tensor, torch.Tensor]:
            tokens = torch.zeros((width, 1), dtype=torch.int64, device=self._device)
            return tokens, torch.full_like(tokens, self._spare)

        def step(tokens: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
            return self._forward(slice(0, width), tokens, positions, length)

        return self._graphs.of((width, length), step, inputs)
