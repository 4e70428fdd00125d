"""What a phrase sounds like in espeak's phonemes, for networks that were trained on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from modules.messages import Persona, Region
from modules.tts import espeak_library
from modules.tts.espeak_library import SEPARATOR, Phoneme
from modules.tts.phrases import respelled
from modules.tts.viseme_table import bare
from modules.tts.voices import base_voice, voice_file


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound: `name` as espeak's events have it, `written` with its tone as well; the number of
    the blank-separated word of the text that it belongs to, and what espeak takes for that word.
    """

    name: str
    written: str
    place: int
    word: str


def transcribed(text: str, region: Region) -> tuple[tuple[Sound, ...], ...]:
    """Return the words of safe text, each the sounds that espeak makes of it in a region.

    A word of the text may be several here, and one without a sound is none. Raises
    `EngineUnavailable` where espeak is missing.
    """
    voice = voice_file(base_voice(Persona(gender="other", region=region)))
    spelled = respelled(text, region)
    words = [list(_sounds(word)) for word in espeak_library.transcribe(spelled, voice).split()]
    words = [word for word in words if word]
    heard = [p for p in espeak_library.speak(spelled, voice, _FAST).phonemes if bare(p.name)]
    return tuple(_placed(words, heard, len(text.split())))


_FAST = 300.0
"""Words a minute: the sound is thrown away."""


def timed(words: Sequence[Sequence[Sound]], starts: Sequence[int], ends: Sequence[int]) -> Timed:
    """Return words as phonemes: each sound where it starts, and each word closed where it ends.

    `starts` has one sample for every sound, `ends` one for every word.
    """
    phonemes: list[Phoneme] = []
    at = iter(starts)
    for word, end in zip(words, ends, strict=True):
        phonemes += [Phoneme(next(at), s.name, s.word, s.place) for s in word]
        phonemes.append(Phoneme(end, "", "", word[-1].place))
    return tuple(phonemes)


Timed = tuple[Phoneme, ...]


def _sounds(word: str) -> Iterator[str]:
    for written in word.split(SEPARATOR):
        if written and not written.startswith("("):
            yield written


def _placed(
    words: list[list[str]], heard: list[Phoneme], places: int
) -> Iterator[tuple[Sound, ...]]:
    """Say for each sound which word of the text it belongs to: the events know, in their order."""
    flat = [written for word in words for written in word]
    known = len(flat) == len(heard) and all(
        written.startswith(phoneme.name) for written, phoneme in zip(flat, heard, strict=True)
    )
    number = 0
    for index, word in enumerate(words):
        sounds = []
        for written in word:
            if known:
                event = heard[number]
                sounds.append(Sound(event.name, written, event.place, event.word))
            else:  # never seen; then at least the order is right
                place = min(index, places - 1)
                sounds.append(Sound(written.rstrip(_TONES), written, place, ""))
            number += 1
        # A word of espeak never spans two of the text, but one of the text may be several.
        for _, group in groupby(sounds, key=lambda sound: sound.place):
            yield tuple(group)


_TONES = "1234567ɜ"
"""The signs of tone in espeak's IPA; it writes 3 as the vowel that looks like it."""
