"""When a statement takes the place of an older one: it says the same, or takes it back."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from modules.memory.facts import kinds_of
from modules.memory.rules import grammar
from modules.memory.wording import words


def replaces(new: str, old: str) -> bool:
    """Tell whether `new` makes `old` superfluous: the same words but for fillers, or the same
    statement denied or affirmed.

    Only words are compared; one that is missing or more (a relative, a number) makes a difference.
    """
    return _content(new) ^ _content(old) <= _class("negation")


def single_kinds(text: str) -> str:
    """Return the single-valued things that a text tells, if it tells nothing else: "age name"."""
    kinds, alone = kinds_of(text)
    return " ".join(sorted(kinds)) if alone else ""


def superseded_kinds(text: str) -> list[str]:
    """Return every value of `single_kinds` that an older memory may have to be superseded by
    this text: it must tell all that the older one tells.
    """
    kinds = sorted(kinds_of(text)[0])
    sizes = range(1, len(kinds) + 1)
    return [" ".join(some) for size in sizes for some in combinations(kinds, size)]


def content(text: str) -> frozenset[str]:
    """Return what is equal for two texts exactly where one `replaces` the other."""
    return _content(text) - _class("negation")


def _content(text: str) -> frozenset[str]:
    tokens = words(text)
    return frozenset(tokens) - _class("filler") or frozenset(tokens)


@lru_cache(maxsize=2)
def _class(name: str) -> frozenset[str]:
    return frozenset(grammar(bare=False).table["sameness"][name])
