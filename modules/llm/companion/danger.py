"""Who does not want to live: the one who speaks, somebody else, or nobody.

A wish to die is taken as the user's own unless another person is clearly its subject, whatever
terms of address are in use: "anh muốn chết" is said by somebody who calls himself anh. Idioms
("cười muốn chết") and denials are taken out before. The lists are in `danger.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from modules.llm.companion.hearing import Heard, hearing_data
from modules.llm.companion.patterns import compile_patterns
from modules.messages import Pair
from modules.text import strip_diacritics

_WORD = re.compile(r"[^\s()|!^$]+")
_NOTHING = "·"
_OTHER_WORDS = frozenset({"ba", "chi", "do", "ho", "nay", "no", "ong", "y"})
"""What "ba", "chị", "đó", "họ", "này", "nó", "ông" and "ý" become: more often other words."""
_REACH = 14
"""Syllables before a wish in which its subject is looked for."""
_LONGEST_NAME = 4
_NAMED = re.compile(r"(?<!\w)(\w+) ([^\W\d_a-zà-ỹ]\w*)")


def crisis_of(heard: Heard, pair: Pair, name: str = "") -> str | None:
    """Return the key of the answer to a wish to die: `crisis`, `crisis_check`, `crisis_other`,
    `crisis_lost`; None where there is none.

    `pair` says what the user and the assistant are called, `name` what the user's name is.
    """
    if is_told(heard):
        return None
    who = _Persons(_forms(pair.user_term), _forms(pair.assistant_self), _names_in(heard.text, name))
    line = _masked(heard.typed)
    doubt = _expression("doubtful").search(line)
    line = _blanked(line, _expression("doubtful"))
    keys = {_key(line, match, who) for match in _wishes(line, bare=heard.bare)}
    if doubt:
        words = line[: doubt.start()].split()
        keys.add("crisis_other" if who.other_wants(words, ()) else "crisis_check")
    order = ("crisis", "crisis_check", "crisis_other", "crisis_lost")
    return next((key for key in order if key in keys), None)


def plain_line(heard: Heard) -> str:
    """Return what was said with a placeholder for each word of an idiom or a denial."""
    return _masked(heard.said)


def is_told(heard: Heard) -> bool:
    """Tell whether danger is only spoken of: in a film, a game, a word to be translated."""
    if _expression("mentioned").search(heard.said):
        return True
    mine = _lists()["mine"] - {"nhà", "my"}
    return is_story(heard) and mine.isdisjoint(heard.words)


def is_story(heard: Heard) -> bool:
    """Tell whether a film, a book, a game or a saying is spoken of, perhaps beside oneself."""
    return bool(_expression("fiction").search(heard.said))


def _wishes(line: str, *, bare: bool) -> list[re.Match[str]]:
    found = [*_expression("wish").finditer(line), *_expression("bare").finditer(line)]
    return found if bare else [*found, *_marked().finditer(line)]


def _key(line: str, match: re.Match[str], who: _Persons) -> str | None:
    if not who.other_wants(line[: match.start()].split(), match[0].split()):
        return "crisis"
    if _expression("fiction").search(line):
        return None
    return "crisis_lost" if _expression("over").search(line) else "crisis_other"


@dataclass(frozen=True, slots=True)
class _Persons:
    """Words for those who speak and hear in this pair, and for others who are named."""

    user: frozenset[str]
    hearer: frozenset[str]
    named: frozenset[str]

    def other_wants(self, words: Sequence[str], wish: Sequence[str]) -> bool:
        """Tell whether the nearest person before a wish is clearly somebody else who has it."""
        end = len(words)
        while end > max(0, len(words) - _REACH):
            start, whose = self._person(words, end)
            gap = words[end:]
            if whose == "other" and start and _is_spoken_of(words[start - 1], gap):
                end = start  # spoken of: "nhớ bạn gái quá ..."
            elif whose == "reported":
                return not _lists()["reporting"].isdisjoint([*gap, *wish[:2]])
            elif whose:
                return whose == "other" and _reaches(gap)
            else:
                end -= 1
        return False

    def _person(self, words: Sequence[str], end: int) -> tuple[int, str]:
        """Return where a person that ends at `end` begins, and whose wish it would be."""
        lists = _lists()
        for start in range(max(0, end - _LONGEST_NAME), end):
            phrase = " ".join(words[start:end])
            if phrase in self.user or phrase in lists["mine"]:
                owner = self._relation(words, start)
                if owner is not None:
                    return owner, "other"
                mine = phrase in self.user or phrase not in lists["reported"]
                return start, "own" if mine else "reported"
            if phrase in self.named | lists["alone"] | lists["relations"]:
                return start, "other"
        last = words[end - 1]
        if last in lists["pointing"] and end > 1 and words[end - 2] in lists["owned"]:
            return end - 2, "other"
        return (end - 1, "reported") if last in lists["reported"] else (end, "")

    def _relation(self, words: Sequence[str], end: int) -> int | None:
        """Return where a relation begins whose owner stands at `end`: "con gái (của) | tôi"."""
        owner = frozenset(words[end : end + 1])
        relations = _lists()["relations"] | (_lists()["owned"] - self.hearer - owner)
        end -= bool(end and words[end - 1] in ("của", "cua"))
        while end > 0:
            starts = range(max(0, end - _LONGEST_NAME), end)
            found = (at for at in starts if " ".join(words[at:end]) in relations)
            if (at := next(found, None)) is not None or words[end - 1] not in _lists()["kinds"]:
                return at
            end -= 1
        return None


def _is_spoken_of(before: str, gap: Sequence[str]) -> bool:
    """Tell whether a person is an object: "nhớ con gái ...", "vì nó nên ..."."""
    lists = _lists()
    return before in lists["taking"] or (before in lists["causing"] and "nên" in gap)


def _reaches(gap: Sequence[str]) -> bool:
    """Tell whether only such words stand between a person and the wish that leave it theirs."""
    lists = _lists()
    said = f" {' '.join(gap)} "
    if any(f" {word} " in said for word in lists["breaking"]):
        return False
    return all(
        word in lists["between"] or word in lists["reporting"] or word.isdigit() for word in gap
    )


def _names_in(text: str, name: str) -> frozenset[str]:
    """Return "chị lan" for "Chị Lan": somebody by name, unless it is the user's."""
    owned = _lists()["owned"] | {"thằng", "đứa"}
    found = (match.groups() for match in _NAMED.finditer(text))
    return frozenset(
        f"{title.lower()} {called.lower()}"
        for title, called in found
        if title.lower() in owned and called.lower() != name.lower()
    )


def _forms(term: str) -> frozenset[str]:
    return frozenset({term.lower(), _plain(term.lower())} - {""})


def _plain(word: str) -> str:
    """Return a word without its diacritics, unless that is more often another word."""
    plain = strip_diacritics(word)
    return word if plain in _OTHER_WORDS else plain


def _masked(line: str) -> str:
    """Return the line with a placeholder for each word of an idiom or a denial."""
    return _blanked(_blanked(line, _expression("idioms")), _expression("denials"))


def _blanked(line: str, expression: re.Pattern[str]) -> str:
    return expression.sub(lambda match: f"{_NOTHING} " * len(match[0].split()), line)


# --- the lists ----------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def danger_data() -> Mapping[str, Any]:
    """Return the tables of `danger.toml`."""
    return tomllib.loads(Path(__file__).with_name("danger.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def _expression(name: str) -> re.Pattern[str]:
    """Return the patterns of a list; each word may also stand without its diacritics."""
    return _compiled([_WORD.sub(_either, pattern) for pattern in danger_data()[name]])


@lru_cache(maxsize=1)
def _marked() -> re.Pattern[str]:
    return _compiled(danger_data()["marked"])


def _compiled(patterns: Sequence[str]) -> re.Pattern[str]:
    classes = {
        name: [*words, *map(strip_diacritics, words)]
        for name, words in hearing_data()["classes"].items()
        if not isinstance(words, str)
    }
    compiled = compile_patterns(patterns, classes)
    assert compiled is not None
    return compiled


def _either(match: re.Match[str]) -> str:
    word = match[0]
    plain = strip_diacritics(word)
    whole = plain == word or word.startswith("%") or word in danger_data()["marked_only"]
    return word if whole else f"({word}|{plain})"


@lru_cache(maxsize=1)
def _lists() -> Mapping[str, frozenset[str]]:
    """Return the word lists, with and without diacritics where that makes no other word."""
    return {
        name: frozenset(words) | {_plain(word) for word in words}
        for name, words in danger_data()["others"].items()
    }
