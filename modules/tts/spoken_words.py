"""When each word of a text is heard, by the phonemes that it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from modules.messages import SpokenWord
from modules.tts.espeak_library import Phoneme
from modules.tts.viseme_table import bare


def spoken_words(text: str, phonemes: Sequence[Phoneme]) -> tuple[SpokenWord, ...]:
    """Return every word of `text`, in order, and when it is heard in the samples of `phonemes`.

    `text` was spoken as these phonemes: their `place` counts its words. A word lasts from its first
    sound to the end of its last; one without any sound takes no time, behind the one before it.
    """
    times: dict[int, tuple[int, int]] = {}
    for place, group in groupby(phonemes, key=lambda phoneme: phoneme.place):
        sounds = list(group)
        named = [i for i, phoneme in enumerate(sounds) if bare(phoneme.name)]
        if named:
            # espeak closes every word with an unnamed phoneme.
            end = sounds[min(named[-1] + 1, len(sounds) - 1)].start
            times[place] = sounds[named[0]].start, end
    found: list[SpokenWord] = []
    at = 0
    for place, word in enumerate(text.split()):
        start, at = times.get(place, (at, at))
        found.append(SpokenWord(start, at, word))
    return tuple(found)
