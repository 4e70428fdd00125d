"""How soon a prepared face speaks again: `python -m benchmarks.face_ready`, on any machine.

What is kept of an avatar of 300 frames, in its full size, is read from disk, attached, and its
first frames are opened, as the app does it at the first use of a face (`NeuralEngine.attached`).
Files were just written, so they lie in the system's memory. No network runs: small ones will do.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.report import Figure, main, spread
from modules.avatar import avatars, poster
from modules.avatar.neural.engine import NeuralEngine
from modules.avatar.neural.painting import Painter
from modules.avatar.neural.queue import PaintQueue
from modules.avatar.neural.shelf import (
    Motion,
    Pictures,
    motion_file,
    painted_file,
    write_motion,
    write_painted,
)
from modules.avatar.neural.stream import RUN
from modules.engines import EngineSpec
from modules.messages import FACE_POINTS, ByteArray, FloatArray, Portrait

if TYPE_CHECKING:
    from modules.avatar.musetalk.painter import MuseTalkPainter

CLIP = 300
"""Frames of an avatar: twelve seconds."""
READY_MS = 500
"""On any machine."""
_ROUNDS = 5
_SPEC = EngineSpec("musetalk", "avatar", "")
_LATENT = (8, 32, 32)
"""Of a frame, whatever the networks: the masked face's and its own."""
_GRAIN = 5
"""Of a camera, in levels of 255: it makes a JPEG as large as a photograph's."""


def run(frames: int = CLIP) -> list[Figure]:
    """Measure on this machine's processor."""
    from benchmarks.gpu_face import points, random_networks
    from modules.avatar.musetalk.painter import MuseTalkPainter

    painter = MuseTalkPainter(random_networks("cpu"), graphs=False, sizes=(4,))
    return ready(painter, points(), "MuseTalk", frames)


def ready(
    painter: MuseTalkPainter, points: FloatArray, name: str, frames: int = CLIP
) -> list[Figure]:
    """Return how long an avatar takes from disk to its first frames, with its bound; and to open
    all of its frames, which nobody waits for. Closes the painter.
    """
    engine = NeuralEngine(_SPEC)
    with tempfile.TemporaryDirectory() as folder:
        portrait = Portrait("photo", name, _seen(0), np.zeros((len(FACE_POINTS), 2), np.float32))
        portrait = replace(portrait, folder=folder)
        megabytes = _keep(painter, portrait, points, frames)
        engine._queue = PaintQueue(painter)  # what `load` does with released weights
        try:
            times = [_again(engine, portrait) for _ in range(_ROUNDS + 1)][1:]
            began = time.perf_counter()
            engine.attached(portrait).motion.frames.all()
            opened = 1_000 * (time.perf_counter() - began)
        finally:
            engine.close()
    detail = f"{megabytes:.0f} MB on disk; {spread(times)}"
    title = f"{name}: an avatar of {frames} frames at hand again"
    return [
        Figure(title, median(times), "ms", at_most=READY_MS, detail=detail),
        Figure(f"{name}: all {frames} frames opened", opened, "ms"),
    ]


def _seen(k: int) -> ByteArray:
    picture = np.roll(poster(avatars()[0].id), k % 7, 0).astype(np.float32)
    grain = np.random.default_rng(k % 8).normal(0, _GRAIN, picture.shape)
    return np.asarray(np.clip(picture + grain, 0, 255), np.uint8)


def _keep(painter: Painter, portrait: Portrait, points: FloatArray, frames: int) -> float:
    """Keep an avatar as preparing does; return its megabytes on disk."""
    from modules.avatar.musetalk.painter import LATENTS

    packed = [_seen(k) for k in range(8)]
    pictures = Pictures.of(packed[k % 8] for k in range(frames))
    closed, tracked = np.ones(frames, bool), np.tile(points, (frames, 1, 1))
    motion = Motion(pictures, tracked, closed, True, "sadtalker")
    write_motion(motion_file(portrait), motion)
    one = painter.prepare(packed[0][None], points[None])
    arrays = {key: np.repeat(value, frames, 0) for key, value in one.items()}
    arrays[LATENTS] = np.zeros((frames, *_LATENT), np.float16)
    file = painted_file(portrait, painter)
    write_painted(file, arrays)
    return (file.stat().st_size + motion_file(portrait).stat().st_size) / 1e6


def _again(engine: NeuralEngine, portrait: Portrait) -> float:
    """Return the milliseconds until the first run of a face could be painted."""
    engine._at_hand.clear()
    began = time.perf_counter()
    attached = engine.attached(portrait)
    engine.queue.call(lambda: attached.prepared.shown.at(np.arange(RUN)))
    return 1_000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main(run)
