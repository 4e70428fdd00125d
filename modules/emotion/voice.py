"""How something was said, against how the same person usually speaks: a hint beside the text.

Pace, level and pitch rise together with arousal (Juslin and Laukka 2003, table 7: fast, loud and
high for anger, fear and joy; slow, soft and low for sadness). What is usual differs more between
people and microphones than between feelings, so only the user's own running median counts. The
hint shifts the scores of the text gently; it never makes a feeling that the text does not allow.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from modules.messages import EMOTIONS, LISTEN_RATE, EmotionLabel, FloatArray, Mood
from modules.text import count_syllables

FEWEST, MOST = 4, 20
"""Utterances before anything is said about the next one, and how many are remembered."""
_FRAME, _HOP = 640, 320
"""40 ms every 20 ms: two periods of the lowest voice."""
_LOWEST_HZ, _HIGHEST_HZ = 75.0, 400.0
_LONGEST_S = 12.0
"""What is longer is measured by its beginning, so that the time it takes is bounded."""
_VOICED = 0.5
"""Least height of the normalised autocorrelation's peak; 0.45 is usual (Boersma 1993)."""
_QUIET_DB = 30.0
"""Frames this far below the loud ones are pauses."""
_SHORTEST_S = 0.4
_FLOORS: Mapping[str, float] = {"pace": 0.5, "level": 2.0, "pitch": 1.0}
"""Least spread that is believed: syllables a second, dB, semitones."""
_MAD = 1.4826
"""Makes the median absolute deviation that of a normal distribution's standard deviation."""
_NOTICED, _FULL = 0.75, 3.0
"""Mean deviation, in spreads, below which nothing is said, and at which the hint is full."""
_STRENGTH = 0.35
"""Largest shift of a score's logarithm."""
_LEAST_OF_TEXT = 0.25
"""Score that the text itself must give a label before the voice may put it first."""
_DIRECTION: Mapping[EmotionLabel, float] = {
    "Enjoyment": 0.7, "Sadness": -1.0, "Anger": 1.0, "Fear": 0.7, "Disgust": 0.0, "Surprise": 0.7,
    "Other": -0.3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manner:
    """One utterance: syllables per second of sound, dB of full scale, semitones above 100 Hz."""

    pace: float
    level: float
    pitch: float


@dataclass
class Baseline:
    """How one person has spoken lately."""

    past: deque[Manner] = field(default_factory=lambda: deque(maxlen=MOST))

    def take(self, manner: Manner) -> dict[str, float]:
        """Return how `manner` deviates from what is usual, in spreads, then remember it.

        Keys are `pace`, `level`, `pitch` and `arousal` (-1 to 1); empty for the first utterances.
        """
        found: dict[str, float] = {}
        if len(self.past) >= FEWEST:
            found = {name: self._deviation(name, manner) for name in _FLOORS}
            mean = sum(found.values()) / len(found)
            over = max(0.0, abs(mean) - _NOTICED) / (_FULL - _NOTICED)
            found["arousal"] = math.copysign(min(1.0, over), mean)
        self.past.append(manner)
        return {name: round(value, 2) for name, value in found.items()}

    def _deviation(self, name: str, manner: Manner) -> float:
        usual = np.array([getattr(each, name) for each in self.past])
        middle = float(np.median(usual))
        spread = max(_FLOORS[name], _MAD * float(np.median(np.abs(usual - middle))))
        deviation = float(getattr(manner, name) - middle) / spread
        return max(-_FULL, min(_FULL, deviation))


def measure(samples: FloatArray, text: str) -> Manner | None:
    """Return how `text` was said in mono `samples` at `LISTEN_RATE`; None for too little voice."""
    share = min(1.0, _LONGEST_S * LISTEN_RATE / max(1, len(samples)))
    frames = _frames(samples[: round(_LONGEST_S * LISTEN_RATE)])
    if not len(frames):
        return None
    power = np.mean(frames**2, axis=1) + 1e-12
    level = 10 * np.log10(power)
    sounding = level > np.percentile(level, 95) - _QUIET_DB
    seconds = float(sounding.sum()) * _HOP / LISTEN_RATE
    pitches = _pitches(frames[sounding])
    syllables = count_syllables(text) * share
    if seconds < _SHORTEST_S or not len(pitches) or not syllables:
        return None
    loudness = 10 * math.log10(float(np.mean(power[sounding])))
    return Manner(syllables / seconds, loudness, 12 * math.log2(float(np.median(pitches)) / 100))


def hinted(mood: Mood, voice: dict[str, float]) -> Mood:
    """Return a mood as the voice shifts it; without a hint, or against the text, as it is."""
    mood = replace(mood, voice=voice)
    arousal = voice.get("arousal", 0.0)
    if not arousal or not mood.scores:
        return mood
    raised = {
        label: score * math.exp(_STRENGTH * arousal * _DIRECTION[label])
        for label, score in mood.scores.items()
    }
    total = sum(raised.values())
    scores = {label: score / total for label, score in raised.items()}
    first = max(EMOTIONS, key=lambda label: scores.get(label, 0.0))
    if first != mood.label and (
        mood.label == "Other" or mood.scores.get(first, 0.0) < _LEAST_OF_TEXT
    ):
        return mood
    return replace(mood, label=first, scores=scores)


def _frames(samples: FloatArray) -> FloatArray:
    if len(samples) < _FRAME:
        return np.zeros((0, _FRAME), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_HOP]
    return np.asarray(frames - frames.mean(axis=1, keepdims=True), np.float32)


def _pitches(frames: FloatArray) -> FloatArray:
    """Return F0 in Hz of the voiced frames, by the autocorrelation of a Hann window (Boersma)."""
    window = np.hanning(_FRAME).astype(np.float32)
    size = 2 * _FRAME
    spectrum = np.abs(np.fft.rfft(frames * window, size)) ** 2
    correlation = np.fft.irfft(spectrum)[:, :_FRAME]
    own = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2)[:_FRAME]
    shortest, longest = int(LISTEN_RATE / _HIGHEST_HZ), int(LISTEN_RATE / _LOWEST_HZ)
    normal = correlation / (correlation[:, :1] + 1e-12) / (own / own[0])
    heights = normal[:, shortest : longest + 1]
    # The longer of two equal periods is an octave too low: short ones are preferred a little.
    cost = 0.02 * np.log2(np.arange(shortest, longest + 1) / shortest)
    best = np.argmax(heights - cost, axis=1)
    voiced = heights[np.arange(len(best)), best] > _VOICED
    return np.asarray(LISTEN_RATE / (best[voiced] + shortest), np.float32)
