"""From a clause as it is read aloud to phrases that espeak can be given.

Everything that espeak would take for a command, for phonemes or for a foreign script is removed:
what a user writes must only ever be spoken.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

from modules.messages import Region

LONGEST_PHRASE = 30
"""Words after which a phrase without any punctuation is cut, so that sound keeps coming."""
_LONGEST_WORD = 40
_SCRIPTS = ("LATIN ", "GREEK ")
_SPOKEN_SIGNS = frozenset("%&+=/@°$€'-")
_SAME = str.maketrans({"’": "'", "ʼ": "'", "‘": "'", "‐": "-", "‑": "-", "\u00a0": " "})

# A mark ends a phrase where a blank or the end follows; between digits or letters it is part of
# the word ("3,5", "v.v."). A hyphen is a dash where it stands alone; brackets and new lines always
# part.
_BREAK = re.compile(
    r"""(?P<marks>[.,;:!?…]+)["”'»)\]]*(?=\s|$)|\s(?P<dash>[-–—]+)\s|(?P<bare>[–—()\[\]\n;…])"""
)
_INSIDE_NUMBER = re.compile(r"(?<=[0-9])[.,](?=[0-9])")
# The first that is found decides; a question stays one however it trails off.
_STRENGTH = ("?", "…", "!", ".", ";", ":", "–", ",", "(", ")", "")
_SEEN_AS = {"—": "–", "-": "–", "[": "(", "]": ")", "\n": "."}


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words spoken without a pause, and the mark behind them (empty where there is none)."""

    text: str
    mark: str


def phrases(spoken: str) -> tuple[Phrase, ...]:
    """Cut a clause at its punctuation; what nobody could pronounce is left out.

    Returns nothing for text without a letter or a digit.
    """
    spoken = unicodedata.normalize("NFC", spoken).translate(_SAME)
    found: list[Phrase] = []
    start = 0
    for match in _BREAK.finditer(spoken):
        _add(found, spoken[start : match.start()], strongest(match[0]))
        start = match.end()
    _add(found, spoken[start:], "")
    return tuple(found)


def strongest(text: str) -> str:
    """Return the one mark that stands for all marks in `text`; empty where there is none."""
    marks = {_SEEN_AS.get(character, character) for character in text.replace("...", "…")}
    return next(mark for mark in _STRENGTH if mark in marks or not mark)


def final_mark(text: str) -> str:
    """Return the mark that a text ends with, seen through closing quotes and brackets."""
    match = re.search(r"""([.,;:!?…–—]+)["”'»)\]\s]*$""", text)
    return strongest(match[1]) if match else ""


def safe(text: str) -> str:
    """Return `text` with only what espeak speaks: Latin and Greek letters, digits, a few signs."""
    inside_number = {match.start() for match in _INSIDE_NUMBER.finditer(text)}
    shown = "".join(c if i in inside_number or _speakable(c) else " " for i, c in enumerate(text))
    words = (word.strip("'-/") for word in shown.split())
    return " ".join(word for word in words if word)


def respelled(text: str, region: Region) -> str:
    """Return safe text with the words that espeak misreads spelled as it reads them right."""
    table = _spelling(region)
    return " ".join(table.get(word.casefold(), word) for word in text.split())


def _speakable(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in _SPOKEN_SIGNS
    if character in _SPOKEN_SIGNS:
        return True
    return character.isalpha() and unicodedata.name(character, "").startswith(_SCRIPTS)


def _add(found: list[Phrase], text: str, mark: str) -> None:
    words = [piece for word in safe(text).split() for piece in _cut(word)]
    if not any(character.isalnum() for word in words for character in word):
        if found and mark:
            found[-1] = Phrase(found[-1].text, strongest(found[-1].mark + mark))
        return
    parts = -(-len(words) // LONGEST_PHRASE)
    size = -(-len(words) // parts)
    for start in range(0, len(words), size):
        last = start + size >= len(words)
        found.append(Phrase(" ".join(words[start : start + size]), mark if last else ""))


def _cut(word: str) -> list[str]:
    return [word[i : i + _LONGEST_WORD] for i in range(0, len(word), _LONGEST_WORD)]


@cache
def _spelling(region: Region) -> dict[str, str]:
    text = (resources.files(__package__) / "data" / "spelling.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return {**data["every"], **data.get(region, {})}
