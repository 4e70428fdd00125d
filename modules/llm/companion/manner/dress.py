"""What decides how an answer is dressed, and the words and tables that all of it is made with."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

from modules.llm.companion.book import book
from modules.llm.companion.wording import Voice
from modules.messages import Habit, Manner

WORD = re.compile(r"[^\W\d_]+")
FACES = re.compile(r"[^\w.!?…”\"»)]+$")
"""What stands behind the last word and its marks."""
OFTEN = 0.4
"""Share from which a habit counts as the usual way."""
SLOT_WORDS = {
    "nhe": ("nhé", "nha", "nhá", "nghen", "nghe", "hí", "nhen"),
    "nhi": ("nhỉ", "ha", "hen", "hè", "hỉ"),
    "day": ("đấy", "đó", "á", "nè", "nì"),
}
"""Particles that may take a template's slot."""


@lru_cache(maxsize=1)
def manner_data() -> Mapping[str, Any]:
    """Return the tables of `manner.toml`."""
    return tomllib.loads(Path(__file__).with_name("manner.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Dress:
    """What decides how an answer is dressed, beside the manner itself."""

    manner: Manner
    voice: Voice
    kind: str
    seed: str
    sad: bool
    """The user feels bad: no laugh, no delight."""
    recent: tuple[str, ...] = ()
    """What the assistant said last, in lower case: no answer opens as the one before it."""
    emphasis: float = 1.0
    """How many messages of the user the answer stands for."""

    @cached_property
    def own_words(self) -> frozenset[str]:
        """The first words of what only the user says: openers, and their spelling."""
        manner = self.manner
        texts = (*(habit.text for habit in manner.openers), *(s.written for s in manner.spelling))
        return frozenset(word.lower() for text in texts for word in text.split()[:1])

    @cached_property
    def asking_ends(self) -> frozenset[str]:
        """The words that ask at the end of a sentence, in the user's spelling too."""
        ends = set(manner_data()["asks"]["ends"])
        return frozenset(
            ends | {each.written for each in self.manner.spelling if each.standard in ends}
        )

    def draw(self, name: str) -> float:
        """Return a number from 0 to 1, always the same for the same conversation and name."""
        return crc32(f"{name}\n{self.seed}".encode()) / 2**32

    def pick(self, name: str, habits: Sequence[Habit], times: float = 1.0) -> str:
        """Return one of the habits as often as it is used, "" for the rest of the time.

        `times` is how many messages the answer stands for.
        """
        total = sum(habit.share for habit in habits)
        chance = 1.0 - (1.0 - min(total, 1.0)) ** times
        drawn = self.draw(name)
        if not total or drawn >= chance:
            return ""
        place = drawn / chance * total
        for habit in habits:
            place -= habit.share
            if place < 0:
                return habit.text
        return habits[-1].text


def lowered(sentence: str, voice: Voice, own: frozenset[str] = frozenset()) -> str:
    """Begin a sentence with a small letter, unless it begins with a name.

    `own` are words that no template holds and that are no names either.
    """
    first = WORD.match(sentence)
    if first is None or (len(first[0]) > 1 and first[0].isupper()):
        return sentence
    word = first[0].lower()
    known = word in _common_words() or word in (voice.assistant_self, voice.you, *own)
    if not known or first[0] in (*voice.name.split(), *voice.user_name.split()):
        return sentence  # a name
    return sentence[:1].lower() + sentence[1:]


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    """Return the words that templates, which write only names with capitals, hold."""
    texts = (text for entry in book().entries.values() for text in (*entry.say, *entry.stay))
    ranked = (
        t for entry in book().entries.values() for each in entry.by_rank.values() for t in each
    )
    words = (word for text in (*texts, *ranked) for word in WORD.findall(text))
    return frozenset(word for word in words if word.islower())


def word_pattern(text: str) -> re.Pattern[str]:
    """Return what finds a word or a phrase as a whole, in any case."""
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)", re.IGNORECASE)


def in_case(original: str, written: str) -> str:
    """Return a word with the capital of the one that it stands for."""
    return written[:1].upper() + written[1:] if original[:1].isupper() else written


def bare(text: str) -> str:
    """Return the words of a text in lower case, without anything else."""
    return " ".join(WORD.findall(text.lower()))
