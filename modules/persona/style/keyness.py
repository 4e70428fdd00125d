"""Which phrases are somebody's own: log-likelihood against ordinary Vietnamese.

G2 = 2 (a ln(a / E1) + b ln(b / E2)), with E1 = c (a + b) / (c + d) and E2 = d (a + b) / (c + d): a
and b count the phrase in the writer's messages and in the reference, c and d are the words of the
two (Dunning 1993; Rayson and Garside 2000). 10.83 is the 0.1 % point of chi-squared with one degree
of freedom. The reference, `rules/ordinary.tsv`, counts the sentences that this project's authors
wrote (tests and answers, about 40,000 words); `benchmarks/style_reference.py` makes it anew.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from modules.persona.style.tokens import is_term

REFERENCE = Path(__file__).parent / "rules" / "ordinary.tsv"
LEAST_TIMES = 3
SIGNIFICANT = 10.83
_WHOLE = 0.75
"""A shorter phrase is dropped where a longer one accounts for this part of its uses."""
_LEAST_ONE_WORD = 6.0
"""Times as frequent as in ordinary Vietnamese that a single word must be."""


@dataclass(frozen=True, slots=True)
class Key:
    """A phrase of a writer's own: how often they use it, and how telling it is."""

    text: str
    count: int
    g2: float


@cache
def reference() -> tuple[Mapping[str, int], int]:
    """Return how often phrases occur in ordinary Vietnamese, and in how many words."""
    head, *rows = REFERENCE.read_text(encoding="utf-8").splitlines()
    counts = {phrase: int(count) for count, phrase in (row.split("\t") for row in rows)}
    return counts, int(head.split()[-1])


def g2(a: float, b: float, c: float, d: float) -> float:
    """Return the log-likelihood statistic; negative where the phrase is rarer than usual."""
    if a <= 0 and b <= 0:
        return 0.0
    expected, expected_there = c * (a + b) / (c + d), d * (a + b) / (c + d)
    value = 2 * sum(
        seen * math.log(seen / wanted)
        for seen, wanted in ((a, expected), (b, expected_there))
        if seen
    )
    return value if a * d >= b * c else -value


def keys(counts: Mapping[str, int], words: int, most: int = 20) -> list[Key]:
    """Return the phrases that are most a writer's own, the most telling first.

    `counts` are in messages that hold the phrase, `words` all words of them.
    """
    usual, total = reference()
    found = []
    for phrase, count in counts.items():
        if count < LEAST_TIMES:
            continue
        parts = phrase.split()
        if any(map(is_term, parts)) or not any(len(part) > 1 for part in parts):
            continue
        there = usual.get(phrase, 0)
        value = g2(count, there, words, total)
        often = (count / max(words, 1)) / ((there + 0.5) / total)
        if value >= SIGNIFICANT and (len(parts) > 1 or often >= _LEAST_ONE_WORD):
            found.append(Key(phrase, count, round(value, 1)))
    found.sort(key=lambda key: (-key.g2 * _length_bonus(key.text), key.text))
    return _whole(found)[:most]


def _length_bonus(phrase: str) -> float:
    # Of two that tell as much, the longer phrase is the more characteristic.
    return 1.0 + 0.35 * (min(len(phrase.split()), 4) - 1)


def _whole(found: list[Key]) -> list[Key]:
    """Drop phrases that are mostly part of a longer one, and longer ones that add little."""
    counts = {key.text: key.count for key in found}
    dropped: set[str] = set()
    for text, count in counts.items():
        parts = text.split()
        for start in range(len(parts)):
            for end in range(start + 1, len(parts) + 1):
                inner = " ".join(parts[start:end])
                if inner == text or inner not in counts:
                    continue
                dropped.add(inner if count >= _WHOLE * counts[inner] else text)
    return [key for key in found if key.text not in dropped]
