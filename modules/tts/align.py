"""Mouth shapes for any recorded voice: from its words where they are known, else from its sound.

With words, espeak says the same text, dynamic time warping finds when each of its sounds falls in
the recording, and the shapes follow. Pauses are cut out on both sides first: nobody pauses where
espeak does. What the warping cannot know, how far the mouth opens, is asked of the sound.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from modules.messages import SPEECH_RATE, FloatArray, Persona, Region, Viseme
from modules.tts import espeak_library
from modules.tts.espeak_library import Phoneme
from modules.tts.mfcc import HIGHEST_HZ, HOP_S, Features, deltas, features
from modules.tts.mouth import guessed, heard_visemes
from modules.tts.phrases import Phrase, phrases
from modules.tts.prosody import PROSODY
from modules.tts.speaker import Speaker, joined, silence
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
_SILENT_DB = -38.0
_SHORTEST_REST = 8
"""Frames of silence in which the mouth comes to rest."""
_FROM_SOUND = 0.35
"""Share that the sound has in how far a vowel opens."""
_SHORTEST_SAMPLES = 400


def visemes_of(
    samples: FloatArray, rate: int, text: str | None = None, region: Region = "north"
) -> tuple[Viseme, ...]:
    """Return the mouth shapes of recorded speech, contiguous from its first sample to its last.

    `samples` is mono at `rate` (8 kHz or more). `text` is what is said, as it is read aloud, and
    `region` how; text that does not fit the sound is left aside, and so is text that espeak is
    missing for. Five minutes take about two seconds.
    """
    sound = np.nan_to_num(np.asarray(samples, np.float32))
    if len(sound) < _SHORTEST_SAMPLES or rate < 8000:
        return whole([], len(sound))
    heard = features(sound, rate)
    if text and heard.spoken.any():
        phonemes = _placed(phrases(text), region, heard, rate)
        if phonemes:
            shapes = visemes(phonemes, sound, rate)
            return _at_rest(_opened(shapes, heard, rate), heard, rate)
    return heard_visemes(sound, rate)


def _placed(words: Sequence[Phrase], region: Region, heard: Features, rate: int) -> list[Phoneme]:
    """Return the phonemes of the words where the recording has them; none where it has others."""
    if not words:
        return []
    spoken, phonemes = _reference(words, region, min(HIGHEST_HZ, rate / 2))
    own, other = np.flatnonzero(spoken.spoken), np.flatnonzero(heard.spoken)
    if not len(own) or not 1 / _LONGEST_RATIO < len(other) / len(own) < _LONGEST_RATIO:
        return []
    said, recorded = _compared(spoken)[own], _compared(heard)[other]
    path, distance = warp(said, recorded)
    if len(own) >= _TELLING and distance > _FURTHEST * warp(said[::-1], recorded)[1]:
        return []
    frames = np.array([phoneme.start for phoneme in phonemes]) / (SPEECH_RATE * HOP_S)
    among_spoken = np.interp(frames, own, path)
    placed = np.interp(among_spoken, np.arange(len(other)), other) * HOP_S * rate
    return [
        Phoneme(round(float(start)), phoneme.name, phoneme.word)
        for start, phoneme in zip(placed, phonemes, strict=True)
    ]


def _reference(
    words: Sequence[Phrase], region: Region, highest_hz: float
) -> tuple[Features, tuple[Phoneme, ...]]:
    """Return how espeak says it, with the voice that is least unlike any other."""
    espeak_library.load()
    speaker = Speaker(base_voice(Persona(gender="other", region=region)), PROSODY["Other"])
    pieces = [
        joined([speaker.say(phrase), silence(speaker.pause(phrase.mark))]) for phrase in words
    ]
    said = joined(pieces)
    return features(said.samples, SPEECH_RATE, highest_hz), said.phonemes


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
    silent = ~heard.spoken | (heard.level < _SILENT_DB)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8)))
    rests = [
        (round(start * HOP_S * rate), round(stop * HOP_S * rate))
        for start, stop in edges.reshape(-1, 2)
        if stop - start >= _SHORTEST_REST
    ]
    found: list[Viseme] = []
    for viseme in shapes:
        start = viseme.start
        for first, stop in rests:
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
