"""What was written, as the lexicon reads it: clauses of plain, spelled-out syllables.

Social-media Vietnamese repeats letters ("vuiiii"), shortens words ("ko", "dc"), leaves out all
diacritics or puts tone marks on either vowel ("hoá", "hóa"). All of it is brought to one form here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from modules.text import strip_diacritics

_PIECE = re.compile(r"[^\W_]+|[.!?…\n]+|[,;:()\"“”]+")
_SENTENCE_END = frozenset(".!?…\n")
_BARE_BELOW = 0.15
"""A text with fewer words that carry diacritics than this share was typed without them: in normal
Vietnamese more than half of the syllables carry one."""
_LATE_TONE = re.compile(r"(o(?=[ae])|(?<!q)u(?=y))([aey])([\u0300\u0301\u0303\u0309\u0323])$")


@dataclass(frozen=True, slots=True)
class Clause:
    """Syllables between two marks of punctuation.

    `names[i]` tells that syllable i was capitalised inside a sentence, `mark` is the punctuation
    that follows ("" at the end), `ends` tells whether that mark ends the sentence.
    """

    words: tuple[str, ...]
    names: tuple[bool, ...]
    mark: str
    ends: bool


def fold(text: str) -> str:
    """Return `text` in lower case without diacritics, đ as d."""
    return strip_diacritics(text.lower())


@lru_cache(maxsize=8_192)
def plain_spelling(word: str) -> str:
    """Return a syllable with its tone mark where the older orthography puts it: hoá -> hóa."""
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFC", _LATE_TONE.sub(r"\1\3\2", parts))


def shorten(word: str) -> str:
    """Return a word without drawn-out letters: vuiiii -> vui, quáaaa -> quá, buồnnn -> buồn."""
    kept: list[str] = []
    for _, letters in groupby(word, fold):
        run = list(letters)
        kept += run[:1] if len(run) >= 3 else run
    return "".join(kept)


def is_bare(text: str) -> bool:
    """Tell whether a text was typed without diacritics."""
    words = re.findall(r"[^\W\d_]+", text)
    marked = sum(not word.isascii() for word in words)
    return marked < _BARE_BELOW * len(words)


def clauses(text: str, teencode: Mapping[str, str]) -> list[Clause]:
    """Split a text into clauses of lower-case syllables; `teencode` maps short forms to words."""
    found: list[Clause] = []
    words: list[str] = []
    names: list[bool] = []
    begun = False
    for piece in _PIECE.findall(text):
        if not piece[0].isalnum():
            ends = not _SENTENCE_END.isdisjoint(piece)
            if words:
                found.append(Clause(tuple(words), tuple(names), piece, ends))
                words, names = [], []
            begun = begun and not ends
            continue
        for word in _spelled(piece.lower(), teencode):
            words.append(word)
            names.append(begun and piece[0].isupper() and not piece.isupper())
        begun = True
    if words:
        found.append(Clause(tuple(words), tuple(names), "", True))
    return found


def _spelled(word: str, teencode: Mapping[str, str]) -> list[str]:
    word = shorten(word)
    word = teencode.get(word, word)
    return [plain_spelling(part) for part in word.split(" ")]
