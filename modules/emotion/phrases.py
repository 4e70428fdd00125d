"""The lexicon as it is looked up: phrases of up to eight syllables and what they say.

`words.toml`, `situations.toml` and `marks.toml` are read once and expanded: `(a|b|)` stands for
each of its readings. There are two views of the same data, one with diacritics and one without,
for sentences typed without any.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from modules.emotion.tokens import fold, plain_spelling
from modules.messages import EMOTIONS, EmotionLabel

Sense = tuple[EmotionLabel, float]
LONGEST = 8
_HERE = Path(__file__).parent
_INNERMOST = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class View:
    """The lexicon in one spelling. All keys are syllables joined by single spaces."""

    senses: Mapping[str, tuple[Sense, ...]]
    teencode: Mapping[str, str]
    before: Mapping[str, float]
    after: Mapping[str, float]
    negators: frozenset[str]
    not_negators: frozenset[str]
    relief: frozenset[str]
    behind: frozenset[str]
    contrast: frozenset[str]
    concession: frozenset[str]
    question_ends: frozenset[str]
    mention: frozenset[str]
    titles: frozenset[str]
    irony: frozenset[str]
    intensified: frozenset[str]
    """Words that count only with an intensifier behind them: bare forms with several readings."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A smiley, a laugh or a sob: a pattern in the raw text and what it says."""

    pattern: re.Pattern[str]
    label: EmotionLabel
    weight: float


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything that `scoring.py` looks up."""

    marked: View
    bare: View
    signs: tuple[Sign, ...]
    emoji: Mapping[str, EmotionLabel]
    irony_marks: tuple[str, ...]
    becomes: Mapping[EmotionLabel, tuple[EmotionLabel, float]]
    numbers: Mapping[str, float]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Read the data files, once."""
    words, situations, marks = (_read(name) for name in ("words", "situations", "marks"))
    senses = _senses(words, situations, marks["weights"])
    negation, structure, irony = marks["negation"], marks["structure"], marks["irony"]
    numbers = {
        "other_bias": marks["other_bias"],
        "floor": marks["floor"],
        **{key: value for key, value in structure.items() if isinstance(value, float)},
        **{key: negation[key] for key in ("relief_factor", "reach")},
        "irony_enjoyment": irony["enjoyment_factor"],
        "irony_anger": irony["anger"],
    }
    return Lexicon(
        marked=_view(senses, marks, str),
        bare=_view(_bare(senses, marks["bare"]), marks, fold),
        signs=tuple(
            Sign(re.compile(sign["pattern"]), sign["label"], sign["weight"])
            for sign in marks["sign"]
        ),
        emoji={char: label for label, chars in _labelled(marks["emoji"]) for char in chars},
        irony_marks=tuple(irony["marks"]),
        becomes={label: (to[0], to[1]) for label, to in _labelled(negation["becomes"])},
        numbers=numbers,
    )


def expand(pattern: str) -> Iterator[str]:
    """Yield the readings of a pattern: "(rớt|trượt) môn" gives two, "a (b|) c" too."""
    group = _INNERMOST.search(pattern)
    if group is None:
        words = pattern.split()
        if words:
            yield " ".join(map(plain_spelling, words))
        return
    for choice in group[1].split("|"):
        yield from expand(pattern[: group.start()] + choice + pattern[group.end() :])


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / f"{name}.toml").read_text(encoding="utf-8"))


def _labelled(table: Mapping[str, Any]) -> list[tuple[EmotionLabel, Any]]:
    return [(label, table[label]) for label in EMOTIONS if label in table]


def _senses(
    words: Mapping[str, Any], situations: Mapping[str, Any], weights: Mapping[str, float]
) -> dict[str, dict[EmotionLabel, float]]:
    """Return phrase -> label -> weight; where a phrase is listed twice, the larger weight."""
    senses: dict[str, dict[EmotionLabel, float]] = {}

    def add(label: EmotionLabel, weight: float, patterns: Iterable[str]) -> None:
        for pattern in patterns:
            for phrase in expand(pattern):
                known = senses.setdefault(phrase, {})
                known[label] = max(weight, known.get(label, 0.0))

    for label, strengths in _labelled(words):
        for strength, patterns in strengths.items():
            add(label, weights[strength], patterns)
    for label, table in _labelled(situations):
        add(label, table["weight"], table["patterns"])
    for phrase, found in senses.items():
        for part in _parts(phrase):
            for label, weight in senses.get(part, {}).items():
                if label in found:  # a longer phrase is never weaker than what it holds
                    found[label] = max(weight, found[label])
    return senses


def _parts(phrase: str) -> Iterator[str]:
    words = phrase.split()
    for start, end in itertools.combinations(range(len(words) + 1), 2):
        yield " ".join(words[start:end])


def _bare(
    senses: Mapping[str, Mapping[EmotionLabel, float]], rules: Mapping[str, list[str]]
) -> dict[str, dict[EmotionLabel, float]]:
    """Return the senses that a sentence without diacritics may use, still with diacritics."""
    never = set(rules["never"])
    return {phrase: dict(found) for phrase, found in senses.items() if phrase not in never}


def _view(
    senses: Mapping[str, Mapping[EmotionLabel, float]],
    marks: Mapping[str, Any],
    spell: Callable[[str], str],
) -> View:
    negation, structure = marks["negation"], marks["structure"]

    def each(patterns: Iterable[str]) -> frozenset[str]:
        return frozenset(spell(phrase) for pattern in patterns for phrase in expand(pattern))

    def factors(table: Mapping[str, list[str]]) -> dict[str, float]:
        return {spell(word): float(factor) for factor, words in table.items() for word in words}

    spelled: dict[str, dict[EmotionLabel, float]] = {}
    for phrase, found in senses.items():
        known = spelled.setdefault(spell(phrase), {})
        for label, weight in found.items():
            known[label] = max(weight, known.get(label, 0.0))
    return View(
        senses={phrase: tuple(found.items()) for phrase, found in spelled.items()},
        teencode={short: spell(word) for word, all_ in marks["teencode"].items() for short in all_},
        before=factors(marks["degree"]["before"]),
        after=factors(marks["degree"]["after"]),
        negators=each(negation["words"]),
        not_negators=each(negation["exceptions"]),
        relief=each(negation["relief"]),
        behind=each(negation["behind"]),
        contrast=each(structure["contrast"]),
        concession=each(structure["concession"]),
        question_ends=each(structure["question_ends"]),
        mention=each(structure["mention"]),
        titles=each(structure["titles"]),
        irony=each(marks["irony"]["phrases"]),
        intensified=each(marks["bare"]["intensified"]) if spell is fold else frozenset(),
    )
