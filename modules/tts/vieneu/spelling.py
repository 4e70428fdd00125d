"""Phrases as VieNeu reads them: espeak's phonemes, with the marks between them.

Its own phonemizer writes what espeak's Northern voice writes: of the 16,000 syllables of the
language all but one in 240 are the same to the letter once r is ɹ, and most of the rest are spelled
like English words. The accent is the voice's: its phonemes are the North's for everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from modules.tts.phrases import Phrase, phrases
from modules.tts.transcription import Sound, transcribed

_AMERICAN = {"əʊ": "oʊ", "ɒ": "ɑː"}
_ENDS = frozenset(",.!?")
_SHORT = 5


def spelled(phrase: Phrase) -> tuple[str, int]:
    """Return the phonemes of a phrase, and how many words they make."""
    said, count = [], 0
    parts = phrases(phrase.text)
    for number, part in enumerate(parts, 1):
        words = [_word(w) for w in _by_place(transcribed(part.text, "north"), part.text.split())]
        count += len(words)
        mark = part.mark if number < len(parts) else ""
        said.append(" ".join(words) + (mark if mark in _ENDS else "," if mark else ""))
    return " ".join(said) + _end(phrase.mark, count), count


def _end(mark: str, words: int) -> str:
    """Return the mark that closes a phrase: upstream gives short ones a full stop, whatever they
    had, and so does every other without a mark that it knows.
    """
    return mark if mark in _ENDS and words >= _SHORT else "."


def _by_place(
    words: Sequence[Sequence[Sound]], written: Sequence[str]
) -> list[tuple[str, Sequence[Sound]]]:
    return [
        (written[place] if place < len(written) else "", [s for word in group for s in word])
        for place, group in groupby(words, key=lambda word: word[0].place)
    ]


def _word(word: tuple[str, Sequence[Sound]]) -> str:
    text, sounds = word
    made = "".join(sound.written for sound in sounds)
    if text.lower().startswith("r") and made.startswith("z"):
        made = "ɹ" + made[1:]
    for british, american in _AMERICAN.items():
        made = made.replace(british, american)
    return made
