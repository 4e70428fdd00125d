"""What the user said, brought to the form that patterns are matched against.

Any input is taken: without diacritics, in teencode, without punctuation, with markup, in English.
Nothing of the raw text leaves this file but `Heard.text`, and that is plain.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from modules.llm.companion.patterns import compile_patterns
from modules.llm.companion.roles import resolved
from modules.text import clean, strip_diacritics

MAX_CHARACTERS = 2_000
_HEAD, _TAIL = 70, 30
"""Syllables of a long text that are matched: what it begins and what it ends with."""
_BARE_BELOW = 0.2

_TAG = re.compile(r"<[^<>]{0,300}>")
_LINK = re.compile(r"\b(?:https?://|www\.)\S+")
_MARKS = re.compile(r"[{}\[\]<>|\\`*_#~^]+")
_WORD = re.compile(r"[^\W_]+")
_FOREIGN = re.compile(
    r"[\u0400-\u04ff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0600-\u06ff]"
)
_LATE_TONE = re.compile("(o(?=[áàảãạéèẻẽẹ])|(?<!q)u(?=[ýỳỷỹỵ]))([áàảãạéèẻẽẹýỳỷỹỵ])$")
_PLACES = {"o": "oóòỏõọ", "u": "uúùủũụ", "a": "aáàảãạ", "e": "eéèẻẽẹ", "y": "yýỳỷỹỵ"}


@dataclass(frozen=True, slots=True)
class Heard:
    """One utterance.

    `said` and `core` are lower-case syllables, each followed by a space: all of them, and those
    without the words around that change nothing; the two who talk are "mình" and "bạn" there, while
    `typed` has the terms that were used, and `kin` tells that they call each other by such. `bare`
    tells that the text was typed without diacritics: then none is here. `english` and `foreign`
    tell of other languages.
    """

    text: str
    said: str
    core: str
    bare: bool
    question: bool
    english: bool
    foreign: bool
    typed: str = ""
    kin: bool = False

    @property
    def words(self) -> list[str]:
        """The syllables."""
        return self.said.split()


def hear(text: str, name: str = "", terms: tuple[str, str] = ("", "")) -> Heard:
    """Read one utterance. Never raises.

    `name` is what the assistant may be called by; `terms` are the user's and the assistant's own
    words for "I" where these belong to one of the two: "mình" and "bạn" stand in for them.
    """
    plain = plain_text(text)
    found = _WORD.findall(plain.lower())
    if len(found) > _HEAD + _TAIL:
        found = found[:_HEAD] + found[-_TAIL:]
    bare = sum(not word.isascii() for word in found) < _BARE_BELOW * len(found)
    words = [word for raw in found for word in _spelled(raw)]
    if bare:
        words = [strip_diacritics(word) for word in words]
    typed, words = words, resolved(words, *terms, bare=bare)
    called = [strip_diacritics(part) if bare else part for part in name.lower().split()]
    core = _without_frame(words, called, bare=bare)
    return Heard(
        text=plain,
        said=_line(words),
        core=_line(core),
        bare=bare,
        question=_asks(plain, words, core, bare=bare),
        english=bare and _is_english(words),
        typed=_line(typed),
        kin=bool(terms[0] and terms[1]),
        foreign=bool(_FOREIGN.search(plain)) and len(_FOREIGN.findall(plain)) > len(words) / 2,
    )


def plain_text(text: str) -> str:
    """Return `text` on one line without markup, links and the marks that templates use."""
    text = clean(text[: 2 * MAX_CHARACTERS])[:MAX_CHARACTERS]
    text = _LINK.sub(" ", _TAG.sub(" ", text))
    return " ".join(_MARKS.sub(" ", text).split())


@lru_cache(maxsize=1)
def hearing_data() -> Mapping[str, Any]:
    """Return the tables of `hearing.toml`."""
    return tomllib.loads(Path(__file__).with_name("hearing.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _short() -> Mapping[str, str]:
    return {short: word for word, all_ in hearing_data()["short"].items() for short in all_}


@lru_cache(maxsize=2)
def _frame(bare: bool) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return openers, closers and terms of address."""
    data = hearing_data()
    lists = (data["around"]["openers"], data["around"]["closers"], data["classes"]["you"])
    spelled = [[strip_diacritics(word) if bare else word for word in each] for each in lists]
    return frozenset(spelled[0]), frozenset(spelled[1]), frozenset(spelled[2])


def _line(words: list[str]) -> str:
    return "".join(f"{word} " for word in words)


@lru_cache(maxsize=4_096)
def _spelled(word: str) -> tuple[str, ...]:
    kept: list[str] = []
    if word.isdigit():
        return (word,)
    for _, letters in groupby(word, strip_diacritics):
        run = list(letters)
        kept += run[:1] if len(run) >= 3 else run
    word = _short().get(word) or "".join(kept)
    word = _short().get(word, word)
    return tuple(_LATE_TONE.sub(_early_tone, part) for part in word.split())


def _early_tone(match: re.Match[str]) -> str:
    """Move the tone of an open syllable to the place of the older spelling: hoá, hóa."""
    first, second = match.groups()
    plain = next(base for base, forms in _PLACES.items() if second in forms)
    return _PLACES[first][_PLACES[plain].index(second)] + plain


def _without_frame(words: list[str], called: list[str], *, bare: bool) -> list[str]:
    openers, closers, terms = _frame(bare)
    kept = list(words)
    while len(kept) > 1:
        if kept[-1] in closers or (
            len(kept) > 2 and kept[-1] in terms and kept[-2] in closers | _ENDS
        ):
            kept = kept[:-1]
        else:
            break
    while len(kept) > 1:
        after = kept[len(called) :]
        if called and kept[: len(called)] == called and after[:1] and after[0] in _CALLS:
            kept = after[1:] or kept[:1]
            continue
        if len(kept) > 2 and kept[0] in terms and kept[1] in _CALLS:
            kept = kept[2:]
        elif len(kept) > 3 and " ".join(kept[:3]) in openers:
            kept = kept[3:]
        elif len(kept) > 2 and " ".join(kept[:2]) in openers:
            kept = kept[2:]
        elif kept[0] in openers:
            kept = kept[1:]
        else:
            break
    return kept


_CALLS = frozenset({"ơi", "oi", "à", "a", "này", "nay", "ạ"})
_ENDS = frozenset(
    [
        "không",
        "chưa",
        "rồi",
        "đi",
        "gì",
        "đâu",
        "nào",
        "quá",
        "lắm",
        "được",
        "khong",
        "chua",
        "roi",
        "di",
        "gi",
        "dau",
        "nao",
        "qua",
        "lam",
        "duoc",
    ]
)


def _asks(plain: str, words: list[str], core: list[str], *, bare: bool) -> bool:
    if plain.rstrip(" .!…").endswith("?"):
        return True
    asking, ends, none = _questions(bare)
    line, whole = (f" {none.sub(' ', _line(each))}" for each in (core, words))
    if any(f" {word} " in line for word in asking):
        return True
    return any(line.endswith(f" {end} ") or whole.endswith(f" {end} ") for end in ends)


@lru_cache(maxsize=2)
def _questions(bare: bool) -> tuple[tuple[str, ...], tuple[str, ...], re.Pattern[str]]:
    """Return the words that ask, those that ask at the end, and where they ask nothing."""
    data = hearing_data()
    spell = strip_diacritics if bare else str
    table = data["questions"]
    none = compile_patterns(table["none"], data["classes"], spell)
    assert none is not None
    asking = [word for word in table["words"] if not bare or word not in table["never_bare"]]
    return tuple(map(spell, asking)), tuple(map(spell, table["ends"])), none


def _is_english(words: list[str]) -> bool:
    known = hearing_data()["english"]["words"]
    if len(words) == 1:
        return words[0] in known and len(words[0]) > 3  # "a" and "to" are Vietnamese too
    return sum(word in known for word in words) > len(words) / 2
