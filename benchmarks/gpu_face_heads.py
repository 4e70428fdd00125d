"""SadTalker: frames a second with random weights of the full size, as the app runs it.

Called by `benchmarks.gpu_face`; `python -m benchmarks.gpu_face_heads` runs it alone. Mapping,
keypoints, motion, decoder, the copy to the host and the pasting into the portrait are included.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from statistics import median
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from benchmarks.report import Figure, main, spread
from modules.avatar.sadtalker.acting import idling, speaking
from modules.avatar.sadtalker.checkpoint import SadTalker, folded
from modules.avatar.sadtalker.mapping import COEFFICIENTS, MappingNet
from modules.avatar.sadtalker.pasting import shown
from modules.avatar.sadtalker.studio import Head, Kind, Studio
from modules.messages import FPS, LISTEN_RATE, FloatArray

GFLOP = 1_139
"""Of a frame, multiplications and additions of convolutions, with the source's features kept."""
BATCHES = {"cuda": (1, 4, 8, 16), "cpu": (1,)}
ROUNDS = {"cuda": 8, "cpu": 1}
SIDE = {"cuda": 256, "cpu": 128}
"""128 pixels are the fewest that the networks take, at a quarter of the work."""
ANSWER_S = {"cuda": 10.0, "cpu": 0.04}
IDLE_FRAMES = {"cuda": 300, "cpu": 1}

Network = TypeVar("Network", bound=nn.Module)


def run(device: str) -> list[Figure]:
    """Return SadTalker's rows; on the processor of some few small frames."""
    name = "SadTalker" if device == "cuda" else "SadTalker (small frames)"
    studio = random_studio(device)
    looked = _timed(device, lambda: studio._seen(_picture(), _points(), "full"), 1)
    head = studio.see(_picture(), _points(), "full")
    rows = [Figure(f"{name}: a portrait looked at", median(looked), "ms", detail=spread(looked))]
    rows += [_speed(name, studio, head, batch, device) for batch in BATCHES[device]]
    rows += _answer(name, studio, head, device)
    rows.append(_loop(name, studio, head, device))
    if device == "cuda":
        peak = torch.cuda.max_memory_allocated() / 1e9
        rows.append(Figure(f"{name}: memory at most", peak, "GB"))
    return rows


def random_studio(device: str) -> Studio:
    """Return the networks with noise for weights, scaled so that every layer says something."""
    torch.manual_seed(0)
    networks = folded(_filled(SadTalker()))
    mappings = {kind: _filled(MappingNet(count)) for kind, count in COEFFICIENTS.items()}

    def mapping(kind: Kind) -> MappingNet:
        return mappings[kind]

    return Studio(networks, mapping, device, side=SIDE[device])


def _filled(network: Network) -> Network:
    for held in network.state_dict().values():
        if held.ndim >= 2:
            held.normal_(0, 1 / math.sqrt(held[0].numel()))
    return network.eval().requires_grad_(False)


def _speed(name: str, studio: Studio, head: Head, batch: int, device: str) -> Figure:
    """Return frames a second, pasted, of batches of some frames."""
    studio.batch = batch
    rows = np.repeat(head.own[None, :70], batch, axis=0)
    rows += np.random.default_rng(0).normal(0, 0.05, rows.shape).astype(np.float32)

    def work() -> None:
        for face in studio.frames(head, rows):
            shown(head, face)

    taken = _timed(device, work, ROUNDS[device])
    fps = batch / (median(taken) / 1e3)
    asked = FPS if batch == 8 else None
    detail = f"{spread(taken, 'ms a batch')}; {fps * GFLOP / 1e3:.1f} TFLOP/s"
    return Figure(f"{name}: {batch} at once", fps, "fps", None, asked, detail)


def _answer(name: str, studio: Studio, head: Head, device: str) -> list[Figure]:
    """Return how long the coefficients of an answer take, and how long the film of it."""
    seconds, studio.batch = ANSWER_S[device], min(8, BATCHES[device][-1])
    random = np.random.default_rng(1)
    count = int(seconds * LISTEN_RATE)
    sound = random.normal(0, 0.1, count).astype(np.float32)
    began = time.perf_counter()
    rows = speaking(studio, head, sound, still=False)
    acted = time.perf_counter() - began
    for face in studio.frames(head, rows):
        shown(head, face)
    whole = time.perf_counter() - began
    pace = len(rows) / FPS / whole
    return [
        Figure(f"{name}: an answer acted", acted * 1e3, "ms", detail=f"{seconds:g} s of sound"),
        Figure(f"{name}: an answer filmed", pace, "x real time", None, 1.0, f"{whole:.1f} s"),
    ]


def _loop(name: str, studio: Studio, head: Head, device: str) -> Figure:
    frames = IDLE_FRAMES[device]
    began = time.perf_counter()
    rows = idling(studio, head, 0, max(frames, 41))[:frames]
    for face in studio.frames(head, rows, around=True):
        shown(head, face)
    seconds = time.perf_counter() - began
    return Figure(f"{name}: an idle loop, once", seconds, "s", detail=f"{frames} frames")


def _timed(device: str, work: Callable[[], object], rounds: int) -> list[float]:
    taken = []
    for round_ in range(rounds + (1 if device == "cuda" else 0)):
        began = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        if round_ or device == "cpu":  # the first one warms up
            taken.append((time.perf_counter() - began) * 1e3)
    return taken


def _picture() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(2).integers(0, 255, (512, 512, 3)).astype(np.uint8)


def _points() -> FloatArray:
    points = np.full((68, 2), 256, np.float32)
    points[36:42], points[42:48] = (226, 220), (286, 220)
    points[[30, 48, 54]] = (256, 260), (232, 290), (280, 290)
    return points


if __name__ == "__main__":
    main(lambda: run("cuda" if torch.cuda.is_available() else "cpu"))
