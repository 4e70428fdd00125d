"""How right the words are: `python -m benchmarks.language`.

Address, repair, region, feeling, danger, facts and style, on sets that rules were not written on:
`blind` are those that nobody who writes rules has read. With `--blind SET` only that one, as totals
per category (`benchmarks/blind.py`). With `--llm NAME` an engine of the registry is scored instead
(`benchmarks/models.py`).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import address, emotion, memory
from benchmarks.blind import BLIND, blind
from benchmarks.models import load_engine, score
from benchmarks.report import Figure, table
from modules.errors import EngineUnavailable
from modules.llm import ENGINES
from tests.llm.test_first_answers import GREETINGS, MAP, first
from tests.persona.cases import halves, load
from tests.style import proof


def run() -> list[Figure]:
    """Return every score."""
    return [
        *_address(),
        *_blind("region"),
        *_emotion(),
        *_blind("crisis"),
        *_facts(),
        *_style(),
        *_first_answers(),
    ]


def _address() -> Iterator[Figure]:
    sets = {"held out": halves("address_cases")[1], "unseen": load("address_unseen")}
    for name, cases in sets.items():
        yield _cases(f"address, {name}", address.percent(cases, address.understood), 95)
    yield from _blind("address")
    drafts = address.percent(halves("repair_cases")[1], address.mended)
    yield _cases("repair, held out", drafts, 95)
    yield from _blind("repair")


def _cases(name: str, row: dict[str, float], aim: float) -> Figure:
    return Figure(name, row["right"], "%", at_least=aim, detail=f"of {row['cases']}")


def _emotion() -> Iterator[Figure]:
    sets = {"held out": emotion.rows("sentences")[1::2], "sealed": emotion.rows("sealed")}
    for name, rows in sets.items():
        found = emotion.quality(rows)
        value = round(100 * found["macro_f1"], 1)
        yield Figure(f"emotion, macro-F1, {name}", value, "%", None, 46, f"of {found['n']}")
    yield from _blind("emotion")


def _facts() -> Iterator[Figure]:
    found = memory.kept("last")
    for name in ("precision", "recall"):
        value = round(100 * found[name], 1)
        yield Figure(f"facts, {name}", value, "%", detail=f"of {found['facts']:.0f}")
    recalled = memory.found("fresh")
    value = round(100 * recalled["recall@1"], 1)
    yield Figure("recall, first is right", value, "%", detail=f"of {recalled['questions']:.0f}")


def _style() -> Iterator[Figure]:
    on, off = proof.rate()[0], proof.rate(styled=False)[0]
    yield Figure("style, writer named", round(100 * on, 1), "%", at_least=80)
    yield Figure("style, writer named with style off", round(100 * off, 1), "%", detail="chance 20")


def _first_answers() -> Iterator[Figure]:
    """Yield the share of different first messages whose answer no other one gets."""
    said = sorted({*MAP["none"], *(text for all_ in GREETINGS.values() for text in all_)})
    said += [text for text, _ in emotion.rows("sentences")]
    said += [case["utterance"] for case in load("address_unseen")]
    said = list(dict.fromkeys(said))
    counted = Counter(first(text) for text in said)
    own = sum(count for count in counted.values() if count == 1)
    share = round(100 * own / len(said), 1)
    yield Figure("first answers of their own", share, "%", detail=f"{own} of {len(said)}")


def _blind(name: str) -> list[Figure]:
    """Return a blind set's totals, and for regions what must be swapped and what must not."""
    figures = blind(name)
    return figures if name in ("region", "crisis") else figures[:1]


def main() -> None:
    """Print a table; with `--json FILE`, also write the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.language", description=__doc__)
    parser.add_argument("--blind", choices=BLIND, help="totals per category of one blind set")
    parser.add_argument("--llm", choices=[spec.name for spec in ENGINES], help="score an engine")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.llm:
        try:
            figures = score(load_engine(options.llm))
        except EngineUnavailable as error:
            parser.error(f"{error.code}: {error.params.get('remedy', '')}")
    else:
        figures = blind(options.blind) if options.blind else run()
    print(table(figures))
    if options.json:
        rows: list[dict[str, Any]] = [{**asdict(each), "met": each.met} for each in figures]
        options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
