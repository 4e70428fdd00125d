"""No sentence is said twice within twenty answers: what would be, is left out or said otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from modules.llm.companion.talk import Talk, plain_words
from modules.llm.companion.wording import TOLD, fill, sentences

_AS_IT_IS = frozenset({"crisis"})
"""Kinds of answer that may be said again word for word: numbers to call."""


def renewed(talk: Talk, kind: str, text: str) -> str:
    """Return a reply without a sentence that was said lately."""
    if kind in _AS_IT_IS or text.startswith("~"):
        return text
    own, mark, told = text.partition(TOLD)
    parts: list[str] = []
    again: list[str] = []
    for part in sentences(own):
        known = talk.said(part) or plain_words(part) in map(plain_words, parts)
        (again if known else parts).append(part)
    if again and not parts:
        parts = [next((each for each in _otherwise(talk, again[-1]) if not talk.said(each)), text)]
    return " ".join((*parts, f"{mark}{told}")).strip()


def _otherwise(talk: Talk, sentence: str) -> Iterator[str]:
    """Yield a sentence in other words: with something before it, with something behind it."""
    entry = talk.entry("again")
    before = _rotated(talk, "before", [*entry.fillers["before"]])
    behind = _rotated(talk, "behind", [*entry.fillers["behind"]])
    body, mark = sentence.rstrip(".!?…"), sentence[len(sentence.rstrip(".!?…")) :] or "."
    for tail, lead in product(("", *behind), before):
        end = mark if not tail else "."
        text = fill(f"{lead} {{body}}{tail}{end}", talk.voice, {"body": body})
        if text:
            yield text


def _rotated(talk: Talk, name: str, choices: Sequence[str]) -> list[str]:
    start = int(talk.draw(f"again {name}") * len(choices))
    return [*choices[start:], *choices[:start]]
