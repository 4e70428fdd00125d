"""Faces made of signs (":))", "T_T", "<3") are dropped; stretched words ("đẹpppp") are squeezed."""

from __future__ import annotations

import re
from functools import cache

from modules.tts.normalizer.syllables import toneless
from modules.tts.normalizer.tables import read_table

STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
VOWELS = {
    "a": "aàảãáạăằẳẵắặâầẩẫấậ", "e": "eèẻẽéẹêềểễếệ", "i": "iìỉĩíị", "o": "oòỏõóọôồổỗốộơờởỡớợ",
    "u": "uùủũúụ", "y": "yỳỷỹýỵ",
}  # fmt: skip
ECHO = re.compile("|".join(f"(?<=[{v[1:]}]){k}+" for k, v in VOWELS.items()), re.IGNORECASE)
SPACES = re.compile(r"  +")
KAOMOJI = re.compile(r"\([^()\w]{1,20}[\w]?[^()\w]{1,20}\)")
SOUNDS = "kzaoeu"
"""kkkk is a laugh, aaaa a cry: the table of chat spelling reads three of them."""
LONGEST = 15
SHORT = 5
"""Letters of the longest abbreviation that may have the same letter three times."""
ROMAN_LETTERS = frozenset("IVXLCDM")


def drop_faces(text: str) -> tuple[str, bool]:
    """Return the text without faces, and whether there were any."""
    out = _faces().sub(" ", text)
    out = KAOMOJI.sub(" ", out) if "(" in out else out
    return SPACES.sub(" ", out), out != text


def squeeze(text: str) -> tuple[str, bool]:
    """Return the text with every run of three or more equal letters cut down to one.

    "quáaaa" loses its tail too. CCCD, III and www stay. The second value says whether a word was
    stretched.
    """
    out = ECHO.sub("", STRETCHED.sub(_once, text))
    return out, out != text


def _once(match: re.Match[str]) -> str:
    run = match[0]
    if run == "www" or (len(run) == 3 and _is_short_capital(match)):
        return run
    if match[1].lower() in SOUNDS and not any(c.isalpha() for c in _beside(match)):
        return match[1].lower() * 3
    return match[1]


def _beside(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 1) : match.start()]
    return before + match.string[match.end() : match.end() + 1]


def _is_short_capital(match: re.Match[str]) -> bool:
    # CCCD, TTTM, III are not stretched; ĐẸPPP and HAHAAA are.
    text, start, end = match.string, match.start(), match.end()
    while start > 0 and text[start - 1].isalpha() and end - start <= LONGEST:
        start -= 1
    while end < len(text) and text[end].isalpha() and end - start <= LONGEST:
        end += 1
    word = text[start:end]
    if ROMAN_LETTERS.issuperset(word):
        return True
    return len(word) <= SHORT and word.isupper() and word == toneless(word)


@cache
def _faces() -> re.Pattern[str]:
    rows = read_table("emoticons")
    attached = "|".join(_repeatable(face) for face in rows["attached"])
    alone = "|".join(_repeatable(face) for face in rows["alone"])
    return re.compile(
        rf"(?<![\d:=])(?<![:=] )(?:{attached})(?![\w/])|(?<!\S)(?:{alone})(?![^\s.,!?…])"
    )


def _repeatable(face: str) -> str:
    return re.escape(face) + ("{1,40}" if face[-1] in ")(]D[vP3" else "")
