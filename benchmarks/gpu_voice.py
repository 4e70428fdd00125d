"""OpenVoice's converter: how many times faster than playing, alone and for several sessions.

The network in its full size with weights as torch draws them, in halves on a card, in the pieces in
which the engine gives a clause: as it is, and on a card also as the app has it, as CUDA graphs.
Sounds are noise with the rhythm of speech: a convolution does not know the difference.
"""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch

from benchmarks.report import Figure, spread, times_ms
from modules.messages import FRAME_SAMPLES, SPEECH_RATE, FloatArray
from modules.voice.openvoice.config import read_config
from modules.voice.openvoice.conversion import Conversion, in_halves
from modules.voice.openvoice.network import Converter
from modules.voice.openvoice.speakers import speaker_of
from modules.voice.openvoice.steps import Bucketed, Steps
from modules.voice.pieces import FIRST_PIECE, piece_ends
from tests.voice.openvoice.filled import SMALL, config_text

TIMES_REAL_TIME = 100
"""What one session is to get on an H200-class card."""
SECOND_PIECE = 20 * FRAME_SAMPLES  # as modules/voice/openvoice/engine.py, which needs the app
SESSIONS = (1, 4, 8)
ROUNDS = 9
SPEAKER = np.full(256, 0.05, np.float32)


def run(device: str) -> list[Figure]:
    """Return the rows of the converter."""
    cuda = device == "cuda"
    network = random_converter(device)
    name = f"OpenVoice{'' if cuda else ' (toy)'}"
    clause, long, sample = (babble(s) for s in ((2.5, 10.0, 30.0) if cuda else (1.0, 2.0, 3.0)))
    began = time.perf_counter()
    convert(network, clause, [len(clause)])
    figures = [Figure(f"{name}: first use", time.perf_counter() - began, "s")]
    hearing = times_ms(lambda: hear(network, sample), 3)
    for title, sound, bound in (
        (f"{len(clause) / SPEECH_RATE:g} s at once", clause, None),
        (f"{len(long) / SPEECH_RATE:g} s at once", long, TIMES_REAL_TIME),
    ):
        times = times_ms(lambda sound=sound: convert(network, sound, [len(sound)]))  # type: ignore[misc]
        figures.append(speed(f"{name}: {title}", len(sound), times, bound))
    figures += in_pieces(name, network, network, clause, long)
    if cuda:
        began = time.perf_counter()
        graphs = Bucketed(network)
        graphs.warm()
        torch.cuda.synchronize()
        figures.append(Figure(f"{name}: capturing its graphs", time.perf_counter() - began, "s"))
        bound = TIMES_REAL_TIME
        figures += in_pieces(f"{name}, CUDA graphs", network, graphs, clause, long, bound)
    figures.append(
        Figure(f"{name}: hearing 30 s of a sample", median(hearing), "ms", detail=spread(hearing))
    )
    if cuda:
        used = torch.cuda.max_memory_allocated() / 1e9
        figures.append(Figure(f"{name}: most memory", used, "GB"))
    return figures


def in_pieces(
    name: str,
    network: Converter,
    steps: Steps,
    clause: FloatArray,
    long: FloatArray,
    bound: float | None = None,
) -> list[Figure]:
    """Return what depends on how steps are computed: the first piece, a stream, many sessions."""
    first = times_ms(lambda: convert(network, clause, [FIRST_PIECE], steps))
    ends = piece_ends(len(long), SECOND_PIECE)
    streamed = times_ms(lambda: convert(network, long, ends, steps))
    title = f"{name}: {len(long) / SPEECH_RATE:g} s, streamed"
    return [
        Figure(f"{name}: first 0.64 s of a clause", median(first), "ms", detail=spread(first)),
        speed(title, len(long), streamed, bound),
        *(several(name, network, steps, clause, count) for count in SESSIONS),
    ]


def random_converter(device: str) -> Converter:
    """Return the network with weights drawn by lot: full and in halves on a card, else small."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "config.json"
        path.write_text(config_text() if device == "cuda" else config_text(**SMALL), "utf-8")
        network = Converter(read_config(path)).eval().requires_grad_(False)
    return in_halves(network).to(device) if device == "cuda" else network


def babble(seconds: float) -> FloatArray:
    """Return noise that swells and falls four times a second, float32 [n]."""
    count = round(seconds * SPEECH_RATE)
    noise = np.random.default_rng(0).standard_normal(count).astype(np.float32)
    swell = np.abs(np.sin(2 * np.pi * 2 * np.arange(count) / SPEECH_RATE)).astype(np.float32)
    return np.asarray(0.1 * noise * swell, np.float32)


def convert(
    network: Converter, samples: FloatArray, ends: list[int], steps: Steps | None = None
) -> FloatArray:
    """Return a conversion made in steps; each comes back from the card."""
    conversion = Conversion(network, samples, SPEAKER, -SPEAKER, steps=steps)
    return np.concatenate([conversion.render(end) for end in ends])


def hear(network: Converter, samples: FloatArray) -> FloatArray:
    """Return who speaks in samples."""
    return speaker_of(network, samples)


def several(name: str, network: Converter, steps: Steps, samples: FloatArray, count: int) -> Figure:
    """Return how soon so many sessions have the first piece of a clause that all want at once.

    As in the engine, one step is made at a time.
    """
    waits: list[float] = []
    for _ in range(ROUNDS):
        turn, start = threading.Lock(), threading.Barrier(count)

        def session(turn: threading.Lock = turn, start: threading.Barrier = start) -> None:
            start.wait()
            began = time.perf_counter()
            with turn:
                convert(network, samples, [FIRST_PIECE], steps)
            waits.append(1000 * (time.perf_counter() - began))

        threads = [threading.Thread(target=session) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return Figure(
        f"{name}, {count} at once: first piece", median(waits), "ms", detail=spread(waits)
    )


def speed(name: str, samples: int, times: list[float], bound: float | None = None) -> Figure:
    """Return milliseconds as times faster than playing."""
    faster = [1000 * samples / SPEECH_RATE / ms for ms in times]
    return Figure(name, median(faster), "x", at_least=bound, detail=spread(faster, "x"))
