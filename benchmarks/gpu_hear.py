"""Hearing: PhoWhisper's speed against real time, and for 4 and 8 visitors at once.

PhoWhisper-medium and -large in halves, through the decoder that the app uses, CUDA graphs and word
times included; the decoder is made to write as many tokens as so much Vietnamese takes.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from transformers import WhisperConfig, WhisperForConditionalGeneration

from benchmarks import asr as cpu
from benchmarks.report import Figure, spread
from modules.asr import network as hearing
from modules.asr.network import Network
from modules.messages import LISTEN_RATE, FloatArray

REAL_TIME = 30
"""What PhoWhisper-medium is to reach on an H200-class card."""
SECONDS, TOY_SECONDS = (5.0, 15.0, 25.0), (0.5, 1.0)
VISITORS = (4, 8)
ROUNDS = {"cuda": 5, "cpu": 1}
SIZES: dict[str, dict[str, int]] = {
    "medium": {"d_model": 1_024, "layers": 24, "heads": 16},
    "large": {"d_model": 1_280, "layers": 32, "heads": 20},
}
TOY = {"d_model": 64, "layers": 2, "heads": 2}


def run(device: str) -> list[Figure]:
    """Return the rows of both sizes."""
    figures = []
    for name, sizes in SIZES.items():
        toy = "" if device == "cuda" else " (toy)"
        with tempfile.TemporaryDirectory() as scratch:
            folder = checkpoint(Path(scratch), sizes if device == "cuda" else TOY)
            figures += heard(f"PhoWhisper-{name}{toy}", Network(folder, device), name == "medium")
    return figures


def checkpoint(folder: Path, sizes: dict[str, int]) -> Path:
    """Write a Whisper of these sizes, its weights drawn by lot."""
    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=cpu.VOCABULARY, d_model=sizes["d_model"], encoder_layers=sizes["layers"],
        decoder_layers=sizes["layers"], encoder_attention_heads=sizes["heads"],
        decoder_attention_heads=sizes["heads"], encoder_ffn_dim=4 * sizes["d_model"],
        decoder_ffn_dim=4 * sizes["d_model"], decoder_start_token_id=cpu.EOT + 1,
        eos_token_id=cpu.EOT, pad_token_id=cpu.EOT, bos_token_id=cpu.EOT,
        # The end of the text is suppressed, so that the decoder writes up to its limit.
        suppress_tokens=[cpu.EOT], begin_suppress_tokens=[cpu.EOT],
    )  # fmt: skip
    dtype = torch.float16 if sizes is not TOY else torch.float32
    model: Any = WhisperForConditionalGeneration(config).to(dtype)
    config.save_pretrained(folder)
    model.generation_config.suppress_tokens = [cpu.EOT]
    model.generation_config.begin_suppress_tokens = [cpu.EOT]
    # As many heads follow time as in the released configuration of medium.
    last, heads = sizes["layers"] - 1, sizes["heads"]
    model.generation_config.alignment_heads = [[last - n % 2, n % heads] for n in range(6)]
    model.generation_config.save_pretrained(folder)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    files = {"tokenizer.json": cpu.tokens(), "preprocessor_config.json": cpu.listening()}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def heard(name: str, network: Network, bound: bool) -> list[Figure]:
    """Return the speed of one size for several lengths, and for several visitors at once."""
    hearing.most_tokens = lambda samples: cpu.TOKENS_PER_S * samples // LISTEN_RATE
    figures = [first_use(name, network)]
    lengths, rounds = SECONDS if network.device == "cuda" else TOY_SECONDS, ROUNDS[network.device]
    for seconds in lengths:
        took = timed(lambda s=seconds: network(noise(s)), rounds)  # type: ignore[misc]
        speeds = [seconds / each for each in took]
        figures.append(
            Figure(
                f"{name}: {seconds:g} s of speech, with word times", median(speeds), "x real time",
                at_least=REAL_TIME if bound and seconds == lengths[-1] else None,
                detail=spread([1_000 * each for each in took]),
            )
        )  # fmt: skip
    partial = timed(lambda: network.quick(noise(lengths[0])), rounds)
    label = f"{name}: what is shown meanwhile, {lengths[0]:g} s of speech"
    figures.append(
        Figure(label, 1_000 * median(partial), "ms", detail=spread([1_000 * p for p in partial]))
    )
    for count in VISITORS:
        took = timed(lambda n=count: together(n, lambda: network(noise(lengths[0]))), rounds)  # type: ignore[misc]
        label = f"{name}: {count} visitors, {lengths[0]:g} s each, the last one has its text after"
        detail = spread([1_000 * each for each in took])
        figures.append(Figure(label, 1_000 * median(took), "ms", detail=detail))
    return figures


def first_use(name: str, network: Network) -> Figure:
    """Return how long the first sound takes, which captures a step as a graph."""
    began = time.perf_counter()
    network(noise(1.0))
    took = time.perf_counter() - began
    used = torch.cuda.memory_allocated() / 1e9 if network.device == "cuda" else 0.0
    return Figure(f"{name}: first use", took, "s", detail=f"{used:.1f} GB allocated")


def together(count: int, work: Callable[[], Any]) -> None:
    """Do the same in so many threads at once, and wait for all."""
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def timed(work: Callable[[], Any], rounds: int) -> list[float]:
    """Return the seconds of so many calls, after one that is not counted."""
    work()
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return took


def noise(seconds: float) -> FloatArray:
    """Return a sound of this length."""
    rng = np.random.default_rng(0)
    return rng.normal(0, 0.05, int(seconds * LISTEN_RATE)).astype(np.float32)
