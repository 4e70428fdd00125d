"""Vietnamese text as the memory sees it: words, words without their marks, and concepts.

The tables are data (`concepts.toml`). Everything here is pure and gives the same result in every
process and on every platform.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

CONCEPTS = Path(__file__).with_name("concepts.toml")

_WORD = re.compile(r"[^\W_]+")
_TONES = "\u0300\u0301\u0303\u0309\u0323"
# "hoà" and "hòa" are two spellings of one syllable (the tone mark on the second or the first
# vowel); the older one, with the mark on the first, is taken where the syllable is open.
_OPEN_GLIDE = re.compile(f"([ou])([aey])([{_TONES}])(?![^\\W_]|[\u0300-\u036f])")
_GLIDES = frozenset({"oa", "oe", "uy"})


def fold(text: str) -> str:
    """Return the text in lower case without diacritics: "Đà Nẵng" becomes "da nang"."""
    bare = unicodedata.normalize("NFD", text.casefold())
    return "".join(mark for mark in bare if not unicodedata.combining(mark)).replace("đ", "d")


def words(text: str) -> list[str]:
    """Return the words of a text: NFC, lower case, one spelling of each syllable."""
    parts = unicodedata.normalize("NFD", text.casefold())
    parts = _OPEN_GLIDE.sub(_tone_first, parts)
    return _WORD.findall(unicodedata.normalize("NFC", parts))


def is_bare(tokens: list[str]) -> bool:
    """Tell whether not one word has a diacritic: the text was typed without them."""
    return all(token.isascii() for token in tokens)


def _tone_first(match: re.Match[str]) -> str:
    glide, vowel, tone = match.groups()
    if glide + vowel not in _GLIDES or match.string[match.start() - 1 : match.start()] == "q":
        return match.group()
    return f"{glide}{tone}{vowel}"


Phrase = tuple[str, ...]
"""The words of a phrase."""


@dataclass(frozen=True)
class Concept:
    """What several phrases have in common, and how much it tells."""

    name: str
    weight: float


@dataclass(frozen=True)
class Reading:
    """The tables for one way of typing: with diacritics, or without any."""

    word_weights: dict[str, float]
    phrases: dict[Phrase, tuple[Concept, ...]]
    opening: dict[Phrase, tuple[Concept, ...]]
    longest: int

    def weight(self, word: str) -> float:
        """Return how much a word tells, 0 to 1."""
        return self.word_weights.get(word, 1.0)

    def concepts(self, tokens: list[str]) -> list[Concept]:
        """Return the concepts that the words name, each once."""
        found: dict[Concept, None] = {}
        opening = True
        for start in range(len(tokens)):
            for stop in range(start + 1, min(start + self.longest, len(tokens)) + 1):
                phrase = tuple(tokens[start:stop])
                found.update(dict.fromkeys(self.phrases.get(phrase, ())))
                if opening:
                    found.update(dict.fromkeys(self.opening.get(phrase, ())))
            opening = opening and tokens[start] in self.word_weights
        return list(found)


@dataclass(frozen=True)
class Vocabulary:
    """Everything `concepts.toml` says; `digest` changes with any change of the file."""

    marked: Reading
    bare: Reading
    digest: str

    def reading(self, tokens: list[str]) -> Reading:
        """Return the tables for these words."""
        return self.bare if is_bare(tokens) else self.marked


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """Read `concepts.toml`, once per process."""
    raw = CONCEPTS.read_bytes()
    table = tomllib.loads(raw.decode())
    digest = blake2b(raw.replace(b"\r\n", b"\n"), digest_size=4).hexdigest()
    return Vocabulary(_reading(table, bare=False), _reading(table, bare=True), digest)


def _reading(table: dict[str, Any], *, bare: bool) -> Reading:
    def spelled(text: str) -> Phrase:
        return tuple(fold(word) if bare else word for word in words(text))

    # Later classes win: a word that is both common and a stop word tells nothing.
    weights = {
        word: group["weight"]
        for group in sorted(table["word"], key=lambda group: -group["weight"])
        for word in spelled(group["words"])
    }
    phrases: dict[Phrase, tuple[Concept, ...]] = {}
    opening: dict[Phrase, tuple[Concept, ...]] = {}
    for row in table["concept"]:
        concept = Concept(row["name"], row.get("weight", 1.0))
        exact = () if bare else row.get("exact", ())
        for text in (*row.get("phrases", ()), *exact):
            phrases[spelled(text)] = (*phrases.get(spelled(text), ()), concept)
        for text in row.get("opening", ()):
            opening[spelled(text)] = (*opening.get(spelled(text), ()), concept)
    longest = max(len(phrase) for phrase in (*phrases, *opening))
    return Reading(weights, phrases, opening, longest)
