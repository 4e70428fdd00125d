"""What a rule sees: the text, what was read last, and the words on both sides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from modules.messages import Region
from modules.tts.normalizer.numerals import Numerals, numerals
from modules.tts.normalizer.syllables import is_syllable
from modules.tts.normalizer.tables import Tables, tables

WINDOW = 64
"""Characters that a rule may look back or ahead: what keeps the time linear."""
WORD = re.compile(r"[^\W_]+")
SENTENCE_ENDS = ("!", "?", ";", "…", ". ")
QUANTITIES = frozenset(
    {"number", "money", "measure", "time", "date", "score", "roman", "code", "weekday"}
)
"""Kinds between which a dash means "to"."""


class Context:
    """The state of one walk over a text. `kind` and `end` describe what was read last."""

    def __init__(self, text: str, region: Region, readings: tuple[str, ...], chatty: bool) -> None:
        self.text = text
        self.lower = text.lower()
        self.region = region
        self.readings = readings
        self.chatty = chatty
        self.shouted = _shouted(text)
        self.tables: Tables = tables()
        self.numerals: Numerals = numerals(region)
        self.kind = ""
        self.end = 0
        self.score_end = -WINDOW
        self.date_end = -WINDOW
        self.quoted = False

    def before(self, at: int, count: int = 6) -> list[str]:
        """Return up to `count` words of the same sentence that stand before a place."""
        window = self.lower[max(0, at - WINDOW) : at]
        start = max(window.rfind(end) for end in SENTENCE_ENDS) + 1
        return WORD.findall(window, start)[-count:]

    def after(self, at: int, count: int = 3) -> list[str]:
        """Return up to `count` words that follow a place."""
        return WORD.findall(self.lower[at : at + WINDOW])[:count]

    def cued(self, at: int, cue: str, reach: int = 1) -> bool:
        """Return whether a cue (`data/cues.toml`) stands at most `reach` words before a place."""
        return follows(self.before(at, reach + 2), self.tables.cues[cue], reach)

    def followed(self, at: int, cue: str) -> bool:
        """Return whether a cue begins right after a place."""
        return precedes(self.after(at), self.tables.cues[cue])

    def counts(self, at: int) -> bool:
        """Return whether something countable follows: "2-3 tuần", but not "2-3 tuần trước"."""
        if not self.followed(at, "counted"):
            return False
        first, *rest = self.after(at, 2)
        moment = rest and (rest[0] in self.tables.cues["moment"] or rest[0].isdigit())
        return not moment or first == "lần"

    def joins(self, at: int) -> bool:
        """Return whether what was read last is a quantity that ends here, but for spaces."""
        return self.kind in QUANTITIES and not self.text[self.end : at].strip()


Reading = str | tuple[str, int] | None
"""The words; or the words and where they end, if that is not the end of the match; or None."""
Read = Callable[[re.Match[str], Context], Reading]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to read what stands at a place.

    `read` gives a `Reading`: None where the rule does not apply after all. The pattern must be
    bounded (no unlimited repeat before something that may fail): that keeps the time linear.
    """

    kind: str
    pattern: re.Pattern[str]
    read: Read


def follows(words: list[str], cues: frozenset[str], reach: int = 1) -> bool:
    """Return whether one of the cues (one to three words) ends within the last `reach` words."""
    for end in range(len(words), max(0, len(words) - reach), -1):
        for start in range(max(0, end - 3), end):
            if " ".join(words[start:end]) in cues:
                return True
    return False


def precedes(words: Iterable[str], cues: frozenset[str]) -> bool:
    """Return whether one of the cues (one to three words) begins a list of words."""
    phrase = ""
    for word in words:
        phrase = f"{phrase} {word}" if phrase else word
        if phrase in cues:
            return True
    return False


def _shouted(text: str) -> bool:
    # Three or more words, most of them in capitals and Vietnamese: "GIẢM GIÁ SỐC HÔM NAY".
    words = [word for word in WORD.findall(text[:2000]) if len(word) > 1 and word.isalpha()]
    capital = [word for word in words if word.isupper()]
    if len(capital) < 3 or len(capital) <= 0.7 * len(words):
        return False
    return sum(is_syllable(word.lower()) for word in capital) >= 0.5 * len(capital)
