"""Words: foreign ones by the table, letters, acronyms, and all others as they are."""

from __future__ import annotations

import re
from functools import cache

from modules.tts.normalizer.characters import VIETNAMESE
from modules.tts.normalizer.context import Context, Rule
from modules.tts.normalizer.rules import chat
from modules.tts.normalizer.syllables import is_syllable, split_unmarked, toneless
from modules.tts.normalizer.tables import tables

PHRASE = re.compile(r"[^\W\d_]+(?:(?:\s|-|')[^\W\d_]+){0,3}")
WORD = re.compile(r"([^\W\d_]+)(?:'[^\W\d_]{1,2}(?![^\W_]))?")
SINGLE = re.compile(r"[^\W\d_](?![^\W_])")
VOWELS = frozenset("aeiouyăâêôơư")
SAYABLE = re.compile(r"(?=.{4,10}$)(?:[bcdfghjklmnpqrstvwxz]?[aeiou]){2,5}[bcdgklmnprst]?")
"""Capitals that are read as a word: JICA, USAID."""
DOUBLED = re.compile(r"([^\W\d_])\1$")
CLUSTER = re.compile(r"[^aeiouyăâêôơư]{5}")


def letter_names(text: str, context: Context) -> str:
    """Read letters by their names: "HTX" is "hát tê ích"."""
    names = context.tables.letters
    return " ".join(names.get(c) or names.get(c.lower(), "") for c in toneless(text))


def foreign(word: str, context: Context) -> str | None:
    """Return the reading of a foreign word or an acronym, if the table has one.

    An acronym that is also a Vietnamese syllable ("AI", "it") must stand in capitals.
    """
    small = word.lower()
    reading = context.tables.foreign.get(small)
    if reading or small not in context.tables.acronyms:
        return reading
    capital = word.isupper() and not context.shouted
    return context.tables.acronyms[small] if capital or not is_syllable(small) else None


def pronounceable(word: str) -> bool:
    """Return whether a lower-case foreign word can be left to the letters' sounds."""
    bare = toneless(word)
    return len(bare) > 1 and not VOWELS.isdisjoint(bare) and not CLUSTER.search(bare[:200])


@cache
def _starts() -> dict[str, int]:
    # First word of every phrase of the table -> words of the longest one.
    longest: dict[str, int] = {}
    for phrase in tables().foreign:
        first, *rest = phrase.split()
        if rest:
            longest[first] = max(longest.get(first, 0), len(rest) + 1)
    return longest


def _phrase(match: re.Match[str], context: Context) -> tuple[str, int] | None:
    parts = [(part[0].lower(), part.end()) for part in re.finditer(r"[^\W\d_]+", match[0])]
    for count in range(min(_starts().get(parts[0][0], 0), len(parts)), 1, -1):
        for joint in (" ", "'"):
            reading = context.tables.foreign.get(joint.join(word for word, _ in parts[:count]))
            if reading:
                return reading, match.start() + parts[count - 1][1]
    return None


def _letter(match: re.Match[str], context: Context) -> str | None:
    names = context.tables.letters
    return names.get(match[0]) or names.get(match[0].lower())


def _acronym(match: re.Match[str], context: Context) -> str | None:
    word = match[1]
    small = word.lower()
    if len(word) < 2 or not word.isupper() or toneless(small) != small:
        return None
    if is_syllable(small) and (len(word) > 2 or context.shouted):
        return None
    if context.shouted:
        return None if pronounceable(small) else letter_names(word, context)
    known = _joined_forms(word, context)
    if known:
        return known
    if SAYABLE.fullmatch(small):
        return plain_word(word, context)
    parts = split_unmarked(small) if 4 <= len(word) <= 12 and small.isascii() else None
    if parts and min(map(len, parts)) > 1:
        return " ".join(plain_word(part, context) for part in parts)
    return letter_names(word, context) if len(word) <= 6 else None


def _joined_forms(word: str, context: Context) -> str | None:
    """Read capitals that are several abbreviations in one: "ĐHBKHN" is "ĐHBK" and "HN"."""
    if not 5 <= len(word) <= 16:
        return None
    words: list[str] = []
    at = 0
    while at < len(word):
        ends = (end for end in range(len(word), at + 1, -1) if word[at:end] in context.tables.exact)
        end = next(ends, None)
        if end is None:
            return None
        words.append(context.tables.exact[word[at:end]])
        at = end
    return " ".join(words)


def plain_word(word: str, context: Context) -> str:
    """Read a word that nothing else explains: as chat, as it is, or letter by letter."""
    small = "".join(c for c in word.lower() if c in VIETNAMESE)
    known = context.tables.chat.get(small) if len(small) > 1 else None
    if known:
        return known
    if is_syllable(small):
        return small
    single = DOUBLED.sub(r"\1", small)
    if is_syllable(single) and (not small.isascii() or small.endswith(("ii", "uu"))):
        return context.tables.chat.get(single, single)  # "đẹpp", "vuii"
    return small if pronounceable(small) else letter_names(small, context)


def _word(match: re.Match[str], context: Context) -> str:
    return context.tables.foreign.get(match[0].lower()) or plain_word(match[1], context)


RULES = (
    Rule("word", PHRASE, _phrase),
    *chat.RULES,
    Rule("letter", SINGLE, _letter),
    Rule("word", WORD, lambda match, context: foreign(match[1], context)),
    Rule("word", WORD, _acronym),
    Rule("word", WORD, _word),
)
