"""How well and how fast the normaliser reads: run as `python -m benchmarks.normalize`.

Judges the sentences of `tests/tts/normalize_cases.jsonl` (written before the rules; every third is
held out) and, where they are there, the blind sentences that were written afterwards. sea-g2p's
Normalizer is measured alone and behind the rules, if it is installed; it is no part of the app.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modules.tts.normalize import normalize
from tests.tts.normalize_cases import HERE, Case, load

Reader = Callable[[Case], str]
RUNS = 7
HOSTILE = {
    "digits": "9" * 100_000,
    "slashes": "1/" * 50_000,
    "dots": "." * 100_000,
    "ats": "@" * 100_000,
    "brackets": "[(<" * 33_333,
    "letters": "a" * 100_000,
    "capitals": "Q" * 100_000,
    "stars": "*_`~" * 25_000,
    "times": "12:30" * 20_000,
    "addresses": "a.b@" * 25_000,
    "prose": "Giá 1.250.000đ, hẹn 14h30 ngày 2/9/2025 ở TP.HCM nhé. " * 1_850,
}


def readers() -> dict[str, Reader]:
    """Return the ways of reading that are compared."""
    found: dict[str, Reader] = {"rules": lambda case: normalize(case.text, case.region)}
    if importlib.util.find_spec("sea_g2p"):
        from sea_g2p import Normalizer

        library = Normalizer()
        found["sea-g2p"] = lambda case: str(library.normalize(case.text))
        found["rules, then sea-g2p"] = lambda case: str(
            library.normalize(normalize(case.text, case.region))
        )
    return found


def score(cases: list[Case], reader: Reader) -> float:
    """Return the share of cases whose reading is accepted."""
    return sum(case.accepts(reader(case)) for case in cases) / len(cases)


def speed(cases: list[Case], reader: Reader) -> dict[str, float]:
    """Return milliseconds of processor for a sentence: median, least and most of several walks."""
    walks = []
    for _ in range(RUNS):
        start = time.process_time()
        for case in cases:
            reader(case)
        walks.append((time.process_time() - start) * 1000 / len(cases))
    return {"median": statistics.median(walks), "min": min(walks), "max": max(walks)}


def hostile() -> dict[str, float]:
    """Return seconds of processor for texts of 100,000 characters that try to be slow."""
    seconds = {}
    for name, text in HOSTILE.items():
        start = time.process_time()
        normalize(text)
        seconds[name] = time.process_time() - start
    return seconds


def run() -> dict[str, Any]:
    """Measure everything and return the figures."""
    parts = {"development": load("development"), "held out": load("held")}
    for name in ("blind", "blind2", "blind3", "blind4"):
        if (HERE / f"normalize_{name}.jsonl").exists():
            parts[name] = load("all", f"normalize_{name}.jsonl")
    found = readers()
    return {
        "cases": {name: len(cases) for name, cases in parts.items()},
        "accepted": {
            reader: {name: score(cases, read) for name, cases in parts.items()}
            for reader, read in found.items()
        },
        "ms": {reader: speed(load("all"), read) for reader, read in found.items()},
        "hostile_s": hostile(),
    }


def main() -> None:
    """Print the figures as a table, and write them where `--json FILE` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    file = parser.parse_args().json
    figures = run()
    names = list(figures["cases"])
    print(f"{'accepted':24}" + "".join(f"{n} ({figures['cases'][n]})".rjust(20) for n in names))
    for reader, shares in figures["accepted"].items():
        print(f"{reader:24}" + "".join(f"{shares[n]:.1%}".rjust(20) for n in names))
    for reader, ms in figures["ms"].items():
        print(f"{reader:24}{ms['median']:.3f} ms a sentence ({ms['min']:.3f}-{ms['max']:.3f})")
    for name, seconds in figures["hostile_s"].items():
        print(f"100,000 characters of {name:12}{seconds:.2f} s")
    if file:
        file.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
