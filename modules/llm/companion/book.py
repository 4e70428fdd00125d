"""The companion's answers: intents with their patterns and templates, read once.

An entry of `safety`, `about`, `chat`, `skills`, `feelings` or `topics.toml`:

    kind    crisis, refuse, abuse, react, skill, ask, feeling, chat, topic or remark
    when    patterns (see patterns.py); none where only the code asks for the entry
    say     templates (see wording.py); `stay` those for when the talk goes on
    junior, peer, senior   further templates for this rank only
    mood    labels of feeling that it fits; none fits all
    others  lists that fill a slot of the same name
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from modules.llm.companion.hearing import Heard, hearing_data
from modules.llm.companion.patterns import compile_patterns
from modules.llm.companion.wording import Rank
from modules.text import strip_diacritics

KINDS = ("crisis", "refuse", "abuse", "react", "skill", "ask", "feeling", "chat", "topic", "remark")
FILES = ("safety", "about", "chat", "follow", "skills", "feelings", "topics")
_FIELDS = frozenset({"kind", "when", "say", "stay", "junior", "peer", "senior", "mood"})
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Entry:
    """One intent and what is said to it."""

    key: str
    kind: str
    marked: re.Pattern[str] | None
    bare: re.Pattern[str] | None
    moods: frozenset[str]
    say: tuple[str, ...]
    stay: tuple[str, ...]
    by_rank: Mapping[str, tuple[str, ...]]
    fillers: Mapping[str, tuple[str, ...]]

    def templates(self, rank: Rank, *, stay: bool = False) -> tuple[str, ...]:
        """Return what may be said to somebody who is spoken to in this rank."""
        if stay and self.stay:
            return self.stay
        return (*self.say, *self.by_rank.get(rank, ()))

    def matched(self, heard: Heard) -> int:
        """Return how many characters of the utterance the entry's best pattern takes, or 0."""
        pattern = self.bare if heard.bare else self.marked
        if pattern is None:
            return 0
        lines = (heard.said,) if heard.core == heard.said else (heard.said, heard.core)
        return max((len(match[0]) for line in lines for match in pattern.finditer(line)), default=0)


@dataclass(frozen=True, slots=True)
class Book:
    """All entries by key, and those with patterns by kind."""

    entries: Mapping[str, Entry]
    by_kind: Mapping[str, tuple[Entry, ...]]

    def find(self, heard: Heard, kinds: Iterable[str], mood: str = "") -> Entry | None:
        """Return the best of `ranked`, or None."""
        return next(iter(self.ranked(heard, kinds, mood)), None)

    def ranked(self, heard: Heard, kinds: Iterable[str], mood: str = "") -> list[Entry]:
        """Return the entries that match, of the first kind that has any: longest match first.

        Entries for other feelings than `mood` are left out, where it is given.
        """
        for kind in kinds:
            entries = self.by_kind.get(kind, ())
            fitting = [each for each in entries if not (mood and each.moods) or mood in each.moods]
            found = [(entry.matched(heard), -index) for index, entry in enumerate(fitting)]
            best = sorted((each for each in found if each[0]), reverse=True)
            if best:
                return [fitting[-index] for _, index in best]
        return []


@lru_cache(maxsize=1)
def book() -> Book:
    """Read the data files, once."""
    entries: dict[str, Entry] = {}
    for name in FILES:
        for key, table in read(name).items():
            entries[key] = _entry(key, table)
    by_kind = {
        kind: tuple(entry for entry in entries.values() if entry.kind == kind and entry.marked)
        for kind in KINDS
    }
    return Book(entries, by_kind)


def read(name: str) -> Mapping[str, Any]:
    """Return the tables of one data file."""
    return tomllib.loads((_HERE / f"{name}.toml").read_text(encoding="utf-8"))


def _entry(key: str, table: Mapping[str, Any]) -> Entry:
    classes = hearing_data()["classes"]
    when = table.get("when", ())
    return Entry(
        key=key,
        kind=table.get("kind", ""),
        marked=compile_patterns(when, classes),
        bare=compile_patterns(when, classes, strip_diacritics),
        moods=frozenset(table.get("mood", ())),
        say=tuple(table.get("say", ())),
        stay=tuple(table.get("stay", ())),
        by_rank={rank: tuple(table.get(rank, ())) for rank in ("junior", "peer", "senior")},
        fillers={name: tuple(table[name]) for name in table.keys() - _FIELDS},
    )
