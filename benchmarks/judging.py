"""Judges one answer: is it in the pair, the manners and the region that were asked for?

Rules and words are of this file and `judging.toml` alone, not of the guard: what the guard cannot
see must still count against it. Pure functions.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from modules.messages import Pair, Region, Tone
from modules.text import clean, is_vietnamese_syllable

_DATA: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("judging.toml").read_text(encoding="utf-8")
)
_QUOTED = re.compile(r"[\"“][^\"”]*[\"”]|`[^`]*`|https?://\S+|\S+@\S+")
_WORD = re.compile(r"[^\W\d_]+")
_CLAUSE = re.compile(r"[^.!?…,;:\n]+")
_SENTENCE = re.compile(r"[^.!?…\n]+")
_BARE = 4
"""From this many words on an answer without any diacritic was written without them."""


@dataclass(frozen=True)
class Verdict:
    """What was found in one answer. `wrong` are the words that are no term of the pair."""

    self_right: int = 0
    self_wrong: int = 0
    user_right: int = 0
    user_wrong: int = 0
    wrong: tuple[str, ...] = ()
    left_alone: int = 0
    """Compounds, classifiers and third persons that hold a term's word."""
    broken: int = 0
    """Those of them that are spoiled ("anh bè")."""
    particles: bool = True
    region: bool = True
    english: tuple[str, ...] = ()

    @property
    def out_of_pair(self) -> bool:
        """Whether, for either of the two, another term prevails."""
        return self.self_wrong > self.self_right or self.user_wrong > self.user_right


def judge(text: str, pair: Pair, region: Region, tone: Tone) -> Verdict:
    """Return the verdict on an answer; an empty one is without fault."""
    text = _QUOTED.sub(" , ", clean(text))
    slots, wrong, traps = _slots(text, pair)
    return Verdict(
        *slots,
        wrong=wrong,
        left_alone=traps,
        broken=_broken(text),
        particles=_mannered(text, pair, tone),
        region=_of_region(text, region),
        english=_english(text),
    )


def compounds(text: str) -> list[str]:
    """Return the compounds and classifiers of an answer that no guard may touch."""
    return _phrases("left_alone", "phrases").findall(clean(text).lower())


def _slots(text: str, pair: Pair) -> tuple[tuple[int, int, int, int], tuple[str, ...], int]:
    """Count the terms of the two who talk: self right and wrong, user right and wrong."""
    counts = {("self", True): 0, ("self", False): 0, ("user", True): 0, ("user", False): 0}
    wrong: list[str] = []
    masked, traps = _phrases("left_alone", "phrases").subn(" _ ", text.lower())
    for clause in _CLAUSE.findall(masked):
        for term, role in _roles(clause, pair):
            due = pair.assistant_self if role == "self" else pair.user_term
            counts[role, term == due] += 1
            if term != due:
                wrong.append(term)
    return tuple(counts.values()), tuple(wrong), traps  # type: ignore[return-value]


def _roles(clause: str, pair: Pair) -> Iterator[tuple[str, str]]:
    """Give the terms of a clause with the role that each stands in."""
    pronouns, kin = _DATA["pronouns"], _DATA["kin"]["terms"]
    mine, yours = pair.assistant_self, pair.user_term
    words = clause.split()
    for index in range(len(words)):
        term = _term_at(words, index, (mine, yours, *pronouns["user"]))
        certain = _certain_role(words, index, len(term.split())) if term in kin else ""
        if term in (mine, yours):
            yield term, certain or ("self" if term == mine else "user")
        elif term in pronouns["self"]:
            yield term, "self"
        elif term in pronouns["user"]:
            yield term, "user"
        elif term in pronouns["opens_clause"] and _opens(words[:index]):
            yield term, "self"
        elif certain:
            yield term, certain


def _term_at(words: Sequence[str], index: int, terms: Sequence[str]) -> str:
    """Return the longest of some terms that begins at a word ("quý khách"), or the word."""
    for term in sorted(terms, key=len, reverse=True):
        parts = term.split()
        if list(words[index : index + len(parts)]) == parts:
            return term
    return words[index]


def _certain_role(words: Sequence[str], index: int, length: int) -> str:
    """Return "self" or "user" where the words beside a term leave no doubt, else ""."""
    kin = _DATA["kin"]
    before, behind = list(words[:index]), " ".join(words[index + length :])
    if " ".join(before).endswith(tuple(kin["serves"])):
        return "user"
    if _opens(before):
        if behind.startswith("ơi"):
            return "user"
        return "self" if behind.startswith(tuple(kin["presents"])) else ""
    while before and before[0] in _DATA["pronouns"]["openers"]:
        before.pop(0)
    if before and before[0] in (*kin["terms"], *_DATA["pronouns"]["self"], "mình"):
        before.pop(0)
    return "user" if " ".join(before) in kin["greets"] else ""


def _opens(before: Sequence[str]) -> bool:
    return all(word in _DATA["pronouns"]["openers"] for word in before)


def _broken(text: str) -> int:
    """Count compounds that a term was put into."""
    data = _DATA["left_alone"]
    words = [word.lower() for word in _WORD.findall(text)]
    count = 0
    for first, second in pairwise(words):
        stranger = first in data["broken_terms"] and first != "bạn"
        count += stranger and second in data["broken_behind"]
        intruder = second in data["broken_terms"] and f"{first} {second}" not in data["whole"]
        count += intruder and first in data["broken_before"]
    return count


def _mannered(text: str, pair: Pair, tone: Tone) -> bool:
    """Say whether dạ and ạ are where the junior owes them, and nowhere else."""
    data = _DATA["particles"]
    words = [word.lower() for word in _WORD.findall(text)]
    if not words:
        return True
    junior = pair.assistant_self in data["junior_selves"]
    junior = junior and pair.user_term not in data["junior_selves"]
    if junior:
        return tone == "casual" or not {*data["polite"]}.isdisjoint(words)
    if pair.assistant_self not in data["senior_selves"]:
        return True
    return not any(map(_defers, _SENTENCE.findall(text)))


def _defers(sentence: str) -> bool:
    words = [word.lower() for word in _WORD.findall(sentence)]
    if not words:
        return False
    if words[0] in _DATA["particles"]["deferential_openers"]:
        return True
    return words[-1] == "ạ" and (len(words) < 2 or words[-2] not in _vocatives())


@lru_cache
def _vocatives() -> frozenset[str]:
    return frozenset([*_DATA["kin"]["terms"], *_DATA["pronouns"]["user"]])


def _of_region(text: str, region: Region) -> bool:
    """Say whether no word belongs to another region than the one asked for."""
    masked = _phrases("region_whole", "phrases").sub(" _ ", text.lower())
    for other in ("north", "central", "south"):
        if other == region:
            continue
        if _phrases("region", other).search(masked):
            return False
        own = {*_DATA["region_closers"][region]}
        for clause in _CLAUSE.findall(masked):
            last = clause.split()[-1:]
            if last and last[0] in _DATA["region_closers"][other] and last[0] not in own:
                return False
    return True


def _english(text: str) -> tuple[str, ...]:
    """Return the words that are no Vietnamese: English, or written without their marks."""
    data = _DATA["english"]
    words = _WORD.findall(text)
    if len(words) >= _BARE and "".join(words).isascii():
        return tuple(words)
    known = [word for word in words if word.lower() in data["words"]]
    foreign = [word for word in _unnamed(text) if _foreign(word)]
    return tuple(dict.fromkeys([*foreign, *known] if len(known) > 1 else foreign))


def _unnamed(text: str) -> Iterator[str]:
    """Give the words that are no names: in lower case, or at the beginning of a sentence."""
    for sentence in _SENTENCE.findall(text):
        for index, word in enumerate(_WORD.findall(sentence)):
            if not index or word[0].islower():
                yield word


def _foreign(word: str) -> bool:
    borrowed = word.lower() in _DATA["english"]["borrowed"]
    return word.isascii() and not borrowed and not is_vietnamese_syllable(word)


@lru_cache
def _phrases(group: str, name: str) -> re.Pattern[str]:
    words = sorted(_DATA[group][name], key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")
