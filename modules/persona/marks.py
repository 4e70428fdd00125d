"""Gives words that were typed without their marks the most likely ones, by their neighbours.

A table of rules guesses each word first; this reads the line as a whole. What it counts is a small
corpus of ordinary Vietnamese (`style/rules/ordinary.tsv`) and the expressions of the rules here, so
that "con meo cua toi" is a cat and not a child.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from modules.persona.data import RULES, table
from modules.persona.terms import TERMS
from modules.text.nfc import strip_diacritics

_CORPUS = RULES.parent / "style" / "rules" / "ordinary.tsv"
_RULE_WEIGHT = 4.0
"""How often an expression of the rules counts as seen."""
_PAIR_SHARE = 0.8
"""Share of a pair's frequency in the estimate of a word; the rest is the word's own (Jelinek)."""
_UNSEEN = 3.0
_GUESS_BONUS = 4.0
"""Natural logarithm by which the rules' own guess is preferred. This and the numbers above were
chosen on the labelled utterances of the tests that rules are written on."""
_LONGEST_LINE = 200
"""Words beyond which a line keeps the first guesses: nobody types so much without marks."""


class _Counts(NamedTuple):
    words: Mapping[str, float]
    pairs: Mapping[tuple[str, str], float]
    spellings: Mapping[str, frozenset[str]]
    total: float


def with_marks(guesses: Sequence[str]) -> list[str]:
    """Return the words of a line with marks; `guesses` are what the rules take each word for.

    A guess of several words, or one that no spelling is known for, stays as it is.
    """
    if len(guesses) > _LONGEST_LINE:
        return list(guesses)
    counts = _counts()
    ways: dict[str, tuple[float, tuple[str, ...]]] = {"": (0.0, ())}
    for guess in guesses:
        ways = {
            word: max(
                (
                    value + _likely(counts, before, word) + _GUESS_BONUS * (word == guess),
                    (*way, word),
                )
                for before, (value, way) in ways.items()
            )
            for word in counts.spellings.get(strip_diacritics(guess), frozenset()) | {guess}
        }
    return list(max(ways.values())[1])


def _likely(counts: _Counts, before: str, word: str) -> float:
    """Return the logarithm of how likely `word` is behind `before`."""
    alone = (counts.words.get(word, 0.0) + 0.1) / counts.total
    if not before:
        return math.log(alone)
    together = counts.pairs.get((before, word), 0.0) / (counts.words.get(before, 0.0) + _UNSEEN)
    return math.log(_PAIR_SHARE * together + (1 - _PAIR_SHARE) * alone)


@cache
def _counts() -> _Counts:
    words: dict[str, float] = defaultdict(float)
    pairs: dict[tuple[str, str], float] = defaultdict(float)
    for line in _CORPUS.read_text(encoding="utf-8").splitlines()[1:]:
        count, phrase = line.split("\t")
        parts = phrase.split()
        if len(parts) == 1:
            words[phrase] += float(count)
        elif len(parts) == 2:
            pairs[parts[0], parts[1]] += float(count)
    for phrase in _expressions():
        parts = phrase.lower().split()
        for word in parts:
            words[word] += _RULE_WEIGHT
        for pair in pairwise(parts):
            pairs[pair] += _RULE_WEIGHT
    spellings: dict[str, set[str]] = defaultdict(set)
    for word in words:
        spellings[strip_diacritics(word)].add(word)
    known = {bare: frozenset(spelled) for bare, spelled in spellings.items()}
    return _Counts(dict(words), dict(pairs), known, sum(words.values()))


def _expressions() -> Iterator[str]:
    """Give the expressions of the rules, and the names of animals behind their classifier."""
    traps = table("traps")
    yield from _strings(traps)
    yield from _strings(table("cues"))
    yield from (*traps["callable"], *traps["broken"], *TERMS)
    yield from (f"con {noun}" for noun in traps["classifier"]["nouns"])


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (found for each in value.values() for found in _strings(each))
    elif isinstance(value, list):
        yield from (found for each in value for found in _strings(each))
