"""Feeling: how soon PhoBERT-base knows the moods of 1, 4 and 8 sessions.

Sentences of 20 words, asked for at the same moment, through the batcher that the app uses; in
halves on a card.
"""

from __future__ import annotations

import threading
from statistics import median
from typing import Any

import numpy as np
import torch
from transformers import RobertaConfig, RobertaForSequenceClassification

from benchmarks.gpu_hear import timed
from benchmarks.report import Figure, spread
from modules.emotion.phobert.batcher import Batcher, Job
from modules.messages import FloatArray

SESSIONS = (1, 4, 8)
ROUNDS = 5
WORDS = 20


def run(device: str) -> list[Figure]:
    """Return how soon the moods of 1, 4 and 8 sessions are known."""
    torch.manual_seed(0)
    sizes: dict[str, int] = (
        {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12}
        if device == "cuda"
        else {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    )
    config = RobertaConfig(
        vocab_size=64_001, max_position_embeddings=258, type_vocab_size=1, num_labels=7,
        intermediate_size=4 * sizes["hidden_size"], **sizes,
    )  # fmt: skip
    model: Any = RobertaForSequenceClassification(config).eval().to(device)
    model = model.half() if device == "cuda" else model

    def compute(windows: Any) -> FloatArray:
        with torch.inference_mode():
            found = model(torch.tensor(windows, device=device)).logits
        return np.asarray(found.float().cpu().numpy(), np.float32)

    batcher, name = Batcher(compute), "PhoBERT-base" + ("" if device == "cuda" else " (toy)")
    try:
        return [moods(name, batcher, count) for count in SESSIONS]
    finally:
        batcher.close()


def moods(name: str, batcher: Batcher, count: int) -> Figure:
    """Return when the last of so many sessions knows its mood."""

    def ask() -> None:
        done = threading.Semaphore(0)
        for session in range(count):
            windows = [torch.randint(4, 64_000, (WORDS + 2,)).tolist()]
            batcher.submit(Job(str(session), windows, lambda _: done.release()))
        for _ in range(count):
            done.acquire()

    took = [1_000 * each for each in timed(ask, ROUNDS)]
    label = f"{name}: {count} at once, {WORDS} words each, all moods known after"
    return Figure(label, median(took), "ms", detail=spread(took))
