"""Letters as MMS-TTS reads them, and when each sound is heard that they stand for."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from modules.errors import WeightsRejected
from modules.text.nfc import strip_diacritics
from modules.tts.transcription import Sound
from modules.tts.viseme_table import bare, sound

_BLANK = 0
_GLIDES = {"w", "j"}
_VOWELS = frozenset("aeiouy")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that is read: which word of the text it belongs to (-1 for a blank between words),
    and where its id stands. The id behind it is a blank, during which it goes on.
    """

    text: str
    place: int
    at: int


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters that a checkpoint knows (vocab.json), by their ids."""

    ids: dict[str, int]

    @classmethod
    def read(cls, path: Path) -> Letters:
        """Read the file; raises `WeightsRejected` "unreadable" where it is no such list."""
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            ids = {str(letter): int(number) for letter, number in held.items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            why = type(error).__name__
            raise WeightsRejected("unreadable", file=path.name, why=why) from error
        if sorted(ids.values()) != list(range(len(ids))) or " " not in ids:
            raise WeightsRejected("unreadable", file=path.name, why="ids")
        return cls(ids)

    def spelled(self, text: str) -> tuple[list[int], tuple[Letter, ...]]:
        """Return the ids of a text, blanks (id 0) before, between and behind them, and its letters.

        Letters that the checkpoint never saw are left out, as upstream does. Id 0 is a letter of
        the language as well (ụ): it is read all the same, as in the training (fairseq's MMS).
        """
        ids = [_BLANK]
        letters: list[Letter] = []
        for place, word in enumerate(unicodedata.normalize("NFC", text).lower().split()):
            known = [character for character in word if character in self.ids]
            if not known:
                continue
            if letters:
                letters.append(Letter(" ", -1, len(ids)))
                ids += [self.ids[" "], _BLANK]
            for character in known:
                letters.append(Letter(character, place, len(ids)))
                ids += [self.ids[character], _BLANK]
        return ids, tuple(letters)


def spread(
    words: Sequence[Sequence[Sound]], letters: Sequence[Letter], begins: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Return where each sound starts and each of `words` ends.

    `begins` has the sample at which every id starts, and the end of the last. A syllable's leading
    consonants share the time of its leading letters, its vowels and glides that of its vowel
    letters, its final consonants that of the letters behind them.
    """
    spoken = {
        place: [(x.text, begins[x.at], begins[x.at + 2]) for x in group]
        for place, group in groupby(letters, key=lambda letter: letter.place)
        if place >= 0
    }
    starts: list[int] = []
    ends: list[int] = []
    for place, group in groupby(words, key=lambda word: word[0].place):
        parts = list(group)
        flat = [sound for word in parts for sound in word]
        spans = spoken.get(place)
        if spans is None:  # none of its letters is known: it takes no time
            at = ends[-1] if ends else 0
            times, end = [at] * len(flat), at
        else:
            times, end = list(_times(flat, spans)), spans[-1][2]
        starts += times
        # A word that espeak takes for several ends where the next of them begins.
        done = 0
        for word in parts:
            done += len(word)
            ends.append(times[done] if done < len(times) else end)
    return starts, ends


def _times(sounds: Sequence[Sound], spans: Sequence[tuple[str, int, int]]) -> Iterator[int]:
    open_sounds = [_open(x.name) for x in sounds]
    open_letters = [strip_diacritics(text)[:1] in _VOWELS for text, _, _ in spans]
    thirds = _thirds(open_sounds)
    written = _thirds(open_letters)
    fits = open_sounds.count(True) and open_letters.count(True)
    if not fits or any(bool(a) > bool(b) for a, b in zip(thirds, written, strict=True)):
        yield from _evenly(len(sounds), spans[0][1], spans[-1][2])
        return
    at = 0
    for count, letters in zip(thirds, written, strict=True):
        if letters:
            yield from _evenly(count, spans[at][1], spans[at + letters - 1][2])
        at += letters


def _thirds(vocalic: Sequence[bool]) -> tuple[int, int, int]:
    """Return how many stand before the first vowel, up to the last, and behind it."""
    if True not in vocalic:
        return len(vocalic), 0, 0
    first = vocalic.index(True)
    last = len(vocalic) - 1 - list(reversed(vocalic)).index(True)
    return first, last + 1 - first, len(vocalic) - 1 - last


def _open(name: str) -> bool:
    return bare(name) in _GLIDES or sound(bare(name)).vowel


def _evenly(count: int, start: int, end: int) -> Iterator[int]:
    for number in range(count):
        yield start + (end - start) * number // count
