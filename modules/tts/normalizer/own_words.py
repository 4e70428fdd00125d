"""The user's own readings: found before everything else, and kept away from all rules."""

from __future__ import annotations

import re
from collections.abc import Mapping

from modules.tts.normalizer.characters import clean_characters
from modules.tts.normalizer.scanner import PLACEHOLDER

MOST = 60_000
"""Words that are used: plane 15 has 65,534 code points for them."""
START = re.compile(r"(?<![^\W_])(?<![@])[^\W_]+|(?<!\S)[^\w\s]")


def mark_words(text: str, words: Mapping[str, str]) -> tuple[str, list[str]]:
    """Put a private character in the place of every word of the user.

    Returns the text, and the readings that the characters stand for, in order. The longest word
    that fits wins; a word inside an address of the net is left to it.
    """
    entries = _entries(words)
    lower = text.lower()
    out: list[str] = []
    readings: list[str] = []
    places: dict[str, int] = {}
    done = 0
    for match in START.finditer(lower):
        if match.start() < done:
            continue
        for form, reading in entries.get(match[0], ()):
            end = match.start() + len(form)
            if lower.startswith(form, match.start()) and _ends_word(lower, end):
                if form not in places:
                    places[form] = len(readings)
                    readings.append(reading)
                out += [text[done : match.start()], chr(PLACEHOLDER + places[form])]
                done = end
                break
    return "".join([*out, text[done:]]), readings


def _entries(words: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    # First run of letters (or first sign) of a form -> forms that begin so, longest first.
    entries: dict[str, list[tuple[str, str]]] = {}
    for word, reading in list(words.items())[:MOST]:
        form = " ".join(clean_characters(word).lower().split())
        first = START.match(form)
        if first:
            entries.setdefault(first[0], []).append((form, reading))
    for forms in entries.values():
        forms.sort(key=lambda entry: -len(entry[0]))
    return entries


def _ends_word(text: str, end: int) -> bool:
    following = text[end : end + 2]
    if not following or not following[0].isalnum():
        return not (following[:1] in ("@", ".") and following[1:].isalnum())
    return not text[end - 1].isalnum()
