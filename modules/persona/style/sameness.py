"""How much of a text is copied from another."""

from __future__ import annotations

from collections.abc import Iterable

from modules.persona.style.tokens import words_of


def longest_copy(text: str, sources: Iterable[str]) -> int:
    """Return the longest run of syllables that `text` has in common with one of `sources`."""
    said = words_of(text)
    best = 0
    for source in sources:
        best = max(best, _common(said, words_of(source)))
    return best


def _common(one: list[str], other: list[str]) -> int:
    """Return the length of the longest common run of words (dynamic programming, two rows)."""
    best, row = 0, [0] * (len(other) + 1)
    for word in one:
        previous = row
        row = [0] * (len(other) + 1)
        for place, there in enumerate(other, 1):
            if word == there:
                row[place] = previous[place - 1] + 1
                best = max(best, row[place])
    return best
