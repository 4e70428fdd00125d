"""The voices that `benchmarks.visemes` is measured with, and what is done to their sound.

`DEVELOPED` are those that figures were looked at while the mouth was worked on. `HELD_OUT` are
other sentences in other voices and other changes: they are run to be reported, not to be tuned to.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyworld

from benchmarks.mouth_material import HELD_OUT_SENTENCES, SENTENCES, spoiled
from benchmarks.stock_voices import stock_file
from modules.messages import SPEECH_RATE, FloatArray, Region

Change = Callable[[FloatArray, random.Random], FloatArray]


@dataclass(frozen=True)
class Case:
    """A voice file, what is done to its sound, and how it speaks.

    Without a `rate` every word has one of its own; else all are said at this many times the usual.
    """

    name: str
    voice: str
    change: Change | None = None
    region: Region = "north"
    rate: float = 0.0


@dataclass(frozen=True)
class Set:
    """Cases and the sentences that they say."""

    sentences: tuple[str, ...]
    cases: tuple[Case, ...]


def world(pitch: float, tract: float) -> Change:
    """Return a change of pitch and of vocal-tract length by these factors."""

    def change(samples: FloatArray, _: random.Random) -> FloatArray:
        sound = np.ascontiguousarray(samples, np.float64)
        rough, times = pyworld.dio(sound, SPEECH_RATE, f0_floor=50.0, f0_ceil=500.0)
        f0 = pyworld.stonemask(sound, rough, times, SPEECH_RATE)
        envelope = pyworld.cheaptrick(sound, f0, times, SPEECH_RATE)
        noise = pyworld.d4c(sound, f0, times, SPEECH_RATE)
        bins = np.arange(envelope.shape[1])
        read = np.minimum(bins / tract, bins[-1])
        moved = [
            np.array([np.interp(read, bins, row) for row in part]) for part in (envelope, noise)
        ]
        made = pyworld.synthesize(f0 * pitch, *map(np.ascontiguousarray, moved), SPEECH_RATE)
        made = np.pad(made, (0, max(0, len(sound) - len(made))))[: len(sound)]
        return np.asarray(made * np.std(sound) / (np.std(made) + 1e-9), np.float32)

    return change


def both(first: Change, then: Change) -> Change:
    """Return one change after another."""
    return lambda samples, rng: then(first(samples, rng), rng)


def sets() -> dict[str, Set]:
    """Return what is measured, by name."""
    return {
        "developed": Set(SENTENCES[:4], _developed()),
        "held out": Set(HELD_OUT_SENTENCES, _held_out()),
    }


def _developed() -> tuple[Case, ...]:
    return (
        Case("vi", stock_file("vi", wide=True)),
        Case("vi+f3", stock_file("f3", wide=True)),
        Case("vi+m5", stock_file("m5", wide=True)),
        Case("vi+klatt2", stock_file("klatt2", wide=True)),
        Case("south, f3", stock_file("f3", rules=2, wide=True), region="south"),
        Case("0.75 times", stock_file("f3", wide=True), rate=0.75),
        Case("1.35 times", stock_file("m5", wide=True), rate=1.35),
        Case("WORLD, child", stock_file("vi", wide=True), world(2.2, 1.22)),
        Case("WORLD, man of f3", stock_file("f3", wide=True), world(0.6, 0.88)),
        Case("noise and room", stock_file("f4", wide=True), spoiled),
    )


def _held_out() -> tuple[Case, ...]:
    return (
        Case("vi+f5", stock_file("f5", wide=True)),
        Case("vi+m7", stock_file("m7", wide=True)),
        Case("vi+linda", stock_file("linda", wide=True)),
        Case("vi+max", stock_file("max", wide=True)),
        Case("vi+klatt4", stock_file("klatt4", wide=True)),
        Case("south, m7", stock_file("m7", rules=2, wide=True), region="south"),
        Case("central, f5", stock_file("f5", rules=1, wide=True), region="central"),
        Case("0.75 times", stock_file("m7", wide=True), rate=0.75),
        Case("1.35 times", stock_file("f5", wide=True), rate=1.35),
        Case("WORLD, woman of m7", stock_file("m7", wide=True), world(1.8, 1.12)),
        Case("WORLD, man of linda", stock_file("linda", wide=True), world(0.55, 0.92)),
        Case("noise and room", stock_file("max", wide=True), spoiled),
        Case("WORLD in noise", stock_file("grandma", wide=True), both(world(1.4, 1.1), spoiled)),
    )
