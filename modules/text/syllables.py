"""Vietnamese syllables: which spellings are one, and how many a text takes to say."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path

from modules.text.nfc import strip_diacritics

_TABLE = tomllib.loads(Path(__file__).with_name("syllables.toml").read_text(encoding="utf-8"))
_ONSETS: tuple[str, ...] = tuple(sorted(_TABLE["onsets"], key=len, reverse=True))
_RHYMES = frozenset(_TABLE["rhymes"])
_BARE_RHYMES = frozenset(map(strip_diacritics, _RHYMES))
_FRONT_ONLY = frozenset(_TABLE["front_only"])
_BACK_ONLY = frozenset(_TABLE["back_only"])
_Y_ONSETS = frozenset(_TABLE["y_onsets"])
_Y_AFTER_QU = frozenset(_TABLE["y_rhymes_after_qu"])
_TWO_PLACES = frozenset(_TABLE["two_tone_places"])

_TONES = {"\u0300": "huyền", "\u0301": "sắc", "\u0303": "ngã", "\u0309": "hỏi", "\u0323": "nặng"}
_STOPS = ("c", "ch", "p", "t")
_VOWELS = "aăâeêioôơuưy"
_LONGEST = 7
"""Letters of the longest syllable, "nghiêng"."""

_PARTS = re.compile(r"\d+|[^\W\d_]+")
_VOWEL_GROUP = re.compile(r"[aeiouy]+")
_SPELLED_DIGITS = 6
"""From this many digits on a number is read digit by digit, like a telephone number."""


def is_vietnamese_syllable(word: str) -> bool:
    """Say whether `word` is spelled like one Vietnamese syllable, in any case.

    Both tone placements are taken (hòa, hoà). A syllable that ends in c, ch, p or t must have sắc
    or nặng: "mát" is one, "mat" and "màt" are not.
    """
    if not 0 < len(word) <= 4 * _LONGEST:
        return False
    letters, tone, place = _split_tone(word.casefold())
    if len(letters) > _LONGEST or place < -1:
        return False
    for onset in _ONSETS:
        rhyme = letters[len(onset) :]
        if letters.startswith(onset) and _spelled_well(onset, rhyme):
            return _toned_well(rhyme, tone, place - len(onset) if tone else -1)
    return False


def is_bare_syllable(word: str) -> bool:
    """Say whether `word` could be a Vietnamese syllable that lost all its marks ("nguoi")."""
    letters = word.casefold()
    return len(letters) <= _LONGEST and any(
        letters.startswith(onset) and letters[len(onset) :] in _BARE_RHYMES for onset in _ONSETS
    )


def _split_tone(word: str) -> tuple[str, str, int]:
    """Return the letters without tone, the tone ("" for none) and its letter (-2: several)."""
    letters: list[str] = []
    tone, place = "", -1
    for character in unicodedata.normalize("NFD", word):
        if character in _TONES:
            if tone or not letters:
                return "", "", -2
            tone, place = _TONES[character], len(letters) - 1
        elif unicodedata.combining(character) and letters:
            letters[-1] += character
        else:
            letters.append(character)
    return unicodedata.normalize("NFC", "".join(letters)), tone, place


def _spelled_well(onset: str, rhyme: str) -> bool:
    if onset == "qu" and rhyme.startswith("y"):
        return rhyme in _Y_AFTER_QU
    if rhyme not in _RHYMES:
        return False
    first = rhyme[0]
    if first == "y":
        return onset in _Y_ONSETS if rhyme == "y" else not onset
    if onset == "qu":
        return first in "aăâeêiôơ"
    if first in "eêi":
        return onset not in _BACK_ONLY and (onset != "g" or first == "i")
    return onset not in _FRONT_ONLY


def _toned_well(rhyme: str, tone: str, place: int) -> bool:
    if rhyme.endswith(_STOPS) and tone not in ("sắc", "nặng"):
        return False
    return not tone or place in _tone_places(rhyme)


def _tone_places(rhyme: str) -> tuple[int, ...]:
    """Return the letters of a rhyme that may carry the tone."""
    nucleus = sum(1 for letter in rhyme if letter in _VOWELS)
    for marked in ("êơ", "ăâôư"):
        for index in range(nucleus):
            if rhyme[index] in marked:
                return (index,)
    if rhyme in _TWO_PLACES:
        return 0, 1
    if nucleus == 1:
        return (0,)
    return (1,) if nucleus == 3 or nucleus < len(rhyme) else (0,)


def count_syllables(text: str) -> int:
    """Return about how many syllables it takes to say `text`.

    A word of Vietnamese is one, a foreign word as many as it has groups of vowels, capitals
    without a vowel one per letter. A number of n digits takes 2n - 1 ("hai mươi lăm" for 25), one
    per digit where it is read like a telephone number.
    """
    return sum(_said(part) for part in _PARTS.findall(unicodedata.normalize("NFC", text)))


def _said(part: str) -> int:
    if part[0].isdecimal():
        return len(part) if len(part) > _SPELLED_DIGITS else 2 * len(part) - 1
    if is_vietnamese_syllable(part):
        return 1
    bare = unicodedata.normalize("NFD", part.casefold()).encode("ascii", "ignore").decode()
    groups = len(_VOWEL_GROUP.findall(bare))
    return groups or (len(part) if part.isupper() and len(part) < _LONGEST else 1)
