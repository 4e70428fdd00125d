"""Suggestions for a meal, a gift, an idle hour: from `suggestions.toml`, and others when asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from modules.llm.companion.book import read
from modules.llm.companion.clock import part_of_day
from modules.llm.companion.hearing import Heard, hearing_data
from modules.llm.companion.patterns import compile_patterns
from modules.llm.companion.talk import Talk, bare_words
from modules.text import strip_diacritics

_BY_HOUR = {"afternoon": "evening"}
"""Lists of food for those parts of a day that have none of their own."""
_PREFIX = "suggest_"


def suggested(talk: Talk, key: str) -> str | None:
    """Return a suggestion for the request `suggest_<kind>`, or None where it is another."""
    kind = key.removeprefix(_PREFIX)
    if not key.startswith(_PREFIX) or kind not in _kinds():
        return None
    items = _fitting(talk, kind)
    first = talk.pick(kind, items)
    second = talk.pick(f"{kind} too", [item for item in items if item != first])
    return talk.say(key, item=first, second=second)


def kind_suggested(text: str) -> str | None:
    """Return the request that `text`, an answer of the assistant, was the answer to, or None."""
    said = f" {bare_words(text)} "
    for kind, lists in _kinds().items():
        items = (bare_words(item) for each in lists.values() for item in each)
        if sum(f" {item} " in said for item in set(items)) >= 2:
            return f"{_PREFIX}{kind}"
    return None


def _fitting(talk: Talk, kind: str) -> Sequence[str]:
    """Return the list that fits what is said now, else what was said lately, else the hour."""
    lists = _kinds()[kind]
    for heard in (talk.heard, *reversed(talk.earlier(2))):
        if found := _named(heard, kind):
            return lists[found]
    part = part_of_day(talk.moment)
    return lists.get(_BY_HOUR.get(part, part), lists["any"])


def _named(heard: Heard, kind: str) -> str | None:
    for name, marked, bare in _wishes()[kind]:
        if (bare if heard.bare else marked).search(heard.said):
            return name
    return None


@lru_cache(maxsize=1)
def _kinds() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return {
        kind: {name: table["items"] for name, table in lists.items()}
        for kind, lists in read("suggestions").items()
    }


@lru_cache(maxsize=1)
def _wishes() -> Mapping[str, Sequence[tuple[str, re.Pattern[str], re.Pattern[str]]]]:
    classes = hearing_data()["classes"]
    found: dict[str, list[tuple[str, re.Pattern[str], re.Pattern[str]]]] = {}
    for kind, lists in read("suggestions").items():
        for name, table in lists.items():
            marked = compile_patterns(table.get("when", ()), classes)
            bare = compile_patterns(table.get("when", ()), classes, strip_diacritics)
            if marked and bare:
                found.setdefault(kind, []).append((name, marked, bare))
    return found
