"""How well the mouth of a recorded voice is found, with its words and without.

    python -m benchmarks.visemes [--json FILE] [--developed]

The truth is espeak's own: sentences and voices that the network was not trained on, in each case at
uneven rates or at one rate; some are changed by WORLD (another pitch and vocal tract) or spoiled by
noise and a room. No human voice is among them.

Correlations are of openness and rounding, 100 times a second; lag is the shift that correlates
best. Closures (of m, b, p and the labial ends of -ng and -c) are counted where they are seen: in
the mouth that the rig draws, at 25 pictures a second. One is hit where a picture within 40 ms of it
has touching lips; `false` counts, for every true closure, how often lips touch where there is
neither a closure nor silence nor f or v.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.mouth_cases import Case, sets
from benchmarks.mouth_material import FRAMES_A_SECOND, Known, curves, said, uneven
from modules.avatar.rig.articulation import CHANNELS, Articulation
from modules.avatar.specification import load_persona
from modules.messages import FPS, SPEECH_RATE, FloatArray, Viseme
from modules.tts import espeak_library
from modules.tts.align import visemes_of

_UTTERANCES = 8
_REACH_S = 0.04
_TOUCHING = 0.06
"""Lips that are open this little, where 1 is as wide as they open, touch in the picture."""
_LAGS = range(-12, 13)
_WORDS_A_MINUTE = 180
_OPEN = CHANNELS.index("open")


def measure(case: Case, sentences: tuple[str, ...], *, words: bool) -> dict[str, float]:
    """Return the figures of one case: means over the sentences, closures over all of them."""
    rng = random.Random(5)
    rows, hits, false = [], [], 0
    for number in range(_UTTERANCES):
        text = sentences[number % len(sentences)]
        if case.rate:
            known = said(text, case.voice, case.rate * _WORDS_A_MINUTE)
        else:
            known = said(uneven(text, rng), case.voice)
        samples = case.change(known.samples, rng) if case.change else known.samples
        begun = time.perf_counter()
        made = visemes_of(samples, SPEECH_RATE, text if words else None, case.region)
        took = time.perf_counter() - begun
        rows.append(_row(curves(made, len(samples)), known, took))
        drawn = touching(made, len(samples))
        hits += _hits(drawn, known.visemes)
        false += _false(drawn, known.visemes)
    figures = {name: statistics.fmean(row[name] for row in rows) for name in rows[0]}
    figures["closures"] = statistics.fmean(hits)
    figures["false"] = false / len(hits)
    figures["worst_open"] = min(row["open"] for row in rows)
    figures["ms"] = statistics.median(row["ms"] for row in rows)
    figures["lag_ms"] = statistics.median(row["lag_ms"] for row in rows)
    return figures


def touching(shapes: tuple[Viseme, ...], samples: int) -> list[bool]:
    """Return for each picture of the reply whether the lips touch in it."""
    mouth = Articulation(load_persona("linh").visemes)
    mouth.hear(shapes, 0)
    count = -(-samples * FPS // SPEECH_RATE)
    return [float(mouth.mouth((k + 0.5) / FPS)[_OPEN]) < _TOUCHING for k in range(count)]


def _hits(drawn: list[bool], truth: tuple[Viseme, ...]) -> list[bool]:
    return [
        any(drawn[k] for k in _pictures(viseme, len(drawn), _REACH_S))
        for viseme in truth
        if viseme.shape == "closed"
    ]


def _false(drawn: list[bool], truth: tuple[Viseme, ...]) -> int:
    """Return how many times the lips touch far from all that closes or rests."""
    excused = set[int]()
    for viseme in truth:
        if viseme.shape in ("closed", "rest", "lip_teeth"):
            excused.update(_pictures(viseme, len(drawn), 2 * _REACH_S))
    wrong = [shut and k not in excused for k, shut in enumerate(drawn)]
    return sum(value for value, _ in groupby(wrong))


def _pictures(viseme: Viseme, count: int, reach_s: float) -> range:
    """Return the pictures whose middle lies within a viseme, or this near to it."""
    first = np.ceil((viseme.start / SPEECH_RATE - reach_s) * FPS - 0.5)
    last = np.floor((viseme.end / SPEECH_RATE + reach_s) * FPS - 0.5)
    return range(max(0, int(first)), min(count, int(last) + 1))


def _row(got: FloatArray, known: Known, took: float) -> dict[str, float]:
    truth = curves(known.visemes, len(known.samples))
    return {
        "open": _correlation(got[:, 0], truth[:, 0]),
        "round": _correlation(got[:, 2], truth[:, 2]),
        "lag_ms": 1000
        / FRAMES_A_SECOND
        * max(_LAGS, key=lambda lag: _correlation(np.roll(got[:, 0], -lag), truth[:, 0])),
        "ms": took * 1000,
    }


def _correlation(a: FloatArray, b: FloatArray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def run(names: tuple[str, ...] = ("developed", "held out")) -> dict[str, Any]:
    """Return the figures of all cases with and without words, by set."""
    espeak_library.load()
    return {
        name: {
            case.name: {
                "with words": measure(case, chosen.sentences, words=True),
                "sound alone": measure(case, chosen.sentences, words=False),
            }
            for case in chosen.cases
        }
        for name, chosen in sets().items()
        if name in names
    }


def main() -> None:
    """Print a table, and write the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--developed", action="store_true", help="leave the held-out set unseen")
    wanted = parser.parse_args()
    figures = run(("developed",)) if wanted.developed else run()
    for name, cases in figures.items():
        print(name)
        for case, ways in cases.items():
            for way, row in ways.items():
                shown = "  ".join(f"{key} {value:.2f}" for key, value in row.items())
                print(f"  {case:20} {way:12} {shown}")
    if wanted.json:
        wanted.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
