"""What was said, put between quotation marks: the first answer of a conversation takes it up.

Between quotation marks the user's words stay as they are, whoever "I" is there; a guard of terms of
address leaves them alone, and two messages that are answered alike are still answered apart.
"""

from __future__ import annotations

import re

from modules.llm.companion.phrases import words
from modules.llm.companion.talk import Talk
from modules.text import is_bare_syllable, is_vietnamese_syllable

_SHORTEST, _LONGEST, _WHOLE = 2, 7, 8
"""Words that are quoted at least, of a longer utterance, and of one that is quoted whole."""
_CLAUSES = re.compile(r"[,.!?;:…\n]+|\s[-–—]\s")
_WORD = re.compile(r"[\w/%-]+")


def quoted(talk: Talk) -> str | None:
    """Return what was said, or its longest clause's beginning, fit to be quoted; None if none is.

    Nothing rude, and nothing that is mostly no Vietnamese, is said back.
    """
    heard = talk.heard
    if heard.english or heard.foreign or words("echo", "never").intersection(heard.words):
        return None
    clauses = [_WORD.findall(clause) for clause in _CLAUSES.split(heard.text)]
    said = max(clauses, key=len, default=[])
    if len(said) < _SHORTEST or not _readable(said):
        return None
    if len(said) <= _WHOLE:
        return " ".join(said)
    return f"{' '.join(said[:_LONGEST])}…"


def with_quote(talk: Talk, key: str) -> str | None:
    """Return a template of an entry with the quotation in it, on a first turn only, or None."""
    what = quoted(talk) if talk.first else None
    return talk.said_with(key, what=what) if what else None


def _readable(said: list[str]) -> bool:
    low = [word.lower() for word in said]
    known = sum(is_vietnamese_syllable(word) or is_bare_syllable(word) for word in low)
    return known > len(low) / 2 and all(len(word) < 15 for word in low)
