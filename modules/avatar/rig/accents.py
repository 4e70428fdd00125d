"""Accents: strong syllables make the head nod and the brows rise a little.

Heads nod with stressed syllables (Hadar et al. 1983, Human Movement Science 2), slightly ahead of
them. A syllable is strong where its vowel is louder and longer than those before it.
"""

from __future__ import annotations

import math

import numpy as np

from modules.messages import SPEECH_RATE, FloatArray, Viseme, VisemeShape

_VOWELS: frozenset[VisemeShape] = frozenset(
    ("open", "mid", "spread_open", "spread_mid", "spread", "unrounded", "round_open", "round_mid",
     "round")
)  # fmt: skip
_STRONG = 1.22
"""How much stronger than the mean a syllable must be."""
_APART_S = 0.65
_AHEAD_S = 0.04
_DOWN_S, _LASTS_S = 0.16, 1.0


class Accents:
    """Finds the accents of a reply in the order of its speech, and tells how they move the head."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._mean = 0.0
        self._events: list[tuple[float, float]] = []

    def hear(self, samples: FloatArray, visemes: tuple[Viseme, ...], at: int) -> None:
        """Listen to a piece that begins at sample `at` of the reply."""
        for viseme in visemes:
            if viseme.shape not in _VOWELS:
                continue
            part = samples[max(0, viseme.start) : viseme.end]
            if not len(part):
                continue
            strength = float(np.sqrt(np.mean(np.square(part)) * len(part) / SPEECH_RATE))
            begins = (at + viseme.start) / SPEECH_RATE - _AHEAD_S
            rested = not self._events or begins - self._events[-1][0] > _APART_S
            if self._mean and strength > _STRONG * self._mean and rested:
                self._events.append((begins, float(self._random.uniform(0.55, 1.25))))
            self._mean = 0.8 * self._mean + 0.2 * strength if self._mean else strength

    def nod(self, seconds: float) -> float:
        """Return how far the head is down, about 0 to 1: down within 0.16 s, up within 0.5 s."""
        total = 0.0
        self._events = [event for event in self._events if seconds - event[0] < _LASTS_S]
        for begins, size in self._events:
            since = seconds - begins
            if since > 0:
                # Squared, so that the head sets out softly.
                total += size * ((since / _DOWN_S) * math.exp(1 - since / _DOWN_S)) ** 2
        return total

    def forget(self) -> None:
        """Forget accents that were heard and not shown."""
        self._events.clear()
