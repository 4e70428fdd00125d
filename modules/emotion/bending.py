"""How the words around a feeling word bend it: degree, negation, relief, questions, mention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modules.emotion.phrases import View
from modules.emotion.tokens import Clause

_LINKS = frozenset({"là", "la", "cảm", "thấy", "cam", "thay"})
"""Words that may stand between a degree word and what it measures: rất là vui, quá là buồn."""
_ALL = frozenset({"gì", "ai", "đâu", "bao", "gi", "dau"})
_COMPARED = frozenset({"hơn", "bằng", "như", "thế", "hon", "bang", "nhu", "the"})
_STRENGTHEN = frozenset({"bao", "giờ", "gio", "hề", "he", "từng", "tung"})
_SUPERLATIVE = 1.3


@dataclass(frozen=True, slots=True)
class Bent:
    """What became of a feeling: its factor, and whether it was denied, relieved or asked about."""

    factor: float
    negated: bool
    relieved: bool
    asked: bool


def factor_of(
    clause: Clause,
    start: int,
    end: int,
    taken: set[int],
    view: View,
    numbers: Mapping[str, float],
) -> Bent:
    """Return how the phrase `clause.words[start:end]` is bent by the words around it.

    `taken` are the places of all phrases of the clause: a negation inside one is part of it.
    """
    factor = _degree(clause.words, start, end, view)
    count, relieved = _negations(clause.words, start, taken, view, int(numbers["reach"]))
    if count and _is_superlative(clause.words, start, end, view):
        return Bent(factor * _SUPERLATIVE, False, False, False)
    negated = count % 2 == 1 or _denied_behind(clause.words, start, end, view)
    asked = not count and _is_question(clause, end, view)
    if asked:
        factor *= numbers["question_factor"]
    if start and clause.words[start - 1] in view.mention:
        factor *= numbers["question_factor"]
    return Bent(factor, negated, relieved and negated, asked)


def _degree(words: tuple[str, ...], start: int, end: int, view: View) -> float:
    factor = 1.0
    before = start - 1 if start and words[start - 1] in _LINKS else start
    for size in (2, 1):
        word = " ".join(words[max(0, before - size) : before])
        if before >= size and word in view.before:
            factor *= view.before[word]
            break
    for first in (end, end + 1):
        for size in (3, 2, 1):
            word = " ".join(words[first : first + size])
            if len(words) >= first + size and word in view.after:
                return factor * view.after[word]
    return factor


def _negations(
    words: tuple[str, ...], start: int, taken: set[int], view: View, reach: int
) -> tuple[int, bool]:
    """Count the negations within `reach` syllables before `start`, and tell of relief.

    Words that only strengthen a negation ("chưa bao giờ", "không hề") do not use up the reach.
    """
    count, relieved = 0, False
    index, steps = start - 1, 0
    while index >= 0 and steps < reach and index not in taken:
        pair = " ".join(words[index - 1 : index + 1]) if index else ""
        following = " ".join(words[index : index + 2])
        said = pair if pair in view.negators or pair in view.relief else words[index]
        if pair in view.not_negators or following in view.not_negators:
            index -= 1
        elif said in view.negators or said in view.relief:
            count, relieved = count + 1, relieved or said in view.relief
            index -= said == pair
        index -= 1
        steps += words[index + 1] not in _STRENGTHEN
    return count, relieved


def _is_superlative(words: tuple[str, ...], start: int, end: int, view: View) -> bool:
    """Tell "không gì vui bằng" and "chưa bao giờ vui như thế" from a negation."""
    for index in range(max(0, start - 4), start):
        if words[index] in view.negators and not _ALL.isdisjoint(words[index + 1 : start]):
            return not _COMPARED.isdisjoint(words[end : end + 6])
    return False


def _denied_behind(words: tuple[str, ...], start: int, end: int, view: View) -> bool:
    """Tell "có vui đâu": a `có` before and a denial behind."""
    behind = {" ".join(words[end : end + size]) for size in (1, 2)}
    return bool(behind & view.behind) and "co" in {word.replace("ó", "o") for word in words[:start]}


def _is_question(clause: Clause, end: int, view: View) -> bool:
    """Tell "có vui không?" from a statement; a doubt ("không biết có ... không") is no question."""
    if not clause.ends or "biết" in clause.words or "biet" in clause.words:
        return False
    tail = {" ".join(clause.words[-size:]) for size in (1, 2) if len(clause.words) - size >= end}
    return bool(tail & view.question_ends)
