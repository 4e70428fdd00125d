"""When the mouth is closed: how far each frame's painted mouth replaces the avatar's own.

A network paints something for every sound, for breath and noise too. In silence the avatar's own
mouth is shown; the painted one comes in ahead of the sound, as lips do, and goes out behind it.
"""

from __future__ import annotations

import numpy as np

from modules.messages import FRAME_SAMPLES, FloatArray, Viseme

AHEAD = 3
"""Frames before a sound in which the painted mouth comes in: lips part up to 120 ms before it."""
BEHIND = 6
"""Frames after a sound in which it goes out; for the first two of them it stays: a stop is quiet
for some 80 ms, and no end of speech."""
_STAYS = 2
_AUDIBLE_DB = -45.0
"""RMS of a frame below which nothing is said; speech is some 20 dB louder."""


class Quiet:
    """Which frames of a reply hold speech, as far as it was heard. Frames are counted from 0."""

    def __init__(self) -> None:
        self._left: FloatArray = np.zeros(0, np.float32)
        self._speaking: list[bool] = []
        self._rests: list[tuple[int, int]] = []
        self._spoken_of: list[tuple[int, int]] = []

    @property
    def known(self) -> int:
        """Frames that were heard wholly."""
        return len(self._speaking)

    def hear(self, samples: FloatArray, visemes: tuple[Viseme, ...]) -> None:
        """Take the next samples, with their visemes where there are any."""
        at = self.known * FRAME_SAMPLES + len(self._left)
        for viseme in visemes:
            kind = self._rests if viseme.shape == "rest" else self._spoken_of
            kind.append((at + viseme.start, at + viseme.end))
        heard = np.concatenate([self._left, samples])
        frames = len(heard) // FRAME_SAMPLES
        for k in range(frames):
            self._speaking.append(self._speaks(heard[k * FRAME_SAMPLES :][:FRAME_SAMPLES]))
        self._left = heard[frames * FRAME_SAMPLES :]

    def strength(self, first: int, count: int) -> FloatArray:
        """Return how far the painted mouth replaces the own one in frames, float32 [count], 0 to 1.

        What was not heard yet counts as silence: ask `AHEAD` frames later for an open mouth.
        """
        from_, to = max(0, first - BEHIND), first + count + AHEAD
        places = np.flatnonzero(self._speaking[from_:to]) + from_
        frames = np.arange(first, first + count)
        if not len(places):
            return np.zeros(count, np.float32)
        apart = places[None] - frames[:, None]
        before = 1 - apart / (AHEAD + 1)
        after = np.minimum(1, 1 - (-apart - _STAYS) / (BEHIND - _STAYS + 1))
        nearest = np.where(apart >= 0, before, after).max(1)
        return np.asarray(np.clip(nearest, 0, 1), np.float32)

    def _speaks(self, frame: FloatArray) -> bool:
        if 20 * np.log10(np.sqrt(np.mean(frame**2)) + 1e-9) < _AUDIBLE_DB:
            return False
        begin = self.known * FRAME_SAMPLES
        end = begin + FRAME_SAMPLES
        rests = any(a <= begin and end <= b for a, b in self._rests)
        return not rests or any(a < end and begin < b for a, b in self._spoken_of)
