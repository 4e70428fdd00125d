"""The companion's answers: intents with their patterns and templates, read once.

An entry of `safety`, `about`, `chat`, `skills`, `feelings` or `topics.toml`:

    kind    crisis, refuse, abuse, react, skill, ask, feeling, chat, topic, remark, or scene: one of
            `scenes.toml`, looked for once danger is heard
    when    patterns (see patterns.py); none where only the code asks for the entry
    say     templates (see wording.py); `stay` those for when the talk goes on
    junior, peer, senior   further templates for this rank only
    mood    labels of feeling that it fits; none fits all
    others  lists that fill a slot of the same name

Of a feeling each first sentence may stand before each second one.

What people talk about stands in `topics/`: each table is an entry of kind `talk`, each table within
it one of kind `point`, found by `talk.<name>` and `talk.<name>.<point>`. Beside `when` and `say`:

    ask     questions that keep the talk on it going; a point without any has its topic's
    me      what the assistant says where it is asked about itself
    asks    true where the point answers a question and is no answer to a statement
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
from modules.llm.companion.wording import Rank, sentences
from modules.text import strip_diacritics

KINDS = (
    "crisis", "refuse", "abuse", "react", "skill", "ask", "feeling", "chat", "topic", "remark",
    "point", "talk", "scene",
)  # fmt: skip
FILES = (
    "safety",
    "scenes",
    "about",
    "chat",
    "follow",
    "skills",
    "remembered",
    "feelings",
    "topics",
)
TOPICS = ("topics/home", "topics/daily", "topics/people", "topics/world")
_FIELDS = frozenset(
    {"kind", "when", "say", "stay", "junior", "peer", "senior", "mood", "ask", "me", "asks"}
)
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Entry:
    """One intent and what is said to it."""

    key: str
    kind: str
    when: tuple[str, ...]
    moods: frozenset[str]
    say: tuple[str, ...]
    stay: tuple[str, ...]
    by_rank: Mapping[str, tuple[str, ...]]
    fillers: Mapping[str, tuple[str, ...]]
    ask: tuple[str, ...] = ()
    me: tuple[str, ...] = ()
    asks: bool = False

    @property
    def marked(self) -> re.Pattern[str] | None:
        """What finds it in text with diacritics, whatever the two call each other."""
        return _pattern(self.when, False, False)

    @property
    def topic(self) -> str:
        """Key of the topic that a point belongs to; the entry's own for any other."""
        return ".".join(self.key.split(".")[:2])

    def templates(self, rank: Rank, *, stay: bool = False) -> tuple[str, ...]:
        """Return what may be said to somebody who is spoken to in this rank."""
        if stay and self.stay:
            return self.stay
        return (*self.say, *self.by_rank.get(rank, ()))

    def matched(self, heard: Heard) -> int:
        """Return how many characters of the utterance the entry's best pattern takes, or 0."""
        pattern = _pattern(self.when, heard.bare, heard.kin)
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


@lru_cache(maxsize=4_096)
def _pattern(when: tuple[str, ...], bare: bool, kin: bool) -> re.Pattern[str] | None:
    """Compile patterns; between kin (`kin`) no other relation's term means one of the two."""
    data = hearing_data()
    classes = data["classes"] | (data["kin_classes"] if kin else {})
    return compile_patterns(when, classes, strip_diacritics if bare else str)


def warm() -> None:
    """Compile every pattern for every way of being typed and called."""
    for entry in book().entries.values():
        for bare in (False, True):
            for kin in (False, True):
                _pattern(entry.when, bare, kin)


@lru_cache(maxsize=1)
def book() -> Book:
    """Read the data files, once."""
    entries: dict[str, Entry] = {}
    for name in FILES:
        for key, table in read(name).items():
            entries[key] = _entry(key, table)
    for name in TOPICS:
        for key, table in read(name).items():
            entries |= _topic(f"talk.{key}", table)
    by_kind = {
        kind: tuple(entry for entry in entries.values() if entry.kind == kind and entry.when)
        for kind in KINDS
    }
    return Book(entries, by_kind)


def read(name: str) -> Mapping[str, Any]:
    """Return the tables of one data file."""
    return tomllib.loads((_HERE / f"{name}.toml").read_text(encoding="utf-8"))


def _topic(key: str, table: Mapping[str, Any]) -> dict[str, Entry]:
    """Return a topic and its points."""
    points = {name: each for name, each in table.items() if isinstance(each, dict)}
    own = {name: each for name, each in table.items() if name not in points}
    return {key: _entry(key, {"kind": "talk"} | own)} | {
        f"{key}.{name}": _entry(f"{key}.{name}", {"kind": "point"} | each)
        for name, each in points.items()
    }


def _crossed(templates: Iterable[str]) -> tuple[str, ...]:
    """Return the templates, and of those of two sentences each first one with each second one."""
    parts = [(each, sentences(each)) for each in templates]
    pairs = [said for _, said in parts if len(said) == 2]
    return tuple(
        dict.fromkeys(
            [each for each, _ in parts] + [f"{one[0]} {two[1]}" for one in pairs for two in pairs]
        )
    )


def _entry(key: str, table: Mapping[str, Any]) -> Entry:
    kind, say = table.get("kind", ""), tuple(table.get("say", ()))
    return Entry(
        key=key,
        kind=kind,
        when=tuple(table.get("when", ())),
        moods=frozenset(table.get("mood", ())),
        say=_crossed(say) if kind == "feeling" else say,
        stay=tuple(table.get("stay", ())),
        by_rank={rank: tuple(table.get(rank, ())) for rank in ("junior", "peer", "senior")},
        fillers={name: tuple(table[name]) for name in table.keys() - _FIELDS},
        ask=tuple(table.get("ask", ())),
        me=tuple(table.get("me", ())),
        asks=bool(table.get("asks", False)),
    )
