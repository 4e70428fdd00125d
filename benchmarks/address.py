"""How often address terms are understood and mended, and how long it takes.

`python -m benchmarks.address`. The cases are those of `tests/persona/`: one half rules are written
on, the other is held out by a fixed rule; `mended_since` are later ones that rules were mended by,
`unseen` was written after the rules, and no rule was changed for it. The `fresh` sets are later and
harder ones, halved by the same rule.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modules.messages import Pair
from modules.persona import Guard, infer, instructions, repair
from modules.text import strip_diacritics
from tests.persona.cases import Case, halves, load

ROUNDS = 5
WIDE = ("wide", "wide2", "wide3", "wide4", "wide5", "wide6", "wide7")
"""Sets of many situations, each written before the rules of its round; wide7 had none."""
LONG = 100_000
"""Characters of the long texts, on which the work must stay linear."""


def run() -> dict[str, Any]:
    """Return accuracies in percent, microseconds per utterance, seconds per long text."""
    seen, held_out = halves("address_cases")
    drafts, held_drafts = halves("repair_cases")
    fresh, fresh_held = halves("address_fresh")
    fresh_drafts, fresh_held_drafts = halves("repair_fresh")
    utterances = [case["utterance"] for case in (*seen, *held_out)]
    texts = [case["text"] for case in (*drafts, *held_drafts)]
    return {
        "address_percent": {
            "examples": percent(load("address_examples"), understood),
            "seen": percent(seen, understood),
            "held_out": percent(held_out, understood),
            "mended_since": percent(load("address_more"), understood),
            "unseen": percent(load("address_unseen"), understood),
            "fresh seen": percent(fresh, understood),
            "fresh held": percent(fresh_held, understood),
            **{name: percent(load(f"address_{name}"), understood) for name in WIDE},
            "wide7 without marks": percent(bare(load("address_wide7")), understood),
        },
        "repair_percent": {
            "seen": percent(drafts, mended),
            "held_out": percent(held_drafts, mended),
            "fresh seen": percent(fresh_drafts, mended),
            "fresh held": percent(fresh_held_drafts, mended),
            "wide": percent(load("repair_wide"), mended),
        },
        "microseconds": {
            "infer": microseconds(infer, utterances),
            "repair": microseconds(lambda text: repair(text, "em", "anh"), texts),
            "guard": microseconds(guard, texts),
            "instructions": microseconds(lambda _: instructions(None, None, Pair()), texts),
        },
        "long_text_s": {
            "infer": long_text(infer),
            "repair": long_text(lambda text: repair(text, "em", "anh")),
            "guard": long_text(guard),
        },
    }


def bare(cases: list[Case]) -> list[Case]:
    """Return cases as they are typed without marks and capitals."""
    return [{**case, "utterance": strip_diacritics(case["utterance"]).lower()} for case in cases]


def understood(case: Case) -> bool:
    """Say whether both terms of a case are inferred."""
    evidence = infer(case["utterance"])
    found = (evidence.user_self, evidence.addressee)
    return bool(found == (case["user_self"], case["addressee"]))


def mended(case: Case) -> bool:
    """Say whether a draft is mended to the letter."""
    mended_text = repair(case["text"], case["assistant_self"], case["user_term"])
    return bool(mended_text == case["mended"])


def percent(cases: list[Case], judge: Callable[[Case], bool]) -> dict[str, float]:
    """Return the share of cases that are right, and their number."""
    return {"right": round(100 * sum(map(judge, cases)) / len(cases), 1), "cases": len(cases)}


def guard(text: str) -> None:
    """Send a text through the stream guard a few characters at a time, as a model writes it."""
    gate = Guard(Pair("em", "anh"))
    for start in range(0, len(text), 4):
        gate.push(text[start : start + 4])
    gate.finish()


def microseconds(work: Callable[[str], object], texts: list[str]) -> dict[str, float]:
    """Return median, least and most microseconds per text; each text's figure is its best round.

    Nothing here caches, so a second round is not cheaper than the first but for the processor.
    """
    times = []
    for text in texts:
        rounds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            work(text)
            rounds.append(time.perf_counter() - start)
        times.append(1e6 * min(rounds))
    return {
        "median": round(statistics.median(times)),
        "least": round(min(times)),
        "most": round(max(times)),
    }


def long_text(work: Callable[[str], object]) -> float:
    """Return the seconds that the slowest of several long texts takes."""
    texts = ("Chị ơi cho em hỏi bạn tôi, ", "em anh ", '"a ', "Bài Em ", "gọi em là chị xưng ")
    slowest = 0.0
    for text in texts:
        start = time.perf_counter()
        work((text * (LONG // len(text) + 1))[:LONG])
        slowest = max(slowest, time.perf_counter() - start)
    return round(slowest, 2)


def main() -> None:
    """Print a table; with `--json FILE`, also write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = run()
    for group in ("address_percent", "repair_percent"):
        for name, row in figures[group].items():
            print(f"{group:16} {name:14} {row['right']:6.1f} % of {row['cases']:4}")
    for name, row in figures["microseconds"].items():
        print(f"{'microseconds':16} {name:14} {row['median']:6} ({row['least']} to {row['most']})")
    for name, seconds in figures["long_text_s"].items():
        print(f"{'100,000 chars':16} {name:14} {seconds:6.2f} s")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
