"""The companion's answers in the user's own way of writing.

What a sentence says stays; how it is dressed changes: openers, closers, spelling, marks, faces, and
for who writes so fewer words. No term of address is put in or exchanged (who drops subjects drops
them here, except before a senior), what is told or quoted stays as it is, and a question that no
word shows to be one keeps its mark. The same conversation gets the same dress.

    shape    which sentences        closing    spelling, particles, marks
    opening  openers and faces      dress      what decides, and the shared tables
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from modules.llm.companion.manner.closing import dressed
from modules.llm.companion.manner.dress import (
    FACES,
    OFTEN,
    SLOT_WORDS,
    WORD,
    Dress,
    manner_data,
    word_pattern,
)
from modules.llm.companion.manner.opening import cased, opened, shown, with_faces
from modules.llm.companion.manner.shape import joined, replaced, shortened, split, subjectless
from modules.llm.companion.wording import wording_data
from modules.messages import Manner

__all__ = ["Dress", "in_manner", "manner_data", "particles_of", "plain_line", "suited"]

_EMPHASIS = 16.0
"""Messages of the user that an answer stands for, at full strength. An answer is short and its
content is not theirs: their habits show in it only where they are met more often than among their
own messages, in which everything else is theirs, too."""


def in_manner(parts: Sequence[str], dress: Dress, told: int) -> list[str]:
    """Return the sentences of an answer as the user would write them.

    The last `told` of them are told or quoted and stay. Answers in danger stay as a whole.
    """
    if dress.kind in manner_data()["plain"]["kinds"]:
        return list(parts)
    strength = dress.manner.strength
    dress = replace(dress, emphasis=1.0 + (_EMPHASIS - 1.0) * strength)
    own = list(parts[: len(parts) - told])
    kept = list(parts[len(parts) - told :])
    own = [replaced(sentence, dress.manner) for sentence in own]
    if dress.manner.sentence_words:
        own = plain = shortened(own, dress)
        own = joined(split([subjectless(each, dress) for each in own], dress.manner), dress)
        last = len(own) - 1 if not told else -1
        own = [dressed(each, place, dress, last=place == last) for place, each in enumerate(own)]
        own = shown(with_faces(opened(own, dress), dress), plain, dress)
        own = [cased(sentence, place, dress) for place, sentence in enumerate(own)]
        own = [replaced(sentence, dress.manner) for sentence in own]  # said so, it was corrected
    return [sentence for sentence in (*own, *kept) if sentence.strip()]


def plain_line(line: str, manner: Manner | None) -> str:
    """Return a line of the assistant as it was before it was dressed, near enough to be known."""
    if manner is None:
        return line
    standard = {each.written: each.standard for each in manner.spelling}
    text = FACES.sub("", line)
    for each in sorted(manner.laughs, key=lambda habit: -len(habit.text)):
        text = text.removesuffix(each.text).rstrip()
    text = re.sub(r"\?{2,}", "?", FACES.sub("", text))
    for written in sorted(standard, key=len, reverse=True):
        text = word_pattern(written).sub(standard[written], text)
    words = WORD.findall(text.lower())
    asks = bool(words) and words[-1] in manner_data()["asks"]["ends"]
    return f"{text}?" if asks and manner.bare_questions > OFTEN and text[-1:].isalpha() else text


def suited(filled: list[str], manner: Manner | None) -> list[str]:
    """Return the answers whose sentences are about as long as the user's: the nearer half."""
    if manner is None or not manner.sentence_words or len(filled) < 3:
        return filled
    wanted = manner.sentence_words

    def distance(text: str) -> float:
        sentences = [part for part in re.split(r"[.!?…]\s+", text) if part]
        return abs(sum(len(part.split()) for part in sentences) / len(sentences) - wanted)

    kept = sorted(filled, key=distance)[: (len(filled) + 1) // 2]
    return [text for text in filled if text in kept]


def particles_of(manner: Manner | None) -> dict[str, str]:
    """Return the user's own words for the slots of particles, where they have any."""
    if manner is None:
        return {}
    slots = {"nhe": "soften", "nhi": "tag"}
    closed = [*manner.closers, *manner.question_closers]
    found = dict(wording_data()["particles"][manner.region]) if manner.region else {}
    found |= {
        slot: max(fitting, key=lambda habit: habit.share).text
        for slot, act in slots.items()
        if (fitting := [h for h in closed if h.act == act and h.text in SLOT_WORDS[slot]])
    }
    stress = [h for h in manner.closers if h.text in SLOT_WORDS["day"]]
    if stress:
        found["day"] = max(stress, key=lambda habit: habit.share).text
    return found
