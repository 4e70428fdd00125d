"""When each word of a text is heard, by the phonemes that it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from modules.messages import SpokenWord
from modules.tts.espeak_library import Phoneme
from modules.tts.viseme_table import bare


def spoken_words(text: str, phonemes: Sequence[Phoneme]) -> tuple[SpokenWord, ...]:
    """Return the words of `text` that are heard, in order, in the samples of `phonemes`.

    `text` was spoken as these phonemes: their `place` counts its words. A word lasts from its first
    sound to the end of its last; one without any sound is left out.
    """
    words = text.split()
    found: list[SpokenWord] = []
    for place, group in groupby(phonemes, key=lambda phoneme: phoneme.place):
        sounds = list(group)
        named = [i for i, phoneme in enumerate(sounds) if bare(phoneme.name)]
        if not named or not 0 <= place < len(words):
            continue
        # espeak closes every word with an unnamed phoneme.
        end = sounds[min(named[-1] + 1, len(sounds) - 1)].start
        found.append(SpokenWord(sounds[named[0]].start, end, words[place]))
    return tuple(found)
