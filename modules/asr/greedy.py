"""Whisper's decoder on PyTorch, one likeliest token after the other.

transformers' own `generate` spends some 10 ms a token in Python, whatever the card: 165 tokens of
15 s of speech take 2 s. Here the layers of the same network work on fixed tensors, so that a step
can be captured once as a CUDA graph and replayed. What is written is what `generate` writes
without beams (`tests/asr/test_networks.py`), which is how the model's own page uses it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from modules import graphs
from modules.asr.vocabulary import Vocabulary
from modules.errors import trace

log = logging.getLogger("guong.asr")

STEP = 64
"""Without a graph, positions that are looked at are rounded up to this."""


@dataclass(frozen=True, slots=True)
class Written:
    """Token ids without the prompt and the end, the probability that nobody spoke, and the mean
    log probability of a token, the end included.
    """

    ids: list[int]
    no_speech: float
    confidence: float


class Greedy:
    """The decoder of one network. Its tensors serve one sound at a time.

    They are made on first use: on ZeroGPU the device comes with the worker, after loading.
    """

    def __init__(self, model: Any, vocabulary: Vocabulary, *, graphs: bool) -> None:
        self._decoder: Any = model.get_decoder()
        self._head: Any = model.get_output_embeddings()
        self._config: Any = model.config
        self._given: Any = model.generation_config
        self._vocabulary, self._graphs = vocabulary, graphs
        self._tensors: _Tensors | None = None
        self._graph: Any = None

    def __call__(self, encoded: torch.Tensor, most: int) -> Written:
        """Write down what was encoded ([1, 1500, width]), in `most` tokens at most."""
        with torch.inference_mode():
            tensors = self._listen(encoded)
            prompt = self._vocabulary.prompt
            ids = torch.tensor(prompt, device=encoded.device)
            positions = torch.arange(len(prompt), device=encoded.device)
            logits = self._forward(tensors, ids, positions, _up(len(prompt), tensors.positions))
            no_speech = logits[0].float().softmax(-1)[self._vocabulary.no_speech]
            tensors.choose(logits[-1] + tensors.at_first)
            tensors.position.fill_(len(prompt))
            written, sureness = self._write(tensors, most)
            return Written(written, float(no_speech), sureness)

    def attention(self, ids: Sequence[int], heads: Mapping[int, list[int]]) -> torch.Tensor:
        """Return what the heads that follow time listen to while `ids` are written: logarithms of
        the attention, [heads, tokens, 1500], of what was encoded last.
        """
        with torch.inference_mode():
            assert self._tensors is not None
            tokens = torch.tensor(list(ids), device=self._tensors.token.device)
            positions = torch.arange(len(tokens), device=tokens.device)
            kept: list[torch.Tensor] = []
            length = _up(len(tokens), self._tensors.positions)
            self._forward(self._tensors, tokens, positions, length, heads, kept)
            return torch.cat(kept)

    def _write(self, tensors: _Tensors, most: int) -> tuple[list[int], float]:
        ids: list[int] = []
        total = 0.0
        start, end = len(self._vocabulary.prompt), self._vocabulary.end
        while end not in ids and len(ids) < min(most, tensors.positions - start):
            if ids:
                self._next(tensors, start + len(ids))
            token, sureness = tensors.chosen.tolist()
            ids.append(int(token))
            total += sureness
        # Tokens behind the end are no text: languages, tasks, times.
        return [token for token in ids if token < end], total / max(1, len(ids))

    def _next(self, tensors: _Tensors, length: int) -> None:
        if self._graphs and self._graph is None:
            self._graph = self._captured(tensors)
        if self._graph is not None:
            self._graph.replay()
        else:
            self._step(tensors, _up(length, tensors.positions))

    def _step(self, tensors: _Tensors, length: int) -> torch.Tensor:
        logits = self._forward(tensors, tensors.token, tensors.position, length)
        tensors.choose(logits[-1] + tensors.always)
        return tensors.position.add_(1)

    def _captured(self, tensors: _Tensors) -> Any:
        """Return a step as a graph; None where it cannot be captured, and never tried again."""
        token, position = tensors.token.clone(), tensors.position.clone()
        try:
            # It is run a few times before: what is then written behind the prompt is overwritten.
            graph, _ = graphs.captured(lambda: self._step(tensors, tensors.positions), ())
        except RuntimeError as error:
            log.warning("steps are not captured: %s", trace(error))
            self._graphs = False
            graph = None
        tensors.token.copy_(token)
        tensors.position.copy_(position)
        return graph

    def _listen(self, encoded: torch.Tensor) -> _Tensors:
        """Compute what every step attends to, once for each sound."""
        if self._tensors is None:
            self._tensors = _Tensors(self._config, self._given, encoded)
        for index, layer in enumerate(self._decoder.layers):
            attention, shape = layer.encoder_attn, self._tensors.heard_keys[index].shape
            keys, values = attention.k_proj(encoded), attention.v_proj(encoded)
            self._tensors.heard_keys[index].copy_(_by_head(keys, shape[1]))
            self._tensors.heard_values[index].copy_(_by_head(values, shape[1]))
        return self._tensors

    def _forward(
        self,
        tensors: _Tensors,
        tokens: torch.Tensor,
        positions: torch.Tensor,
        length: int,
        heads: Mapping[int, list[int]] | None = None,
        kept: list[torch.Tensor] | None = None,
    ) -> torch.Tensor:
        """Return the logits [tokens, vocabulary] of tokens at `positions`, all below `length`.

        The layers are transformers' own (`WhisperDecoderLayer.forward`), without dropout.
        """
        decoder = self._decoder
        x = decoder.embed_tokens(tokens)[None] + decoder.embed_positions.weight[positions]
        mask = tensors.places[:length] <= positions[:, None]
        for index, layer in enumerate(decoder.layers):
            own, heard = layer.self_attn, layer.encoder_attn
            keys, values = tensors.keys[index], tensors.values[index]
            y = layer.self_attn_layer_norm(x)
            keys.index_copy_(2, positions, _by_head(own.k_proj(y), keys.shape[1]))
            values.index_copy_(2, positions, _by_head(own.v_proj(y), keys.shape[1]))
            query = _by_head(own.q_proj(y), keys.shape[1])
            seen = functional.scaled_dot_product_attention(
                query, keys[:, :, :length], values[:, :, :length], attn_mask=mask
            )
            x = x + own.out_proj(_joined(seen))
            query = _by_head(heard.q_proj(layer.encoder_attn_layer_norm(x)), keys.shape[1])
            if kept is not None and heads and index in heads:
                keys_of = tensors.heard_keys[index][0, heads[index]].float()
                scores = query[0, heads[index]].float() @ keys_of.transpose(-1, -2)
                kept.append(scores * query.shape[-1] ** -0.5)
            seen = functional.scaled_dot_product_attention(
                query, tensors.heard_keys[index], tensors.heard_values[index]
            )
            x = x + heard.out_proj(_joined(seen))
            y = layer.activation_fn(layer.fc1(layer.final_layer_norm(x)))
            x = x + layer.fc2(y)
        logits: torch.Tensor = self._head(decoder.layer_norm(x))[0]
        return logits


class _Tensors:
    """What a step reads and writes, at places that never change."""

    def __init__(self, config: Any, given: Any, like: torch.Tensor) -> None:
        heads = config.decoder_attention_heads
        width, layers = config.d_model // heads, config.decoder_layers
        self.positions = int(config.max_target_positions)

        def empty(length: int) -> list[torch.Tensor]:
            shape = (1, heads, length, width)
            return [torch.zeros(shape, dtype=like.dtype, device=like.device) for _ in range(layers)]

        self.keys, self.values = empty(self.positions), empty(self.positions)
        self.heard_keys, self.heard_values = empty(like.shape[1]), empty(like.shape[1])
        self.places = torch.arange(self.positions, device=like.device)
        self.token = torch.zeros(1, dtype=torch.int64, device=like.device)
        self.position = torch.zeros(1, dtype=torch.int64, device=like.device)
        self.chosen = torch.zeros(2, dtype=torch.float64, device=like.device)
        self.always = torch.zeros(config.vocab_size, dtype=torch.float32, device=like.device)
        self.always[list(given.suppress_tokens or ())] = -torch.inf
        self.at_first = self.always.clone()
        self.at_first[list(given.begin_suppress_tokens or ())] = -torch.inf

    def choose(self, scores: torch.Tensor) -> None:
        """Take the likeliest token: the next one to be fed."""
        sureness, token = scores.float().log_softmax(-1).max(-1)
        self.token.copy_(token)
        self.chosen[0].copy_(token)
        self.chosen[1].copy_(sureness)


def _by_head(states: torch.Tensor, heads: int) -> torch.Tensor:
    return states.view(*states.shape[:-1], heads, -1).transpose(1, 2)


def _joined(states: torch.Tensor) -> torch.Tensor:
    return states.transpose(1, 2).flatten(2)


def _up(length: int, most: int) -> int:
    return min(most, -(-length // STEP) * STEP)
