"""Mouth shapes and words of any recorded voice: by its text where it is known, else by its sound.

With words, espeak says the same text, dynamic time warping finds when each of its sounds falls in
the recording, and the shapes follow. Pauses are cut out on both sides first: nobody pauses where
espeak does. What the warping cannot know, how far the mouth opens, is asked of the sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from modules.errors import EngineUnavailable
from modules.messages import SPEECH_RATE, FloatArray, Persona, Region, SpokenWord, Viseme
from modules.tts import espeak_library
from modules.tts.mfcc import HIGHEST_HZ, HOP_S, Features, deltas, features, rests
from modules.tts.mouth import guessed, heard_visemes
from modules.tts.phrases import Phrase, phrases
from modules.tts.prosody import PROSODY
from modules.tts.speaker import Speaker, Spoken, joined, silence
from modules.tts.time_warp import warp
from modules.tts.viseme_table import SHAPES
from modules.tts.visemes import visemes, whole
from modules.tts.voices import base_voice

_CEPSTRA = 10
"""Enough to tell sounds apart, too few to follow the pitch of a voice."""
_LEVEL_WEIGHT = 2.0
_FURTHEST = 0.75
"""A text fits when its path is this much shorter than that of the text read backwards. Measured:
0.66 or less for the right text in noise and other voices, 0.83 or more for a wrong one.
"""
_TELLING = 100
"""Frames of speech from which on that can be told."""
_LONGEST_RATIO = 4.0
_FROM_SOUND = 0.35
"""Share that the sound has in how far a vowel opens."""
_SHORTEST_SAMPLES = 400


@dataclass(frozen=True, slots=True)
class Aligned:
    """What a recording holds: mouth shapes from its first sample to its last, contiguous, and the
    words of its text, in order; none where there is no text or it does not fit.
    """

    visemes: tuple[Viseme, ...]
    words: tuple[SpokenWord, ...] = ()


def visemes_of(
    samples: FloatArray, rate: int, text: str | None = None, region: Region = "north"
) -> tuple[Viseme, ...]:
    """Return the mouth shapes of recorded speech; see `aligned`."""
    return aligned(samples, rate, text, region).visemes


def aligned(
    samples: FloatArray, rate: int, text: str | None = None, region: Region = "north"
) -> Aligned:
    """Return the mouth shapes of recorded speech, and when each word of its text is said.

    `samples` is mono at `rate` (8 kHz or more). `text` is what is said, as it is read aloud, and
    `region` how; text that does not fit the sound is left aside, and so is text that espeak is
    missing for. Five minutes take about two seconds.
    """
    sound = np.nan_to_num(np.asarray(samples, np.float32))
    if len(sound) < _SHORTEST_SAMPLES or rate < 8000:
        return Aligned(whole([], len(sound)))
    heard = features(sound, rate)
    if text and heard.spoken.any():
        placed = _placed(phrases(text), region, heard, sound, rate)
        if placed:
            shapes = visemes(placed.phonemes, sound, rate)
            return Aligned(_at_rest(_opened(shapes, heard, rate), heard, rate), placed.words)
    return Aligned(heard_visemes(sound, rate))


def _placed(
    words: Sequence[Phrase], region: Region, heard: Features, sound: FloatArray, rate: int
) -> Spoken | None:
    """Return the words and their phonemes where the recording has them; None where it has others.

    None too where espeak is missing.
    """
    try:
        reference = _reference(words, region)
    except EngineUnavailable:
        return None
    spoken = features(reference.samples, SPEECH_RATE, min(HIGHEST_HZ, rate / 2))
    own, other = np.flatnonzero(spoken.spoken), np.flatnonzero(heard.spoken)
    if not len(own) or not 1 / _LONGEST_RATIO < len(other) / len(own) < _LONGEST_RATIO:
        return None
    said, recorded = _compared(spoken)[own], _compared(heard)[other]
    path, distance = warp(said, recorded)
    if len(own) >= _TELLING and distance > _FURTHEST * warp(said[::-1], recorded)[1]:
        return None

    def place(at: int) -> int:
        among_spoken = np.interp(at / (SPEECH_RATE * HOP_S), own, path)
        return round(float(np.interp(among_spoken, np.arange(len(other)), other)) * HOP_S * rate)

    return Spoken(
        sound,
        tuple(replace(phoneme, start=place(phoneme.start)) for phoneme in reference.phonemes),
        tuple(SpokenWord(place(w.start), place(w.end), w.text) for w in reference.words),
    )


def _reference(words: Sequence[Phrase], region: Region) -> Spoken:
    """Return how espeak says it, with the voice that is least unlike any other."""
    espeak_library.load()
    speaker = Speaker(base_voice(Persona(gender="other", region=region)), PROSODY["Other"])
    return joined(
        [joined([speaker.say(phrase), silence(speaker.pause(phrase.mark))]) for phrase in words]
    )


def _compared(sound: Features) -> FloatArray:
    """Return what two sounds are compared by: cepstra, level and how they change, [n, 22]."""
    level = np.clip(sound.level, -50.0, 5.0)
    kept = level[sound.spoken]
    level = (level - kept.mean()) / (kept.std() + 1e-6)
    still = np.concatenate(
        [sound.cepstra[:, :_CEPSTRA], _LEVEL_WEIGHT * level[:, None]], axis=1
    ).astype(np.float32)
    return np.concatenate([still, deltas(still)], axis=1)


def _opened(shapes: Sequence[Viseme], heard: Features, rate: int) -> tuple[Viseme, ...]:
    """Return shapes whose vowels open as far as their sound says, as well as their phoneme."""
    wide = guessed(heard)[:, 0]
    spans = []
    for viseme in shapes:
        full, weight = SHAPES[viseme.shape].open, viseme.weight
        if full >= 0.2 and viseme.shape != "rest":
            first, last = (int(at / (rate * HOP_S)) for at in (viseme.start, viseme.end))
            measured = float(np.mean(wide[first : max(first + 1, last)])) / full
            weight = (1 - _FROM_SOUND) * weight + _FROM_SOUND * min(1.0, measured)
        spans.append((float(viseme.end), viseme.shape, weight))
    return whole(spans, shapes[-1].end)


def _at_rest(shapes: Sequence[Viseme], heard: Features, rate: int) -> tuple[Viseme, ...]:
    """Return shapes that give way to rest wherever the recording is silent for a while."""
    pauses = [
        (round(start * HOP_S * rate), round(stop * HOP_S * rate)) for start, stop in rests(heard)
    ]
    found: list[Viseme] = []
    for viseme in shapes:
        start = viseme.start
        for first, stop in pauses:
            if stop <= start or first >= viseme.end:
                continue
            if first > start:
                found.append(Viseme(start, first, viseme.shape, viseme.weight))
            start = min(stop, viseme.end)
            _rest(found, max(first, viseme.start), start)
        if viseme.end > start:
            found.append(Viseme(start, viseme.end, viseme.shape, viseme.weight))
    return tuple(found)


def _rest(found: list[Viseme], start: int, stop: int) -> None:
    if found and found[-1].shape == "rest":
        start = found.pop().start
    found.append(Viseme(start, stop, "rest"))
