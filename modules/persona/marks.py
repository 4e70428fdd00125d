"""Gives words that were typed without their marks the most likely ones, by their neighbours.

A table of rules guesses each word first; this reads the line as a whole, with the likelihood of a
word behind another. What it counts (`rules/marks.tsv`, written by `benchmarks/marks.py`) is too
little to know every term behind every word, so the terms of address also count as one kind:
"cho bà" is likely because "cho" is often followed by some term.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from heapq import nlargest
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from modules.persona.data import RULES
from modules.persona.terms import TERMS
from modules.text.nfc import strip_diacritics

if TYPE_CHECKING:
    from modules.persona.reading import Token

COUNTS = RULES / "marks.tsv"
"""A word or two, then how often each word follows: "cho<tab>12 em<tab>3 anh"."""
EDGE = "|"
"""What stands before the first word of a line, and behind the last."""
_TERM = "@"
"""The kind of all terms of address; any other word is a kind by itself."""
_KINDRED = frozenset(name for name, term in TERMS.items() if not term.called and " " not in name)
_OWN_BACK_OFF = 2.0
_KIND_BACK_OFF = 0.5
_TRIPLE_BACK_OFF = 1.0
"""How much each estimate leans on the next wider one, per different word seen (Witten & Bell 1991).
These were chosen on the labelled utterances of the tests that rules are written on."""
GUESS_BONUS = 1.0
"""Natural logarithm by which the rules' own guess is preferred, "ban" for "bạn"."""
SURE_BONUS = 2.0
"""The same for a guess that the neighbours support: "thay" before "oi" for "thầy"."""
_SURE_TIMES, _SURE_SHARE = 3.0, 0.7
"""How often a word must have been seen behind another, and in which share of its spellings, before
an answer is spoken with it."""
_LONGEST_LINE = 200
"""Words beyond which a line keeps the first guesses: nobody types so much without marks."""
_WAYS = 8
"""How many readings of a line are followed up at once."""
_MARKS_BETWEEN = frozenset('.!?…;:,\n"')


class _Followed(NamedTuple):
    """What follows a word, or two: how often, and how many different ones."""

    counts: Mapping[str, float]
    total: float
    different: int


class _Counts(NamedTuple):
    words: Mapping[str, float]
    kinds: Mapping[str, float]
    behind_word: Mapping[str, _Followed]
    behind_kind: Mapping[str, _Followed]
    behind_kinds: Mapping[str, _Followed]
    spellings: Mapping[str, frozenset[str]]
    total: float


def kind(word: str) -> str:
    """Return the kind that a word is counted as."""
    return _TERM if word in _KINDRED else word


def lines(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Give the words between marks, each stretch as a line."""
    line: list[Token] = []
    for token in tokens:
        if token.kind == "word":
            line.append(token)
        elif token.text in _MARKS_BETWEEN and line:
            yield line
            line = []
    if line:
        yield line


def with_marks(guesses: Sequence[str], bonuses: Sequence[float]) -> list[str]:
    """Return the words of a line with marks; `guesses` are what the rules take each word for.

    `bonuses` say how much each guess is preferred. A guess of several words, or one that no
    spelling is known for, stays as it is.
    """
    if len(guesses) > _LONGEST_LINE:
        return list(guesses)
    counts = _counts()
    ways: dict[tuple[str, str], tuple[float, tuple[str, ...]]] = {(EDGE, EDGE): (0.0, ())}
    for guess, bonus in (*zip(guesses, bonuses, strict=True), (EDGE, 0.0)):
        found: dict[tuple[str, str], tuple[float, tuple[str, ...]]] = {}
        options = counts.spellings.get(strip_diacritics(guess), frozenset()) | {guess}
        for (first, before), (value, way) in ways.items():
            what = kind(before)  # which is all that the word after next asks for
            for word in options if guess != EDGE else (EDGE,):
                worth = value + math.log(_likely(counts, first, before, word))
                worth += bonus if word == guess else 0.0
                if (what, word) not in found or worth > found[what, word][0]:
                    found[what, word] = (worth, (*way, word))
        ways = dict(nlargest(_WAYS, found.items(), key=lambda each: each[1][0]))
    return list(max(ways.values())[1][:-1])


def sure_marks(bare: Sequence[str]) -> list[str] | None:
    """Return the words of a line with their marks, or None where one of them is not sure.

    Sure is a word that was often seen behind the one before it, and seldom in another spelling.
    """
    counts = _counts()
    words = with_marks(bare, [0.0] * len(bare))
    for before, word in pairwise((EDGE, *words)):
        after = counts.behind_word.get(before)
        spelled = counts.spellings.get(strip_diacritics(word), frozenset({word}))
        seen = after.counts.get(word, 0.0) if after else 0.0
        rivals = sum(after.counts.get(each, 0.0) for each in spelled) if after else 0.0
        if seen < _SURE_TIMES or seen < _SURE_SHARE * rivals:
            return None
    return words


def _likely(counts: _Counts, first: str, before: str, word: str) -> float:
    """Return how likely `word` is behind `before`, which stands behind the kind `first`."""
    what = kind(word)
    share = (counts.kinds.get(what, 0.0) + 0.1) / counts.total
    share = _narrowed(counts.behind_kind.get(kind(before)), what, _KIND_BACK_OFF, share)
    place = f"{first} {kind(before)}"
    share = _narrowed(counts.behind_kinds.get(place), what, _TRIPLE_BACK_OFF, share)
    if what == _TERM:
        share *= (counts.words.get(word, 0.0) + 0.1) / (counts.kinds[_TERM] + 1.0)
    return _narrowed(counts.behind_word.get(before), word, _OWN_BACK_OFF, share)


def _narrowed(followed: _Followed | None, word: str, back_off: float, wider: float) -> float:
    if followed is None:
        return wider
    lean = followed.different * back_off
    return (followed.counts.get(word, 0.0) + lean * wider) / (followed.total + lean)


@cache
def _counts() -> _Counts:
    words: dict[str, float] = defaultdict(float)
    pairs: dict[str, dict[str, float]] = {}
    kinds: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    triples: dict[str, dict[str, float]] = {}
    for line in COUNTS.read_text(encoding="utf-8").splitlines():
        before, *entries = line.split("\t")
        after = {word: float(count) for count, word in (each.split(" ") for each in entries)}
        if " " in before:
            triples[before] = after
            continue
        pairs[before] = after
        for word, count in after.items():
            words[word] += count
            kinds[kind(before)][kind(word)] += count
    return _Counts(
        words=words,
        kinds=_summed((kind(word), count) for word, count in words.items()),
        behind_word=_followed(pairs),
        behind_kind=_followed(kinds),
        behind_kinds=_followed(triples),
        spellings=_spellings(words),
        total=sum(words.values()),
    )


def _summed(entries: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for name, count in entries:
        found[name] += count
    return found


def _followed(table: Mapping[str, Mapping[str, float]]) -> dict[str, _Followed]:
    return {
        before: _Followed(after, sum(after.values()), len(after)) for before, after in table.items()
    }


def _spellings(words: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for word in (*words, *(name for name in TERMS if " " not in name)):
        found[strip_diacritics(word)].add(word)
    return {bare: frozenset(spelled) for bare, spelled in found.items()}
