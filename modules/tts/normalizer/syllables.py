"""Which strings can be a Vietnamese syllable, and how a word without marks falls into syllables."""

from __future__ import annotations

import unicodedata
from functools import cache

from modules.tts.normalizer.tables import read_table

FRONT = "eêi"
TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))
FOLDED = str.maketrans("ăâđêôơư", "aadeoou")


def toneless(text: str) -> str:
    """Return a text without its tone marks: "thuở" becomes "thuơ"."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).translate(TONES))


def is_syllable(word: str) -> bool:
    """Return whether a lower-case word obeys the spelling of a Vietnamese syllable.

    A syllable that ends in p, t, c or ch carries sắc or nặng: "chat" and "hot" are not Vietnamese.
    """
    bare = toneless(word)
    if bare in _open_syllables():
        return True
    if bare not in _stopped_syllables():
        return False
    marks = unicodedata.normalize("NFD", word)
    return "\u0301" in marks or "\u0323" in marks


def split_unmarked(word: str) -> list[str] | None:
    """Split a word in plain letters into syllables written without marks, as few as can be.

    "baocao" gives ["bao", "cao"]; None where the word is not made of such syllables. The word
    should be short (an address on the net): every way to split it is weighed.
    """
    known = _unmarked_syllables()
    best: list[list[str] | None] = [[], *([None] * len(word))]
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 6), end):
            head, tail = best[start], word[start:end]
            if head is None or tail not in known:
                continue
            found = best[end]
            if found is None or len(head) + 1 < len(found):
                best[end] = [*head, tail]
    return best[len(word)]


@cache
def _open_syllables() -> frozenset[str]:
    return _joined("open", "nasal")


@cache
def _stopped_syllables() -> frozenset[str]:
    return _joined("stopped")


@cache
def _unmarked_syllables() -> frozenset[str]:
    every = _open_syllables() | _stopped_syllables()
    return frozenset(word.translate(FOLDED) for word in every)


def _joined(*kinds: str) -> frozenset[str]:
    parts = read_table("syllables")
    rhymes = [rhyme for kind in kinds for rhyme in parts[kind]]
    return frozenset(
        onset + rest
        for onset in parts["onsets"]
        for rhyme in rhymes
        for rest in _fitting(onset, rhyme)
    )


def _fitting(onset: str, rhyme: str) -> list[str]:
    # k, gh, ngh stand before e, ê, i; c, g, ng before the rest; "qu" and "gi" swallow their vowel.
    front = rhyme[0] in FRONT or rhyme[0] == "y"
    if onset in ("k", "gh", "ngh"):
        return [rhyme] if front else []
    if onset in ("c", "ng"):
        return [] if front else [rhyme]
    if onset == "g":
        return [rhyme] if rhyme[0] not in "eêy" else []
    if onset == "gi":
        return [rhyme[1:]] if rhyme[0] == "i" else [rhyme]
    if onset == "qu":
        return [rhyme[1:]] if rhyme[0] == "u" else [] if rhyme[0] in "oưi" else [rhyme]
    return [rhyme]
