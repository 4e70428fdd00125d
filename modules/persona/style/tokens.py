"""A chat message cut into words, faces, emoji and marks; and phrases found among its words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from modules.persona.data import Phrases
from modules.persona.style.rules import table
from modules.persona.terms import TERMS

Kind = Literal["word", "number", "emoji", "face", "mark"]

_EMOJI = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}"
    "|[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55\u2763\u2764]"
    "(?:\ufe0f|[\U0001f3fb-\U0001f3ff]|\u200d[\U0001f300-\U0001faff\u2600-\u27bf\u2764]\ufe0f?)*)"
)
_FACE = (
    r"(?:[=:;]['’]?[-]?(?:[)\](\[]+|[DdPpvV3oO>]{1,3}(?!\w))|\^[_.]?\^|<3|T[_.]T|>[_.]<|-[_.]-"
    r"|xD{1,3}(?!\w))"
)
_TOKEN = re.compile(
    rf"(?P<emoji>{_EMOJI})|(?P<face>{_FACE})|(?P<number>\d[\d.,:/]*\w*)|(?P<word>[^\W\d_]+)"
    r"|(?P<mark>[.]{2,}|…|[!?]+|[^\w\s])"
)
_STRETCH = re.compile(r"([^\W\d_])\1{2,}")
MARKS_THAT_END = frozenset(".!?…")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a message and where it stands; `form` is lower case, stretched letters once."""

    text: str
    form: str
    kind: Kind
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """Return the pieces of a message (NFC); whitespace is left out."""
    found = []
    for match in _TOKEN.finditer(text):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        form = _STRETCH.sub(r"\1", match[0].casefold()) if kind == "word" else match[0]
        found.append(Token(match[0], form, kind, match.start(), match.end()))
    return found


def words_of(text: str) -> list[str]:
    """Return the words of a text, lower case."""
    return [token.form for token in tokens_of(text) if token.kind == "word"]


@cache
def acts(name: str) -> Phrases[tuple[str, str]]:
    """Return a table of `habits.toml` as phrases; the value is the phrase and its first act."""
    entries: dict[str, str] = {}
    for act, phrases in table("habits")[name].items():
        for phrase in phrases:
            entries.setdefault(phrase, act)
    return Phrases((phrase, (phrase, act)) for phrase, act in entries.items())


@cache
def phrases_in(name: str, section: str, key: str = "words") -> Phrases[str]:
    """Return a list of a table as phrases whose value is the phrase."""
    return Phrases((phrase, phrase) for phrase in table(name)[section][key])


def found_in(phrases: Phrases[str], forms: list[str]) -> list[str]:
    """Return the phrases among words, longest first, none inside another."""
    found, at = [], 0
    while at < len(forms):
        match = phrases.at(forms, at)
        if match:
            found.append(match[1])
        at += match[0] if match else 1
    return found


def is_term(word: str) -> bool:
    """Say whether a word is a term of address: never part of a style, the pair decides it."""
    return word in _TERM_WORDS


def without_terms(forms: list[str]) -> list[str]:
    """Return words without the terms of address at their end: "nhé anh" closes with "nhé"."""
    end = len(forms)
    while end and (forms[end - 1] in _TERM_WORDS or forms[end - 1] in _LETTERS):
        end -= 1
    return forms[:end]


def _split(names: Iterable[str]) -> frozenset[str]:
    return frozenset(word for name in names for word in name.split())


_LETTERS = frozenset({"a", "e", "c", "b", "m", "t"})
_TERM_WORDS = _split(TERMS) | {
    "mik",
    "mk",
    "mn",
    "cj",
    "tau",
    "mi",
    "bay",
    "bây",
    "tụi",
    "chúng",
    "ông",
    "bà",
}
