"""The arithmetic of a batch: keys and values in slots, one step of every row, the next tokens.

The cache is one tensor [slots, heads, positions, width] of keys and one of values for each layer.
A token at position p of its conversation is stored at p of its slot, so no row is ever shifted or
padded: a step reads the first `length` positions of neighbouring slots as a view, and a mask hides
what a row does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from modules.llm.local.cards import Card
from modules.llm.local.graphs import Graphs
from modules.llm.local.network import SPARE_TOKENS, Network

STEP = 64
"""On a CPU lengths are rounded up to this; with graphs to `LENGTHS`, one graph for each."""
LENGTHS = (512, 1_024, 2_048)


class Keys:
    """What `transformers` calls past key values, for the rows and positions of the current step."""

    def __init__(self, network: Network) -> None:
        self.shape = (
            network.slots, network.heads, network.window + SPARE_TOKENS, network.width,
        )  # fmt: skip
        self.keys = [self._empty(network) for _ in range(network.layers)]
        self.values = [self._empty(network) for _ in range(network.layers)]
        self._rows = slice(0)
        self._length = 0
        self._positions = torch.empty(0)

    def at(self, rows: slice, positions: torch.Tensor, length: int) -> None:
        """Say where the next step writes ([rows, tokens]) and how many positions it reads."""
        self._rows, self._positions, self._length = rows, positions, length

    def update(
        self, keys: torch.Tensor, values: torch.Tensor, layer: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Store the keys and values of one layer's step; return all that its rows have.

        Called by the network, [rows, heads, tokens, width].
        """
        where = self._positions[:, None, :, None].expand_as(keys)
        held = self.keys[layer][self._rows], self.values[layer][self._rows]
        held[0].scatter_(2, where, keys)
        held[1].scatter_(2, where, values)
        return held[0][:, :, : self._length], held[1][:, :, : self._length]

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the first positions of one slot into another."""
        for held in (*self.keys, *self.values):
            held[target, :, :length].copy_(held[source, :, :length])

    def _empty(self, network: Network) -> torch.Tensor:
        # Zeros, since what a mask hides is still multiplied by 0. On a CPU numpy's pages take no
        # memory before something is written to them.
        if network.device != "cpu":
            return torch.zeros(self.shape, dtype=network.dtype, device=network.device)
        raw = np.zeros(self.shape, np.float32 if network.dtype == torch.float32 else np.int16)
        return torch.from_numpy(raw).view(network.dtype)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn; a temperature of 0 takes the likeliest."""

    temperature: float
    top_p: float
    top_k: int
    repetition_penalty: float

    @classmethod
    def of(cls, card: Card) -> Sampling:
        """Return what the checkpoint's makers recommend."""
        return cls(card.temperature, card.top_p, card.top_k, card.repetition_penalty)


class Decoder:
    """A network with its cache. Not thread-safe: one thread owns it."""

    def __init__(
        self, network: Network, sampling: Sampling, *, graphs: bool = False, seed: int = 0
    ) -> None:
        self.network, self.sampling = network, sampling
        self.keys = Keys(network)
        shape = (network.slots, network.vocabulary)
        self._said = torch.zeros(shape, dtype=torch.bool, device=network.device)
        self._random = torch.Generator(network.device).manual_seed(seed)
        self._graphs = Graphs(self._forward, network.device, network.window) if graphs else None

    @torch.inference_mode()
    def warm(self) -> None:
        """Use everything once: the first visitor must not wait for kernels and graphs."""
        self.fill(0, [0], 0)
        if self._graphs:
            for width in self._widths():
                for length in self._lengths():
                    self._graphs.capture(width, length)

    @torch.inference_mode()
    def fill(self, slot: int, tokens: Sequence[int], start: int) -> torch.Tensor:
        """Compute a part of a prompt that begins at position `start`; return its last state."""
        end = start + len(tokens)
        positions = self._tensor([list(range(start, end))])
        length = min(-(-end // STEP) * STEP, self.keys.shape[2])
        return self._states(slice(slot, slot + 1), self._tensor([tokens]), positions, length)

    @torch.inference_mode()
    def first(self, slot: int, prompt: Sequence[int], state: torch.Tensor) -> int:
        """Return the first token of an answer, from the last state of its prompt."""
        self._said[slot].zero_()
        self._said[slot, self._tensor(prompt)] = True
        logits = self.network.head(state[:, -1]).float()
        return self._next(logits, slice(slot, slot + 1))[0]

    @torch.inference_mode()
    def step(self, rows: dict[int, tuple[int, int]], idle: dict[int, int]) -> dict[int, int]:
        """Return the next token of every slot in `rows`, whose (token, position) are given.

        Slots between them that are `idle` compute along and write beyond what they hold: at the
        position given here.
        """
        span = self._span(rows)
        steps = [rows.get(slot, (0, idle.get(slot, 0))) for slot in range(span.start, span.stop)]
        tokens = self._tensor([[token] for token, _ in steps])
        positions = self._tensor([[position] for _, position in steps])
        length = self._length(max(position for _, position in rows.values()) + 1)
        if self._graphs:
            logits = self._graphs.run(tokens, positions, length)
        else:
            logits = self._forward(span, tokens, positions, length)
        drawn = self._next(logits, span)
        return {slot: drawn[slot - span.start] for slot in rows}

    def copy(self, source: int, target: int, length: int) -> None:
        """Let a slot begin with the first tokens of another."""
        self.keys.copy(source, target, length)

    def _forward(
        self, rows: slice, tokens: torch.Tensor, positions: torch.Tensor, length: int
    ) -> torch.Tensor:
        states = self._states(rows, tokens, positions, length)
        return torch.as_tensor(self.network.head(states[:, -1])).float()

    def _states(
        self, rows: slice, tokens: torch.Tensor, positions: torch.Tensor, length: int
    ) -> torch.Tensor:
        self.keys.at(rows, positions, length)
        seen = torch.arange(length, device=self.network.device)
        mask = seen[None, None, None, :] <= positions[:, None, :, None]
        return torch.as_tensor(
            self.network.decoder(
                input_ids=tokens,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=self.keys,
                use_cache=True,
            ).last_hidden_state
        )

    def _next(self, logits: torch.Tensor, rows: slice) -> list[int]:
        """Draw a token for every row, from logits [rows, vocabulary] in float32."""
        said, rule = self._said[rows], self.sampling
        if rule.repetition_penalty != 1:
            # Keskar et al. 2019, "CTRL", section 4.1: what was said becomes less likely.
            factor = rule.repetition_penalty
            less = torch.where(logits > 0, logits / factor, logits * factor)
            logits = torch.where(said, less, logits)
        drawn = logits.argmax(-1) if rule.temperature == 0 else self._drawn(logits)
        said[torch.arange(len(drawn), device=drawn.device), drawn] = True
        return [int(token) for token in drawn.tolist()]

    def _drawn(self, logits: torch.Tensor) -> torch.Tensor:
        rule = self.sampling
        best, ids = logits.topk(min(rule.top_k, logits.shape[-1]))
        best = best / rule.temperature
        shares = best.softmax(-1)
        # Of the likeliest tokens, as many as reach top_p together (Holtzman et al. 2020).
        best = best.masked_fill(shares.cumsum(-1) - shares >= rule.top_p, -torch.inf)
        # Gumbel's trick draws from the distribution without a look at it from the CPU.
        noise = torch.empty_like(best).exponential_(generator=self._random).log_().neg_()
        return ids.gather(-1, (best + noise).argmax(-1, keepdim=True))[:, 0]

    def _tensor(self, numbers: Sequence[Sequence[int]] | Sequence[int]) -> torch.Tensor:
        return torch.tensor(numbers, dtype=torch.int64, device=self.network.device)

    def _span(self, rows: dict[int, tuple[int, int]]) -> slice:
        if not self._graphs:
            return slice(min(rows), max(rows) + 1)
        return slice(0, next(width for width in self._widths() if width > max(rows)))

    def _length(self, positions: int) -> int:
        if not self._graphs:
            return min(-(-positions // STEP) * STEP, self.keys.shape[2])
        return next(length for length in self._lengths() if length >= positions)

    def _widths(self) -> list[int]:
        slots = self.network.slots
        return [*(width for width in (1, 2, 4) if width < slots), slots]

    def _lengths(self) -> list[int]:
        longest = self.keys.shape[2]
        return [*(length for length in LENGTHS if length < longest), longest]
