"""Whether the six tones survive a conversion: their contours, and the creak of ngã and nặng.

A conversion is any function from sound to sound of the same length. It is given syllables in all
six tones, said one after another by a base voice; what comes out is compared with what went in,
syllable by syllable. Register and range may change, for both belong to a voice; within them every
contour must stay nearest to its own tone, no two tones may move together, and where the base voice
closes its glottis the conversion must too.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyworld
from numpy.lib.stride_tricks import sliding_window_view
from scipy import signal

from benchmarks.tones import SYLLABLES, f0
from modules.messages import SPEECH_RATE, FloatArray
from modules.tts.phrases import Phrase
from modules.tts.prosody import PROSODY
from modules.tts.speaker import Speaker
from modules.tts.voices import Voice
from tests.tts.syllables import TONES, with_tone

Convert = Callable[[FloatArray], FloatArray]

LEAST_RANGE, MOST_RANGE = 0.67, 1.5
"""Below, tones move together; above, a reading voice turns into an excited one."""
MOST_SEMITONES = 1.5
"""Between a contour before and after, once range is allowed for: half of the least difference of
movement that counts in communication ('t Hart 1981)."""
LEAST_GLOTTAL = 0.5
MOST_TAKEN = 0.3
"""Share of a tone's syllables that may come nearest to another: one short vowel in a deep voice
loses its closure even in WORLD's own copy."""
LEAST_APART = 0.55
"""Of the distance between two tones before: less, and they are on their way to merge."""

_GLOTTAL = ("ngã", "nặng")
_VALLEY_DB = 4.0  # less is no closure but a vowel that swells
_DEEPEST_DB = 20.0  # deeper is not more of a closure
_SEMITONES_PER_DB = 0.15  # how a difference in closure counts beside one in pitch
_PAUSE = SPEECH_RATE // 6
_POINTS = 20
_LEVEL_BAND_HZ = (70.0, 1500.0)
_LEVEL_WINDOW = 440  # 20 ms: two periods of a deep voice
_STRAY = 4.0  # semitones from what is around: an octave error, or creak
_NEAR = 3  # frames of 5 ms
_FEWEST = 6  # voiced frames, or points that two contours share
_UNHEARD = 12.0  # semitones between contours that share less: not the same syllable
_EDGE = 0.12  # of a syllable at each end: onsets rise and codas fall by themselves


@dataclass(frozen=True, slots=True)
class Drawn:
    """A syllable as it is heard: its contour in semitones over the voice's register, [20], with NaN
    where it has no pitch, and how deep its glottal closure is, in dB.
    """

    contour: np.ndarray
    valley_db: float


Heard = dict[tuple[str, str], Drawn]


@dataclass(frozen=True, slots=True)
class Survival:
    """What became of six tones; `faults` is empty where they survived."""

    semitones: dict[str, float]
    """Of each tone: distance between its contour before and after, RMS."""
    taken_for: dict[str, float]
    """Share of a tone's syllables that came nearest to another, such as "ngã>sắc"."""
    range_ratio: float
    nearest_pair: str
    nearest_ratio: float
    """Of the two tones that moved together most: distance after over distance before."""
    glottal: dict[str, float]
    """Of ngã and nặng: depth of the closure after over before, 1 where there was none."""

    @property
    def faults(self) -> list[str]:
        """Name what was lost."""
        found = [f"{t}: {d:.1f} st" for t, d in self.semitones.items() if d > MOST_SEMITONES]
        found += [f"{p} {100 * s:.0f} %" for p, s in self.taken_for.items() if s > MOST_TAKEN]
        if not LEAST_RANGE <= self.range_ratio <= MOST_RANGE:
            found.append(f"range x {self.range_ratio:.2f}")
        if self.nearest_ratio < LEAST_APART:
            found.append(f"{self.nearest_pair} x {self.nearest_ratio:.2f}")
        found += [f"{t}: creak x {g:.2f}" for t, g in self.glottal.items() if g < LEAST_GLOTTAL]
        return found

    @property
    def survived(self) -> bool:
        """Whether all six tones did."""
        return not self.faults

    def figures(self) -> dict[str, Any]:
        """Return the figures for a table."""
        return {
            "survived": self.survived,
            "worst_semitones": max(self.semitones.values()),
            "most_taken_for_another": max(self.taken_for.values(), default=0.0),
            "range_ratio": self.range_ratio,
            "nearest_pair_ratio": self.nearest_ratio,
            "creak_kept": min(self.glottal.values()),
            "faults": self.faults,
        }


def survival(
    convert: Convert, voice: Voice, syllables: tuple[tuple[str, str], ...] = SYLLABLES
) -> Survival:
    """Return what becomes of the six tones of a base voice in a conversion."""
    spoken, spans = said(voice, syllables)
    made = convert(spoken)
    if len(made) != len(spoken):
        raise ValueError("a conversion keeps the length of its sound")
    return compared(_unconverted(voice, syllables), heard(made, spans))


@cache
def said(
    voice: Voice, syllables: tuple[tuple[str, str], ...] = SYLLABLES
) -> tuple[FloatArray, dict[tuple[str, str], slice]]:
    """Return syllables in all six tones as one sound, and where each of them is in it."""
    speaker = Speaker(voice, PROSODY["Other"])
    pause = np.zeros(_PAUSE, np.float32)
    parts, spans, at = [pause], {}, _PAUSE
    for (initial, rhyme), (tone, mark) in itertools.product(syllables, TONES.items()):
        sound = speaker.say(Phrase(with_tone(initial, rhyme, mark), ".")).samples
        spans[tone, initial + rhyme] = slice(at, at + len(sound))
        parts += [sound, pause]
        at += len(sound) + len(pause)
    spoken = np.concatenate(parts)
    spoken.setflags(write=False)
    return spoken, spans


@cache
def _unconverted(voice: Voice, syllables: tuple[tuple[str, str], ...]) -> Heard:
    return heard(*said(voice, syllables))


def heard(samples: FloatArray, spans: dict[tuple[str, str], slice]) -> Heard:
    """Return every syllable as it is heard."""
    register = register_hz(samples)
    return {name: drawn(samples[span], register) for name, span in spans.items()}


def register_hz(samples: FloatArray) -> float:
    """Return the median pitch of a sound."""
    sound = np.ascontiguousarray(samples, np.float64)
    found, _ = pyworld.dio(sound, SPEECH_RATE, f0_floor=60.0, f0_ceil=550.0)
    voiced = found[found > 0]
    return float(np.median(voiced)) if len(voiced) else 150.0


def drawn(samples: FloatArray, register: float) -> Drawn:
    """Return one syllable as it is heard."""
    found = f0(samples, register)
    at = np.flatnonzero(found > 0)
    contour = np.full(_POINTS, np.nan)
    if len(at) >= _FEWEST:
        semitones = 12 * np.log2(found[at] / register)
        around = np.median(sliding_window_view(np.pad(semitones, 6, mode="edge"), 13), axis=1)
        at, semitones = (each[np.abs(semitones - around) < _STRAY] for each in (at, semitones))
        for point, frame in enumerate(np.linspace(0, len(found) - 1, _POINTS)):
            near = np.abs(at - frame) <= _NEAR
            contour[point] = np.median(semitones[near]) if near.any() else np.nan
    return Drawn(contour, valley_db(samples))


def valley_db(samples: FloatArray) -> float:
    """Return how far the voice falls within a syllable and rises again, in dB: what is left of a
    glottal closure, or of creak, in the band of the first harmonics.
    """
    band = signal.butter(2, _LEVEL_BAND_HZ, "bandpass", fs=SPEECH_RATE, output="sos")
    power = signal.sosfiltfilt(band, samples) ** 2
    window = np.hanning(_LEVEL_WINDOW)
    level = 10 * np.log10(np.convolve(power, window / window.sum(), "same")[::55] + 1e-10)
    inner = level[int(_EDGE * len(level)) : int((1 - _EDGE) * len(level)) or None]
    left = np.maximum.accumulate(level)[int(_EDGE * len(level)) :][: len(inner)]
    right = np.maximum.accumulate(level[::-1])[::-1][int(_EDGE * len(level)) :][: len(inner)]
    return float(np.max(np.minimum(left, right) - inner, initial=0.0))


def compared(before: Heard, after: Heard) -> Survival:
    """Return what became of the tones of the same syllables."""
    ratio = _range_ratio(before, after)
    scaled = {
        name: Drawn(each.contour / float(np.clip(ratio, LEAST_RANGE, MOST_RANGE)), each.valley_db)
        for name, each in after.items()
    }
    rhymes = list(dict.fromkeys(rhyme for _, rhyme in before))
    semitones = {
        tone: statistics.fmean(_pitch_apart(before[tone, r], scaled[tone, r]) for r in rhymes)
        for tone in TONES
    }
    pairs = {
        f"{a}/{b}": _spread(after, a, b, rhymes) / max(_spread(before, a, b, rhymes), 1e-6)
        for a, b in itertools.combinations(TONES, 2)
    }
    nearest = min(pairs, key=pairs.__getitem__)
    glottal = {tone: _glottal_kept(before, after, tone, rhymes) for tone in _GLOTTAL}
    return Survival(
        semitones, _taken_for(before, scaled, rhymes), ratio, nearest, pairs[nearest], glottal
    )


def distances(each: Heard) -> dict[str, float]:
    """Return how far each two tones lie apart, in semitones, differences in closure among them."""
    rhymes = list(dict.fromkeys(rhyme for _, rhyme in each))
    pairs = itertools.combinations(TONES, 2)
    return {f"{a}/{b}": _spread(each, a, b, rhymes) for a, b in pairs}


def _taken_for(before: Heard, after: Heard, rhymes: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for tone, rhyme in itertools.product(TONES, rhymes):
        here = after[tone, rhyme]
        nearest = min(TONES, key=lambda other: _apart(before[other, rhyme], here))
        if nearest != tone:
            found[f"{tone}>{nearest}"] = found.get(f"{tone}>{nearest}", 0.0) + 1 / len(rhymes)
    return found


def _range_ratio(before: Heard, after: Heard) -> float:
    was, became = (
        np.concatenate([each.contour for each in side.values()]) for side in (before, after)
    )
    if not np.isfinite(became).any():
        return 0.0
    return float(np.nanstd(became) / max(float(np.nanstd(was)), 1e-6))


def _glottal_kept(before: Heard, after: Heard, tone: str, rhymes: list[str]) -> float:
    shares = [
        _capped(after[tone, rhyme]) / _capped(before[tone, rhyme])
        for rhyme in rhymes
        if before[tone, rhyme].valley_db >= _VALLEY_DB
    ]
    return statistics.fmean(shares) if shares else 1.0


def _capped(each: Drawn) -> float:
    return min(each.valley_db, _DEEPEST_DB)


def _pitch_apart(a: Drawn, b: Drawn) -> float:
    squares = (a.contour - b.contour) ** 2
    shared = np.isfinite(squares)
    return float(np.sqrt(squares[shared].mean())) if shared.sum() >= _FEWEST else _UNHEARD


def _apart(a: Drawn, b: Drawn) -> float:
    return _pitch_apart(a, b) + _SEMITONES_PER_DB * abs(_capped(a) - _capped(b))


def _spread(heard_: Heard, a: str, b: str, rhymes: list[str]) -> float:
    return statistics.fmean(_apart(heard_[a, r], heard_[b, r]) for r in rhymes)
