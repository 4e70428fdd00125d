"""The places in which a word is the regional one: patterns of the words around it.

`_ trái/phải` is the word before "trái" or "phải"; `^ _ @` opens a clause, a term of address behind
it. `particles.toml` lists the signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modules.text.region.rows import read
from modules.text.region.words import Word

_SETS = {name: frozenset(words) for name, words in read("sets").items()}
_BETWEEN = 8
"""Words that a * may stand for."""
_LONGEST_EDGE = 4
"""Particles and terms that may stand between a word and the edge of its clause."""
_ASKS = "?"


@dataclass(frozen=True, slots=True)
class Place:
    """One pattern: what stands before the word (nearest first), and what behind it."""

    before: tuple[str, ...]
    behind: tuple[str, ...]

    def holds(self, words: Sequence[Word], start: int, end: int) -> bool:
        """Say whether the words from `start` to `end` stand in this place."""
        return _matches(self.before, words, start - 1, -1) and _matches(self.behind, words, end, 1)


def place(pattern: str) -> Place:
    """Return a pattern that was read. Raises ValueError for one without its word."""
    before, word, behind = pattern.partition("_")
    if not word:
        raise ValueError(pattern)
    return Place(tuple(reversed(before.split())), tuple(behind.split()))


def _matches(signs: Sequence[str], words: Sequence[Word], at: int, step: int) -> bool:
    if not signs:
        return True
    sign, rest = signs[0], signs[1:]
    if sign == ".":
        return not 0 <= at < len(words) or words[at].mark
    if sign in ("$", "?", "^"):
        return _at_edge(sign, words, at, step)
    if sign == "*":
        return any(
            _matches(rest, words, at + step * skipped, step)
            for skipped in range(_BETWEEN)
            if _one_clause(words, at, step, skipped)
        )
    return _is(sign, words, at) and _matches(rest, words, at + step, step)


def _one_clause(words: Sequence[Word], at: int, step: int, count: int) -> bool:
    places = range(at, at + step * count, step)
    return all(0 <= place < len(words) and not words[place].mark for place in places)


def _is(sign: str, words: Sequence[Word], at: int) -> bool:
    if not 0 <= at < len(words) or words[at].mark:
        return False
    form = words[at].form
    for each in sign.split("/"):
        if each == "@" and form in _SETS["terms"]:
            return True
        if each == "#" and (form == "#" or form in _SETS["numbers"]):
            return True
        if each == form:
            return True
    return False


def _at_edge(sign: str, words: Sequence[Word], at: int, step: int) -> bool:
    """Say whether only openers, or only closers and a vocative, stand between and the edge."""
    passed = _SETS["openers"] if sign == "^" else _SETS["closers"] | _SETS["terms"]
    for _ in range(_LONGEST_EDGE):
        if not 0 <= at < len(words):
            return sign != _ASKS
        if words[at].mark:
            return sign != _ASKS or words[at].text == "?"
        vocative = words[at].capital and step > 0 and words[at].frozen  # "đi đâu thế anh Nam"
        if words[at].form not in passed and not vocative:
            return False
        at += step
    return False
