"""Which sentences an answer has in the user's manner: how many, how long, corrected as asked."""

from __future__ import annotations

import re

from modules.llm.companion.manner.dress import (
    WORD,
    Dress,
    bare,
    in_case,
    lowered,
    manner_data,
    word_pattern,
)
from modules.messages import Manner

_FEW_SUBJECTS = 0.3
_FEW_COMMAS, _SHORT_SENTENCE = 0.15, 5.0
_LEAST_CLAUSE = 3
"""Words of a clause that may stand as a sentence of its own."""


def replaced(sentence: str, manner: Manner) -> str:
    """Say what the user asked to be said in the place of a sentence, a phrase, or a word."""
    for old, new in manner.replacements:
        if bare(old) == bare(sentence):
            return new if new[-1:] in ".!?…" else f"{new}{sentence[-1:]}"
        sentence = swapped(sentence, old, new)
    for word in manner.taboo:
        sentence = re.sub(r"\s{2,}", " ", word_pattern(word).sub("", sentence)).strip()
    return sentence


def swapped(sentence: str, old: str, new: str) -> str:
    """Put one phrase in the place of another."""
    return word_pattern(old).sub(lambda match: in_case(match[0], new), sentence)


def shortened(sentences: list[str], dress: Dress) -> list[str]:
    """Keep one sentence of small talk, the question where there is one, for who writes so."""
    small = manner_data()["small_talk"]
    short = 0 < dress.manner.message_words < small["words"] and dress.kind in small["kinds"]
    if not short or len(sentences) < 2 or "soạn sẵn" in " ".join(sentences):
        return sentences
    return [next((each for each in sentences if each.endswith("?")), sentences[0])]


def split(sentences: list[str], manner: Manner) -> list[str]:
    """Make sentences of what commas part, for who writes short ones and hardly any comma."""
    if manner.commas > _FEW_COMMAS or manner.sentence_words > _SHORT_SENTENCE:
        return sentences
    parts: list[str] = []
    for sentence in sentences:
        pieces = _clauses(sentence[:-1]) if sentence.endswith(".") and ":" not in sentence else []
        parts += [f"{each[:1].upper()}{each[1:]}." for each in pieces] or [sentence]
    return parts


def _clauses(sentence: str) -> list[str]:
    """Return the parts between commas that may each stand alone; an enumeration stays whole."""
    not_first = manner_data()["lead"]["not_first"]
    clauses: list[str] = []
    for piece in sentence.split(", "):
        short = len(piece.split()) < _LEAST_CLAUSE
        if clauses and (short or clauses[-1].split()[0].lower() in not_first):
            clauses[-1] = f"{clauses[-1]}, {piece}"
        else:
            clauses.append(piece)
    return clauses if all(len(clause.split()) >= _LEAST_CLAUSE for clause in clauses[1:]) else []


def subjectless(sentence: str, dress: Dress) -> str:
    """Drop the "I" or "you" that a sentence begins with, for who hardly ever writes it.

    Not before a senior, where that would be curt.
    """
    if dress.manner.subjects > _FEW_SUBJECTS or dress.voice.rank == "junior":
        return sentence
    for term in (dress.voice.assistant_self, dress.voice.you):
        rest = sentence[len(term) + 1 :]
        following = WORD.match(rest)
        if sentence.lower().startswith(f"{term.lower()} ") and following:
            kept = following[0].lower() in manner_data()["subject"]["not_before"]
            drop = not kept and dress.draw(f"subject {sentence}") > dress.manner.subjects
            return rest[:1].upper() + rest[1:] if drop else sentence
    return sentence


def joined(sentences: list[str], dress: Dress) -> list[str]:
    """Join statements by a comma, for who hardly ever ends one with a mark."""
    marked = sum(habit.share for habit in dress.manner.endings)
    if marked > 0.5 or dress.manner.commas <= _FEW_COMMAS:
        return sentences
    parts = sentences[:1]
    for sentence in sentences[1:]:
        if parts[-1].endswith(".") and not parts[-1].endswith(".."):
            parts[-1] = f"{parts[-1][:-1]}, {lowered(sentence, dress.voice)}"
        else:
            parts.append(sentence)
    return parts
