"""Text as every stage expects it: NFC, nothing invisible, whitespace squeezed."""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_AROUND_LINES = re.compile(r"\s*\n\s*")
_SPACES = re.compile(r"[^\S\n]+")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})
"""Controls, formats (zero-width, bidi, soft hyphen, byte order mark, tags), lone surrogates."""

# The marks of Vietnamese: grave, acute, tilde, hook, dot below; circumflex, breve, horn.
_MARKS = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323\u0302\u0306\u031b"))
_STROKES = str.maketrans({"đ": "d", "Đ": "D"})


def clean(text: str) -> str:
    """Return `text` in NFC without anything invisible, its whitespace squeezed.

    Runs of spaces become one space, line ends of any kind one newline; both are stripped from the
    ends. Never raises, and `clean(clean(x)) == clean(x)`.
    """
    if not text.isascii() or not text.isprintable():
        text = _LINE_ENDS.sub("\n", text)
        text = "".join(character for character in text if _visible(character))
    text = unicodedata.normalize("NFC", text)
    return _AROUND_LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def _visible(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in _INVISIBLE


def strip_diacritics(text: str) -> str:
    """Return `text` without the marks of Vietnamese: "Đường phố" becomes "Duong pho"."""
    if text.isascii():
        return text
    bare = unicodedata.normalize("NFD", text).translate(_MARKS)
    return unicodedata.normalize("NFC", bare).translate(_STROKES)


def has_diacritics(text: str) -> bool:
    """Say whether any letter carries a mark of Vietnamese (đ counts as one)."""
    return not text.isascii() and strip_diacritics(text) != unicodedata.normalize("NFC", text)
