"""The little language of `facts.toml`, and whether one of its rules holds for a clause.

A pattern is words with spaces between them: `{list}` is any phrase of a list, `...` any words, `_`
one word, `#` a number, `<Name>` a word with a capital letter, `(a|b c)` a choice and `(a)?` what
may be missing. It is matched against whole words, from a place in the clause to its end. In the
text each word ends with a space, and "^" stands before one with a capital letter.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from modules.memory.wording import fold

FACTS = Path(__file__).with_name("facts.toml")

_PIECE = re.compile(r"\s*(\.\.\.|<Name>|\{\w+\}|\)\??|[(|#_]|[^\s(|){}<>#]+)")
_COMPOSED = re.compile(r"[({_#<]|\.\.\.")
_SUBJECTS = {
    "self": "({lead})? ({plain_self}|{kin_self}) ({adverbs})?",
    "own": "({lead})? {plain_self} ({adverbs})?",
    "we": "({lead})? {we} ({adverbs})?",
    "family": "({lead})? {kin} {mine} ({adverbs})?",
    "pet": "({lead})? {pet} {mine} ({adverbs})?",
    "time": "({lead})? {time} (thì|là)?",
    "thing": "({lead})?",
    "kin": "({lead})? {kin_self}",
}


_INNER = {"self": "own", "we": "we", "family": "family"}
"""Subjects in the middle of a clause without commas, where a kin term may be anybody."""
_LONGEST_SUBJECT = 14


@dataclass(frozen=True)
class Rule:
    """One kind of statement; `single` where a newer one takes the place of an older one."""

    kind: str
    single: bool
    subject: str
    says: re.Pattern[str]
    unless: re.Pattern[str] | None

    def holds(self, predicates: list[str]) -> bool:
        """Tell whether it is stated by the words behind the subject, which may end in several
        places where an adverb is also a verb.
        """
        if self.unless and any(self.unless.fullmatch(words) for words in predicates):
            return False
        return any(self.says.fullmatch(words) for words in predicates)


@dataclass(frozen=True)
class Grammar:
    """Everything `facts.toml` says, for text with diacritics or for text without any."""

    table: dict[str, Any]
    bare: bool

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order of the file."""
        return tuple(self._rule(row) for row in self.table["rule"])

    def rule(self, words: list[str], *, inner: bool) -> Rule | None:
        """Return the first rule that holds for these words, `inner` for those in the middle of a
        clause.
        """
        predicates: dict[str, list[str]] = {}
        for rule in self.rules:
            subject = _INNER.get(rule.subject) if inner else rule.subject
            if subject is None:
                continue
            if subject not in predicates:
                predicates[subject] = self._predicates(subject, words)
            if rule.holds(predicates[subject]):
                return rule
        return None

    def may_be_addressee(self, spaced: str) -> bool:
        """Tell whether the clause opens with a kin term, which may be the one spoken to."""
        return self._subjects["kin"].match(spaced) is not None

    def _predicates(self, subject: str, words: list[str]) -> list[str]:
        pattern = self._subjects[subject]
        ends = range(min(len(words), _LONGEST_SUBJECT) + 1)
        return ["".join(words[end:]) for end in ends if pattern.fullmatch("".join(words[:end]))]

    @cached_property
    def _subjects(self) -> dict[str, re.Pattern[str]]:
        return {name: re.compile(self._translate(text)) for name, text in _SUBJECTS.items()}

    def find(self, name: str, spaced: str) -> bool:
        """Tell whether one of a list's phrases is anywhere in the words."""
        return any(pattern.search(spaced) for pattern in self._patterns(name, r"(?<!\S)", ""))

    def opening(self, name: str, spaced: str) -> int:
        """Return how many words at the beginning are one of a list's phrases."""
        return self._longest(pattern.match(spaced) for pattern in self._patterns(name, "", ""))

    def closing(self, name: str, spaced: str) -> int:
        """Return how many words at the end are one of a list's phrases."""
        patterns = self._patterns(name, r"(?<!\S)", r"\Z")
        return self._longest(pattern.search(spaced) for pattern in patterns)

    @staticmethod
    def _longest(matches: Iterable[re.Match[str] | None]) -> int:
        return max((match.group().count(" ") for match in matches if match), default=0)

    def _patterns(self, name: str, before: str, after: str) -> list[re.Pattern[str]]:
        # Plain phrases make one pattern, each composed one a pattern of its own.
        key = (name, before, after)
        if key not in self._compiled:
            skipped = self.table["markers"]["marked_only"] if self.bare else ()
            texts = [text for text in self.table["markers"][name] if text not in skipped]
            plain = [text for text in texts if not _COMPOSED.search(text)]
            composed = [text for text in texts if _COMPOSED.search(text)]
            groups = [[text] for text in composed] + ([plain] if plain else [])
            self._compiled[key] = [
                re.compile(f"{before}{self._either(group)}{after}") for group in groups
            ]
        return self._compiled[key]

    @cached_property
    def _compiled(self) -> dict[tuple[str, str, str], list[re.Pattern[str]]]:
        return {}

    def _rule(self, row: dict[str, Any]) -> Rule:
        return Rule(
            row["kind"],
            row.get("single", False),
            row["subject"],
            re.compile(self._either(row["says"])),
            re.compile(self._either(row["unless"])) if "unless" in row else None,
        )

    def _translate(self, text: str) -> str:
        return "".join(self._piece(piece) for piece in _PIECE.findall(text))

    def _piece(self, piece: str) -> str:
        if piece.startswith("{"):
            return self._list(piece[1:-1])
        fixed = {
            "...": r"(?:\^?\w+ )*",
            "_": r"\^?\w+ ",
            "#": rf"(?:\^?(?:\d\w*|{self._numbers}) )+",
            "<Name>": r"\^\w+ ",
            "(": "(?:",
        }
        if piece in fixed:
            return fixed[piece]
        if piece in ("|", ")", ")?"):
            return piece
        return rf"\^?{re.escape(fold(piece) if self.bare else piece)} "

    @cached_property
    def _numbers(self) -> str:
        words = self.table["lists"]["number_word"]
        return "|".join(fold(word) if self.bare else word for word in words)

    def _list(self, name: str) -> str:
        if name == "adverbs":
            return f"(?:{self._list('adverb')})+"
        return self._either(self.table["lists"].get(name) or self.table["markers"][name])

    def _either(self, texts: Iterable[str]) -> str:
        patterns = {self._translate(text) for text in texts}
        return f"(?:{'|'.join(sorted(patterns, key=lambda text: (-len(text), text)))})"


@lru_cache(maxsize=2)
def grammar(*, bare: bool) -> Grammar:
    """Read `facts.toml`, once per process and way of typing."""
    return Grammar(tomllib.loads(FACTS.read_text(encoding="utf-8")), bare)
