"""Language models: how soon the first token comes, and how fast the rest, for 1, 4, 8 sessions.

LLaMA-2 7B (URA-LLaMA's architecture) and Qwen3 8B in halves, through the batcher that the app uses,
CUDA graphs included. A prompt is 700 tokens, as instructions and a short history are.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from statistics import median
from types import SimpleNamespace
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

from benchmarks.report import Figure, spread
from modules.llm.local.batcher import Batcher, Job
from modules.llm.local.decoder import Decoder, Sampling
from modules.llm.local.network import SPARE_TOKENS

SESSIONS = (1, 4, 8)
ROUNDS = 5
FIRST_TOKEN_MS, TOKENS_PER_S = 150, 60
"""What one session is to get on an H200-class card."""
SAMPLING = Sampling(0.5, 0.9, 50, 1.1)

LLAMA_7B: dict[str, Any] = {
    "hidden_size": 4_096, "intermediate_size": 11_008, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 32_000,
}  # fmt: skip
QWEN3_8B: dict[str, Any] = {
    "hidden_size": 4_096, "intermediate_size": 12_288, "num_hidden_layers": 36,
    "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151_936,
}  # fmt: skip
TOY: dict[str, Any] = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 16, "vocab_size": 512,
}  # fmt: skip


def run(device: str) -> list[Figure]:
    """Return the rows of both architectures."""
    kinds = {
        "URA-LLaMA 7B": (LlamaConfig, LlamaForCausalLM, LLAMA_7B),
        "Qwen3 8B": (Qwen3Config, Qwen3ForCausalLM, QWEN3_8B),
    }
    figures = []
    for name, (config, model, sizes) in kinds.items():
        network = random_network(config, model, sizes if device == "cuda" else TOY, device)
        figures += rows(f"{name}{'' if device == 'cuda' else ' (toy)'}", network)
        del network
        if device == "cuda":
            torch.cuda.empty_cache()
    return figures


def random_network(config: Any, model: Any, sizes: dict[str, Any], device: str) -> Any:
    """Return what `network.Network` is to a decoder, with weights drawn by lot."""
    torch.manual_seed(0)
    made = config(**sizes, max_position_embeddings=4_096)
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            built = model(made).eval().requires_grad_(False)
    finally:
        torch.set_default_dtype(before)
    width = getattr(made, "head_dim", None) or made.hidden_size // made.num_attention_heads
    return SimpleNamespace(
        device=device, dtype=dtype, slots=max(SESSIONS), layers=made.num_hidden_layers,
        heads=made.num_key_value_heads, width=width, vocabulary=made.vocab_size,
        window=4_096 if device == "cuda" else 512 - SPARE_TOKENS,
        decoder=built.get_decoder(), head=built.get_output_embeddings(),
    )  # fmt: skip


def rows(name: str, network: Any) -> list[Figure]:
    """Return the figures of one network."""
    cuda = network.device == "cuda"
    length, tokens = (700, 128) if cuda else (60, 12)
    decoder = Decoder(network, SAMPLING, graphs=cuda)
    batcher = Batcher(decoder, network.slots, frozenset())
    began = time.perf_counter()
    batcher.start()
    warm_s = time.perf_counter() - began
    figures = [Figure(f"{name}: first use of everything", warm_s, "s")]
    if cuda:
        used = torch.cuda.memory_allocated() / 1e9
        figures.append(Figure(f"{name}: memory, 8 slots of 4,096 tokens", used, "GB"))
    try:
        for count in SESSIONS:
            figures += sessions(name, batcher, network, count, length, tokens)
        figures.append(next_turn(name, batcher, network, length))
    finally:
        batcher.close()
    return figures


def sessions(
    name: str, batcher: Batcher, network: Any, count: int, length: int, tokens: int
) -> list[Figure]:
    """Return first token and speed of `count` sessions that ask at the same moment."""
    firsts, speeds = [], []
    for turn in range(ROUNDS):
        answers = [
            ask(batcher, f"{count}-{turn}-{n}", prompt(network, length), tokens)
            for n in range(count)
        ]
        for answer in answers:
            answer.ended.wait()
        firsts += [1_000 * (answer.times[0] - answer.asked) for answer in answers]
        speeds += [(tokens - 1) / (a.times[-1] - a.times[0]) for a in answers]
    one = count == 1
    return [
        Figure(
            f"{name}, {count} at once: first token", median(firsts), "ms",
            at_most=FIRST_TOKEN_MS if one else None, detail=spread(firsts),
        ),
        Figure(
            f"{name}, {count} at once: each session", median(speeds), "tokens/s",
            at_least=TOKENS_PER_S if one else None, detail=spread(speeds, "tokens/s"),
        ),
    ]  # fmt: skip


def next_turn(name: str, batcher: Batcher, network: Any, length: int) -> Figure:
    """Return the first token of a turn whose persona and history are in the cache."""
    firsts = []
    for turn in range(ROUNDS):
        said = prompt(network, length)
        for ids in (said, [*said, *prompt(network, 30)]):
            answer = ask(batcher, f"next-{turn}", ids, 1)
            answer.ended.wait()
        firsts.append(1_000 * (answer.times[0] - answer.asked))
    return Figure(
        f"{name}: first token of the next turn", median(firsts), "ms", detail=spread(firsts)
    )


@dataclass
class Answer:
    """When an answer was asked for, and when each of its tokens came."""

    asked: float
    times: list[float] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def deliver(self, what: object) -> None:
        """Note one token, or the end."""
        if isinstance(what, int):
            self.times.append(time.perf_counter())
        else:
            self.ended.set()


def ask(batcher: Batcher, session: str, ids: list[int], tokens: int) -> Answer:
    """Queue an answer of so many tokens."""
    answer = Answer(time.perf_counter())
    batcher.submit(Job(session, ids, tokens, answer.asked, answer.deliver))
    return answer


def prompt(network: Any, length: int) -> list[int]:
    """Return a prompt that no other begins like."""
    return [int(token) for token in torch.randint(3, network.vocabulary, (length,))]
