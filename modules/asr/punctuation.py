"""The capital letter and the mark that a recognised sentence lacks.

PhoWhisper writes lower case without punctuation. One sentence per utterance is assumed; whether it
asks is decided by `questions.toml`. Names keep their lower case: guessing them does more harm.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("questions.toml")
MARKS = ".?!…:;,"
SOON = 4
"""Syllables within which "cũng" still belongs to the word that asks."""


@dataclass(frozen=True, slots=True)
class Questions:
    """The lists of `questions.toml`."""

    final_particles: frozenset[str]
    answering: frozenset[str]
    phrases: tuple[tuple[str, ...], ...]
    words: frozenset[str]
    first_words: frozenset[str]
    final_statements: frozenset[str]
    condition: str
    indefinite_after: frozenset[str]
    indefinite_before: frozenset[str]
    indefinite_soon: frozenset[str]
    reporting: frozenset[str]
    report_distance: int
    polite_finals: frozenset[str]
    persons: frozenset[str]


@cache
def questions(path: Path = TABLE) -> Questions:
    """Read the lists."""
    table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    table["phrases"] = tuple(tuple(phrase.split()) for phrase in table["phrases"])
    lists: dict[str, Any] = {
        key: frozenset(value) if isinstance(value, list) else value for key, value in table.items()
    }
    return Questions(**lists)


def punctuate(text: str) -> str:
    """Return a sentence with a capital at its start and a mark at its end, where it had none."""
    text = " ".join(text.split())
    if not text:
        return ""
    capital = text[0].upper()
    text = (capital if len(capital) == 1 else text[0]) + text[1:]  # "ß" would become two letters
    if text[-1] in MARKS:
        return text
    return text + ("?" if asks(text) else ".")


def asks(sentence: str) -> bool:
    """Tell whether a Vietnamese sentence, without its mark, is a question."""
    table = questions()
    words = [word.strip(MARKS) for word in sentence.lower().split()]
    if words[-1] in table.final_statements:
        return False
    return _ends_asking(words, table) or any(
        _is_open(words, start, end, table) for start, end in _asking_words(words, table)
    )


def _ends_asking(words: list[str], table: Questions) -> bool:
    end = len(words)
    while end > 1 and words[end - 1] in table.polite_finals | table.persons:
        end -= 1
    last, before = words[end - 1], words[: end - 1]
    if last not in table.final_particles:
        return False
    if last not in ("không", "chưa", "hông", "hem"):
        return True
    if "có" in before:
        return True
    if not before or before[-1] in table.answering:
        return False
    return not all(word in table.persons | table.answering for word in before)


def _asking_words(words: list[str], table: Questions) -> list[tuple[int, int]]:
    """Return where words that may ask begin and end."""
    found = [(0, 1)] if words[0] in table.first_words else []
    for index, word in enumerate(words):
        if word in table.words:
            found.append((index, index + 1))
        found += [
            (index, index + len(phrase))
            for phrase in table.phrases
            if tuple(words[index : index + len(phrase)]) == phrase
        ]
    return found


def _is_open(words: list[str], start: int, end: int, table: Questions) -> bool:
    """Tell whether a word asks, rather than meaning "any", "none" or a reported question."""
    follows = words[end:]
    if len(follows) > 1 and follows[0] in table.indefinite_before:
        return False
    if any(word in table.indefinite_soon for word in follows[:SOON]):
        return False
    if start == 0 and table.condition in follows[1:]:
        return False
    if any(word in table.indefinite_after for word in words[:start]):
        return False
    reports = [i for i, word in enumerate(words[:start]) if word in table.reporting]
    return not reports or start - reports[0] - 1 < table.report_distance
