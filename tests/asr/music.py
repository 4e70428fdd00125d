"""Music for the tests of hearing, made of partials and noise: pieces of three seconds.

Three notes a second and fewer: legato at the pace of syllables (six a second) is taken for a voice
now and then, by Silero too; the guards of the transcript stand behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from modules.messages import LISTEN_RATE, FloatArray
from tests.asr.speech import times

PENTATONIC = (0, 2, 4, 7, 9)
"""Semitones; what a đàn tranh is tuned to."""

Note = Callable[[float, float], FloatArray]
"""Hertz and seconds to sound."""


def music() -> Iterator[tuple[str, FloatArray]]:
    """Give 75 pieces: name and sound, with peaks at -6 dB, and the quiet ones at -26."""
    rng = np.random.default_rng(11)
    for name, note in NOTES.items():
        for root in (110.0, 196.0, 330.0):
            for beat in (0.3, 0.5, 1.0):
                yield f"{name} {root:g} Hz every {beat} s", _peak(_melody(note, root, beat, rng))
    for beat in (0.1, 0.25, 0.5):
        for level in (0.5, 0.05):
            yield f"drums every {beat} s {level}", _peak(_drums(beat, rng), level)
    for beat in (0.2, 0.5):
        for name in ("plucked", "organ", "bell"):
            tune = _melody(NOTES[name], 196.0, beat, rng)
            yield f"band of {name} {beat}", _peak(tune / 2 + _drums(beat, rng))


def _harmonics(hertz: float, t: FloatArray, slope: float, most: int = 12) -> FloatArray:
    found = np.zeros(len(t), np.float32)
    for k in range(1, most + 1):
        if k * hertz < LISTEN_RATE / 2:
            found += (np.sin(2 * np.pi * k * hertz * t) / k**slope).astype(np.float32)
    return found


def _organ(hertz: float, seconds: float) -> FloatArray:
    t = times(seconds)
    edge = np.minimum(1, np.minimum(t, seconds - t) / 0.02)
    return (_harmonics(hertz, t, 0.8, 6) * edge).astype(np.float32)


def _plucked(hertz: float, seconds: float) -> FloatArray:
    t = times(seconds)
    return (_harmonics(hertz, t, 1.2) * np.exp(-t / 0.25)).astype(np.float32)


def _bell(hertz: float, seconds: float) -> FloatArray:
    t = times(seconds)
    found = sum(
        np.sin(2 * np.pi * hertz * ratio * t) * np.exp(-t * ratio / 0.8)
        for ratio in (0.56, 0.92, 1.19, 1.71, 2.0, 2.74, 3.0, 3.76)
    )
    return np.asarray(found, np.float32)


def _flute(hertz: float, seconds: float) -> FloatArray:
    t = times(seconds)
    breath = np.random.default_rng(int(hertz)).standard_normal(len(t)) * 0.03
    edge = np.minimum(1, np.minimum(t, seconds - t) / 0.05)
    return ((_harmonics(2 * hertz, t, 2.5, 4) + breath) * edge).astype(np.float32)


def _bowed(hertz: float, seconds: float) -> FloatArray:
    t = times(seconds)
    wobble = t + 0.0008 * np.sin(2 * np.pi * 5.5 * t)
    edge = np.minimum(1, np.minimum(t, seconds - t) / 0.08)
    return (_harmonics(hertz, wobble.astype(np.float32), 1.0, 20) * edge).astype(np.float32)


def _whistle(hertz: float, seconds: float) -> FloatArray:
    t = times(seconds)
    edge = np.minimum(1, np.minimum(t, seconds - t) / 0.04)
    return (np.sin(2 * np.pi * 5 * hertz * t) * edge).astype(np.float32)


def _reed(hertz: float, seconds: float) -> FloatArray:
    t = times(seconds)
    odd = sum(np.sin(2 * np.pi * k * hertz * t) / k for k in (1, 3, 5, 7, 9))
    edge = np.minimum(1, np.minimum(t, seconds - t) / 0.03)
    return np.asarray(odd * edge, np.float32)


NOTES: dict[str, Note] = {
    "reed": _reed, "organ": _organ, "plucked": _plucked, "bell": _bell, "flute": _flute,
    "bowed": _bowed, "whistle": _whistle,
}  # fmt: skip


def _melody(note: Note, root: float, beat: float, rng: np.random.Generator) -> FloatArray:
    steps = int(3.0 / beat)
    tones = [PENTATONIC[i] for i in rng.integers(0, len(PENTATONIC), steps)]
    notes = [note(root * 2 ** (tone / 12), beat) for tone in tones]
    return np.concatenate(notes)


def _drums(beat: float, rng: np.random.Generator) -> FloatArray:
    sound, t = np.zeros(3 * LISTEN_RATE, np.float32), times(0.2)
    kick = np.sin(2 * np.pi * (50 + 60 * np.exp(-t / 0.03)) * t) * np.exp(-t / 0.08)
    snare = rng.standard_normal(len(t)) * np.exp(-t / 0.05)
    hat = np.diff(rng.standard_normal(len(t) + 1)) * np.exp(-t / 0.015)
    for count, start in enumerate(range(0, len(sound) - len(t), int(beat * LISTEN_RATE))):
        hit = (kick, hat * 0.3, snare * 0.6, hat * 0.3)[count % 4]
        sound[start : start + len(t)] += hit.astype(np.float32)
    return sound


def _peak(sound: FloatArray, peak: float = 0.5) -> FloatArray:
    return (peak * sound / max(1e-6, float(np.abs(sound).max()))).astype(np.float32)
