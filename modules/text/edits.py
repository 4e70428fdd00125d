"""Changes to a text, gathered first and applied together, with the case of what they replace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters from `start` to `end` by `text`."""

    start: int
    end: int
    text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` after the edits; where two overlap, the earlier one counts."""
    parts: list[str] = []
    place = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < place:
            continue
        parts += (text[place : edit.start], edit.text)
        place = edit.end
    return "".join((*parts, text[place:]))


def in_case_of(original: str, word: str) -> str:
    """Return `word` in the case of `original`: "Tôi" and "em" make "Em", "TÔI" makes "EM"."""
    if len(original) > 1 and original.isupper():
        return word.upper()
    return capital(word) if original[:1].isupper() else word


def capital(text: str) -> str:
    """Return `text` with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]
