"""A text as PhoBERT reads it: signs as words, and the syllables of a word joined ("buồn_bã").

Words are found by underthesea (Apache-2.0, a CRF in Rust, 0.3 ms a sentence): pyvi (MIT) finds much
the same, but brings scikit-learn and unpickles its model.
"""

from __future__ import annotations

import re
import threading
import tomllib
import unicodedata
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from modules.emotion.tokens import shorten

TABLE = Path(__file__).with_name("emoji.toml")
LONGEST = 8_000
"""Characters: what is longer is read by its beginning, as by the lexicon."""

_JOINERS = re.compile("[\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
"""Joiners, variation selectors and shades of skin, which change no feeling."""

_LETTERS = re.compile(r"[^\W\d_]+")

Segment = Callable[[str], str]


@lru_cache(maxsize=1)
def signs() -> Mapping[str, str]:
    """Return what each emoji and smiley says."""
    table: dict[str, Any] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    found = {_JOINERS.sub("", sign): words for words, row in table["emoji"].items() for sign in row}
    found.update({sign: words for words, row in table["smiley"].items() for sign in row})
    found.pop("", None)
    return found


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    ordered = sorted(signs(), key=len, reverse=True)
    return re.compile(
        "|".join(
            rf"(?<!\w){re.escape(sign)}(?!\w)" if sign[-1].isalnum() else re.escape(sign)
            for sign in ordered
        )
    )


def worded(text: str, known: Collection[str] = ()) -> str:
    """Return a text with words in place of emoji and smileys, each sign in a row only once.

    Emoji in `known` stay: some checkpoints have tokens of their own for them. Letters that are
    drawn out ("vuiiii") are written once.
    """
    text = _JOINERS.sub("", unicodedata.normalize("NFC", text)[:LONGEST])
    parts: list[str] = []
    end, before = 0, ""
    for match in _pattern().finditer(text):
        between = text[end : match.start()]
        words = match[0] if match[0] in known else signs()[match[0]]
        if between.strip() or words != before:
            parts += [*_stop(before, between), between, f" {words} "]
        end, before = match.end(), words
    parts += [*_stop(before, text[end:]), text[end:]]
    return " ".join(_LETTERS.sub(lambda word: shorten(word[0]), "".join(parts)).split())


def _stop(sign: str, text: str) -> list[str]:
    """Return what stands between a sign and what follows: its words are no part of that."""
    return [" , "] if sign and text.strip() and text.strip()[0].isalnum() else []


class Reader:
    """Words of a text, found by underthesea. Loading takes a second; one text at a time."""

    def __init__(self, segment: Segment | None = None) -> None:
        self._segment = segment or _underthesea()
        self._alone = threading.Lock()

    def __call__(self, text: str, known: Collection[str] = ()) -> str:
        """Return a text as words between blanks, the syllables of each joined by "_"."""
        text = worded(text, known)
        with self._alone:
            return self._segment(text) if text else ""


def _underthesea() -> Segment:
    from underthesea import word_tokenize  # type: ignore[import-untyped]

    def segment(text: str) -> str:
        return " ".join(word.replace(" ", "_") for word in word_tokenize(text))

    segment("Chào bạn")  # its model is read at the first call
    return segment
