"""How well the mouth of a recorded voice is found, with its words and without.

    python -m benchmarks.visemes [--json FILE]

The truth is espeak's own: sentences that the network was not trained on, in voices that it was not
trained on, every word at a rate and a pitch of its own; some are changed by WORLD (another pitch
and vocal tract) or spoiled by noise and a room. Correlations are of openness and rounding, 100
times a second; a closure of m, b, p is hit when the found mouth is nearly shut (a third of its
usual openness) within 40 ms of it; lag is the shift that correlates best. No human voice is among
them.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyworld

from benchmarks.mouth_material import (
    FRAMES_A_SECOND,
    SENTENCES,
    Known,
    curves,
    said,
    spoiled,
    uneven,
)
from benchmarks.stock_voices import stock_file
from modules.messages import SPEECH_RATE, FloatArray, Region
from modules.tts import espeak_library
from modules.tts.align import visemes_of

_TRIES = 2
_REACH = 4
_LAGS = range(-12, 13)
Change = Callable[[FloatArray, random.Random], FloatArray]


@dataclass(frozen=True)
class Case:
    """A voice file and what is done to its sound."""

    name: str
    voice: str
    change: Change | None = None
    region: Region = "north"


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


def cases() -> list[Case]:
    """Return the voices that are measured."""
    return [
        Case("vi", stock_file("vi", wide=True)),
        Case("vi+f3", stock_file("f3", wide=True)),
        Case("vi+m5", stock_file("m5", wide=True)),
        Case("vi+klatt2", stock_file("klatt2", wide=True)),
        Case("south, f3", stock_file("f3", rules=2, wide=True), region="south"),
        Case("WORLD, child", stock_file("vi", wide=True), world(2.2, 1.22)),
        Case("WORLD, man of f3", stock_file("f3", wide=True), world(0.6, 0.88)),
        Case("noise and room", stock_file("f4", wide=True), spoiled),
    ]


def measure(case: Case, *, words: bool) -> dict[str, float]:
    """Return the figures of one case, means over the sentences."""
    rng = random.Random(5)
    rows = []
    for text in SENTENCES[:4] * _TRIES:
        known = said(uneven(text, rng), case.voice)
        samples = case.change(known.samples, rng) if case.change else known.samples
        begun = time.perf_counter()
        made = visemes_of(samples, SPEECH_RATE, text if words else None, case.region)
        took = time.perf_counter() - begun
        rows.append(_row(curves(made, len(samples)), known, took))
    figures = {name: statistics.fmean(row[name] for row in rows) for name in rows[0]}
    figures["worst_open"] = min(row["open"] for row in rows)
    figures["ms"] = statistics.median(row["ms"] for row in rows)
    figures["lag_ms"] = statistics.median(row["lag_ms"] for row in rows)
    return figures


def _row(got: FloatArray, known: Known, took: float) -> dict[str, float]:
    truth = curves(known.visemes, len(known.samples))
    shut = np.percentile(got[:, 0], 95) / 3
    hits = []
    for viseme in known.visemes:
        if viseme.shape == "closed":
            first, last = (at * FRAMES_A_SECOND // SPEECH_RATE for at in (viseme.start, viseme.end))
            near = got[max(0, first - _REACH) : last + _REACH + 1, 0]
            hits.append(float(near.min() < shut))
    return {
        "open": _correlation(got[:, 0], truth[:, 0]),
        "round": _correlation(got[:, 2], truth[:, 2]),
        "closures": statistics.fmean(hits),
        "lag_ms": 10.0
        * max(_LAGS, key=lambda lag: _correlation(np.roll(got[:, 0], -lag), truth[:, 0])),
        "ms": took * 1000,
    }


def _correlation(a: FloatArray, b: FloatArray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def run() -> dict[str, Any]:
    """Return the figures of all cases with and without words."""
    espeak_library.load()
    return {
        case.name: {
            "with words": measure(case, words=True),
            "sound alone": measure(case, words=False),
        }
        for case in cases()
    }


def main() -> None:
    """Print a table, and write the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    figures = run()
    for name, ways in figures.items():
        for way, row in ways.items():
            shown = "  ".join(f"{key} {value:.2f}" for key, value in row.items())
            print(f"{name:18} {way:12} {shown}")
    if wanted.json:
        wanted.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
