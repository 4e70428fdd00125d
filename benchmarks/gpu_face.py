"""MuseTalk: frames a second with random weights of the full size, and what a visitor waits for.

The painter that the app uses, with its queue: fixed batches, CUDA graphs and torch.compile where
they can be, decoder, blending and the copy to the host included. The ratio to the original's own
loop is measured where its repository lies in `originals/MuseTalk` (never committed).
"""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from benchmarks import face_ready
from benchmarks.report import Figure, percentile, spread
from modules.avatar.musetalk import compiled
from modules.avatar.musetalk.config import EarConfig, UNetConfig, VAEConfig
from modules.avatar.musetalk.ear import Ear
from modules.avatar.musetalk.painter import MuseTalkPainter, Networks
from modules.avatar.musetalk.unet import LipUNet
from modules.avatar.musetalk.vae import Decoder, Encoder, TinyDecoder, released_tiny, released_vae
from modules.avatar.neural.painting import Run
from modules.avatar.neural.queue import PaintQueue

ORIGINAL = Path("originals/MuseTalk")
SESSIONS = 8
FPS, FIRST_FRAME_MS, SESSION_FPS = 250, 120, 25
"""What an H200-class card is to reach."""
GFLOP = 800
"""Of a frame: UNet and decoder, multiplications and additions of matrices alone."""

FULL = (
    UNetConfig((320, 640, 1280, 1280), 2, 8, 32, 384),
    VAEConfig((128, 256, 512, 512), 2, 32),
    EarConfig(384, 4, 6, 1536, 1500, 80),
)
TOY = (
    UNetConfig((16, 16, 32, 32), 1, 2, 8, 24),
    VAEConfig((8, 8, 16, 16), 1, 4),
    EarConfig(24, 4, 2, 32, 1500, 80),
)


def run(device: str) -> list[Figure]:
    """Return the rows of MuseTalk, and of the other painters where theirs are there."""
    cuda = device == "cuda"
    name = "MuseTalk" if cuda else "MuseTalk (toy)"
    rounds, clip = (10, face_ready.CLIP) if cuda else (2, 16)
    networks = random_networks(device)
    figures = speeds(name, networks, rounds)
    figures += waits(name, networks, rounds)
    figures += ready(name, clip)
    if cuda and ORIGINAL.is_dir():
        figures += importlib.import_module("benchmarks.face_original").rows(figures, rounds)
    if importlib.util.find_spec("benchmarks.gpu_face_heads"):
        figures += importlib.import_module("benchmarks.gpu_face_heads").run(device)
    return figures


# --- networks -----------------------------------------------------------------------------------


def random_networks(device: str, *, tiny: bool = False) -> Networks:
    """Return the four networks with numbers drawn by lot: halves on a card, toys elsewhere."""
    unet, vae, ear = FULL if device == "cuda" else TOY
    source = released_vae(vae)
    decoder = TinyDecoder(released_tiny()) if tiny else Decoder(source)
    networks = Networks(LipUNet(unet), Encoder(source), decoder, Ear(ear))
    torch.manual_seed(0)
    for part in (networks.unet, networks.encoder, networks.decoder, networks.ear):
        drawn(part.to_empty(device=device)).eval().requires_grad_(False)
    return networks.on(device, torch.float16 if device == "cuda" else torch.float32)


@torch.no_grad()
def drawn(network: torch.nn.Module) -> torch.nn.Module:
    """Return a network with numbers drawn by lot, of the size that keeps its values moderate."""
    for name, held in network.named_parameters():
        if held.ndim > 1:
            held.normal_(0, held[0].numel() ** -0.5)
        else:
            held.fill_(1.0 if name.endswith("weight") else 0.0)
    return network


def painters(networks: Networks) -> dict[str, MuseTalkPainter]:
    """Return painters of the ways to run: as it is, replayed, and compiled as well."""
    cuda = next(networks.unet.parameters()).is_cuda
    kinds = {"as it is": (False, False), "CUDA graphs": (True, False), "compiled": (True, True)}
    made = {}
    for kind, (graphs, fused) in kinds.items():
        if kind == "as it is" or (cuda and (not fused or compiled.can_compile())):
            made[kind] = MuseTalkPainter(
                networks, graphs=graphs, sizes=compiled.SIZES if cuda else (4,)
            )
            made[kind].warm(fused=fused)
    return made


def avatar(painter: MuseTalkPainter, frames: int = 8) -> Any:
    """Return an avatar of plain frames, attached."""
    pictures = np.full((frames, 512, 512, 3), 128, np.uint8)
    return painter.attach(pictures, painter.prepare(pictures, np.stack([points()] * frames)))


def points() -> Any:
    """Return 68 points of a face as large as in a portrait."""
    turn = np.linspace(0, np.pi, 17)
    jaw = np.stack([256 - 85 * np.cos(turn), 250 + 100 * np.sin(turn)], 1)
    rest = np.stack([np.linspace(200, 312, 51), np.linspace(220, 320, 51)], 1)
    return np.concatenate([jaw, rest]).astype(np.float32)


def runs_of(painter: MuseTalkPainter, prepared: Any, batch: int) -> list[Run]:
    """Return runs of four frames, so many in all."""
    sound = np.random.default_rng(0).standard_normal(16_000).astype(np.float32) * 0.1
    heard = painter.ear().push(sound, True)
    return [
        Run(prepared, np.arange(4), heard[4 * k % 16 :][:4], np.ones(4, np.float32))
        for k in range(batch // 4)
    ]


# --- rows ---------------------------------------------------------------------------------------


def speeds(name: str, networks: Networks, rounds: int) -> list[Figure]:
    """Return frames a second of a full batch, every way to run, and of the tiny decoder."""
    figures, best = [], 0.0
    made = painters(networks)
    for kind, painter in made.items():
        rates = rate(painter, rounds)
        best = max(best, median(rates))
        figures.append(
            Figure(f"{name}, batch of {painter.batch}, {kind}", median(rates), "frames/s",
                   at_least=FPS if kind == list(made)[-1] else None,
                   detail=spread(rates, "frames/s"))
        )  # fmt: skip
    device = next(networks.unet.parameters()).device
    limit = products(device)
    figures.append(Figure(f"{name}: products of matrices on this machine", limit, "TFLOP/s"))
    if device.type == "cuda":
        share, detail = best * GFLOP / 1e3 / limit, f"{GFLOP} GFLOP a frame"
        figures.append(Figure(f"{name}: share of that limit", share, "of 1", detail=detail))
    small = Networks(networks.unet, networks.encoder, tiny_decoder(networks), networks.ear)
    kinds = painters(small)
    rates = rate(kinds[list(kinds)[-1]], rounds)
    detail = spread(rates, "frames/s")
    figures.append(Figure(f"{name}, tiny decoder", median(rates), "frames/s", detail=detail))
    return figures


def tiny_decoder(networks: Networks) -> TinyDecoder:
    """Return a tiny decoder beside other networks."""
    first = next(networks.unet.parameters())
    made = drawn(TinyDecoder(released_tiny()).to_empty(device=first.device))
    return made.eval().requires_grad_(False).to(first.dtype)


def rate(painter: MuseTalkPainter, rounds: int) -> list[float]:
    """Return frames a second of full batches, one figure a round."""
    runs = runs_of(painter, avatar(painter), painter.batch)
    painter.paint(runs)
    return [painter.batch / timed(lambda: painter.paint(runs)) for _ in range(rounds)]


def products(device: torch.device) -> float:
    """Return what products of large matrices reach, in TFLOP/s: halves on a card."""
    side = 8_192 if device.type == "cuda" else 512
    kind = torch.float16 if device.type == "cuda" else torch.float32
    a, b = (torch.randn(side, side, device=device, dtype=kind) for _ in range(2))
    times = [timed(lambda: a @ b) for _ in range(8)]
    return 2 * side**3 / min(times) / 1e12


def waits(name: str, networks: Networks, rounds: int) -> list[Figure]:
    """Return how soon a clause's first frame comes, and what eight sessions at once get."""
    kinds = painters(networks)
    painter = kinds[list(kinds)[-1]]
    prepared = avatar(painter)
    firsts = [1_000 * timed(lambda: first_frame(painter, prepared)) for _ in range(rounds + 1)][1:]
    queue = PaintQueue(painter)
    try:
        each, late = sessions(queue, prepared, 4 if rounds < 5 else 75)
    finally:
        queue.close()
    return [
        Figure(f"{name}: first frames of a clause of 2 s", median(firsts), "ms",
               at_most=FIRST_FRAME_MS, detail=spread(firsts)),
        Figure(f"{name}: {SESSIONS} sessions at once, each", each, "frames/s",
               at_least=SESSION_FPS, detail=f"a run of 4 waits {median(late):.0f} ms, "
               f"95 of 100 less than {percentile(late, 95):.0f} ms"),
    ]  # fmt: skip


def first_frame(painter: MuseTalkPainter, prepared: Any) -> None:
    """Hear two seconds and paint the first four frames."""
    sound = np.random.default_rng(1).standard_normal(32_000).astype(np.float32) * 0.1
    heard = painter.ear().push(sound)
    painter.paint([Run(prepared, np.arange(4), heard[:4], np.ones(4, np.float32))])


def sessions(queue: PaintQueue, prepared: Any, count: int) -> tuple[float, list[float]]:
    """Return frames a second of each of eight sessions that ask for runs without pause, and how
    many milliseconds a run took.
    """
    heard = queue.call(lambda: runs_of(queue.painter, prepared, 4)[0])  # type: ignore[arg-type]
    late: list[float] = []

    def session(number: int) -> None:
        for k in range(count):
            began = time.perf_counter()
            queue.submit(heard, session=number, due=k).result()
            late.append(1_000 * (time.perf_counter() - began))

    threads = [threading.Thread(target=session, args=(n,)) for n in range(SESSIONS)]

    def all_of_them() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return 4 * count / timed(all_of_them), late


def ready(name: str, frames: int) -> list[Figure]:
    """Return how long an avatar of full-size arrays takes from disk to the painter."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    painter = MuseTalkPainter(random_networks(device), graphs=False, sizes=(4,))
    picture = np.full((1, 512, 512, 3), 128, np.uint8)
    painter.prepare(picture, points()[None])
    prepare = 1_000 * timed(lambda: painter.prepare(picture, points()[None]))
    figures = face_ready.ready(painter, points(), name, frames)
    return [*figures, Figure(f"{name}: preparing one frame", prepare, "ms")]


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes, on a card until it has ended there."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    began = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began
