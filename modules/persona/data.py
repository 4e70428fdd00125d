"""Reads the rule tables of this package, and matches phrases word by word."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

RULES = Path(__file__).with_name("rules")

Value = TypeVar("Value")


def table(name: str) -> dict[str, Any]:
    """Return the table `rules/<name>.toml`."""
    return tomllib.loads((RULES / f"{name}.toml").read_text(encoding="utf-8"))


def words(name: str) -> frozenset[str]:
    """Return the words of `rules/<name>.txt`; lines that begin with # are comments."""
    lines = (RULES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


class Phrases(Generic[Value]):
    """Phrases of one or more words, found at a place in a text, longest first."""

    def __init__(self, phrases: Iterable[tuple[str, Value]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], Value]]] = {}
        self._longest = 0
        for phrase, value in phrases:
            parts = tuple(phrase.split())
            self._by_first.setdefault(parts[0], []).append((parts, value))
            self._longest = max(self._longest, len(parts))
        for entries in self._by_first.values():
            entries.sort(key=lambda entry: len(entry[0]), reverse=True)

    def at(
        self, forms: Sequence[str], start: int, end: int | None = None
    ) -> tuple[int, Value] | None:
        """Return how many words the longest phrase at `start` has, and its value.

        The phrase ends before the word `end`, where one is given.
        """
        limit = len(forms) if end is None else end
        if start >= limit:
            return None
        for parts, value in self._by_first.get(forms[start], ()):
            stop = start + len(parts)
            if stop <= limit and tuple(forms[start:stop]) == parts:
                return len(parts), value
        return None

    def length(self, forms: Sequence[str], start: int, end: int | None = None) -> int:
        """Return how many words the longest phrase at `start` has, 0 where there is none."""
        found = self.at(forms, start, end)
        return found[0] if found else 0

    def begin(self, word: str) -> bool:
        """Say whether a phrase begins with `word`."""
        return word in self._by_first

    def end(self, forms: Sequence[str], end: int | None = None) -> bool:
        """Say whether `forms`, up to the word `end`, end with a phrase."""
        stop = len(forms) if end is None else end
        first = max(0, stop - self._longest)
        return any(self._is(forms, start, stop) for start in range(first, stop))

    def fill(self, forms: Sequence[str]) -> bool:
        """Say whether `forms` is nothing but phrases, one behind the other (true for no words)."""
        index = 0
        while index < len(forms):
            length = self.length(forms, index)
            if not length:
                return False
            index += length
        return True

    def _is(self, forms: Sequence[str], start: int, stop: int) -> bool:
        entries = self._by_first.get(forms[start], ())
        return any(parts == tuple(forms[start:stop]) for parts, _ in entries)


def phrases(*lists: Iterable[str]) -> Phrases[None]:
    """Return a matcher of plain phrases."""
    return Phrases((phrase, None) for each in lists for phrase in each)
