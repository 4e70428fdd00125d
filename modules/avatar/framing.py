"""The books of a reply's sound: every sample goes out once, in whole frames.

Pieces of speech rarely end on a frame. What is left over of a piece (less than a frame) is
carried into the next one, also across clauses, so that no silence is ever put inside speech. Only
the end of the turn is padded, and then closed with a tail of silence in which the face returns to
its idle pose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np

from modules.errors import EngineFailed
from modules.messages import FRAME_SAMPLES, SPEECH_RATE, FloatArray, Speech, SpokenWord, Viseme

FIRST_BATCH = 10
"""Frames of a reply's first batch. Chromium begins to play with some nine of them; the muxer holds
the last one back."""
LARGEST_BATCH = 12
TAIL_FRAMES = 10
"""0.4 s: long enough to close the mouth and bring the head back without haste."""

Timed = TypeVar("Timed", Viseme, SpokenWord)


class Framer:
    """Cuts one reply's speech into batches of whole frames."""

    def __init__(self, reply: int) -> None:
        self._reply = reply
        self._clause = 0
        self._samples: FloatArray = np.zeros(0, np.float32)
        self._visemes: tuple[Viseme, ...] = ()
        self._words: tuple[SpokenWord, ...] = ()
        self._given = 0
        self._ended = False

    @property
    def given(self) -> int:
        """Frames that were cut so far."""
        return self._given

    @property
    def ended(self) -> bool:
        """True once the last piece of the reply was taken."""
        return self._ended

    @property
    def known(self) -> int:
        """Samples of the reply that were taken so far, with padding and tail."""
        return self._given * FRAME_SAMPLES + len(self._samples)

    def take(self, speech: Speech) -> None:
        """Add a piece of speech. The piece marked `last` ends the reply.

        Raises `EngineFailed` for speech at another rate than `SPEECH_RATE`.
        """
        if speech.rate != SPEECH_RATE:
            raise EngineFailed("rate", stage="avatar", rate=speech.rate)
        offset = len(self._samples)
        moved = tuple(_moved(viseme, offset) for viseme in speech.visemes)
        parts = [self._samples, speech.samples]
        if speech.last:
            end = offset + len(speech.samples)
            padding = -end % FRAME_SAMPLES + TAIL_FRAMES * FRAME_SAMPLES
            parts.append(np.zeros(padding, np.float32))
            moved += (Viseme(end, end + padding, "rest"),)
        self._samples = np.concatenate(parts)
        self._visemes += moved
        self._words += tuple(_moved(word, offset) for word in speech.words)
        self._clause = speech.clause
        self._ended = speech.last

    def batches(self, upto: int | None = None) -> Iterator[Speech]:
        """Yield what is there in whole frames; each batch is one `Speech` of its own.

        Frames from `upto` on are held back: their picture needs sound that is not there yet.

        The first batch of a reply has `FIRST_BATCH` frames, or fewer where the first piece is
        shorter; later ones are about equal and have 6 to `LARGEST_BATCH` where there are so many.
        """
        while (frames := self._whole(upto)) > 0:
            if self._given == 0:
                yield self._cut(min(frames, FIRST_BATCH))
            else:
                batches = -(-frames // LARGEST_BATCH)
                yield self._cut(-(-frames // batches))

    def nothing(self) -> Speech:
        """Return an empty batch: the piece was taken, but is shorter than a frame."""
        return Speech(self._reply, self._clause, np.zeros(0, np.float32))

    def drop(self) -> None:
        """Forget what was taken and not cut yet."""
        self._samples = np.zeros(0, np.float32)
        self._visemes, self._words = (), ()
        self._ended = False

    def _whole(self, upto: int | None) -> int:
        frames = len(self._samples) // FRAME_SAMPLES
        return frames if upto is None else min(frames, upto - self._given)

    def _cut(self, frames: int) -> Speech:
        end = frames * FRAME_SAMPLES
        samples, self._samples = self._samples[:end].copy(), self._samples[end:]
        inside = tuple(_clipped(viseme, end) for viseme in self._visemes if viseme.start < end)
        self._visemes = tuple(
            replace(viseme, start=max(0, viseme.start - end), end=viseme.end - end)
            for viseme in self._visemes
            if viseme.end > end
        )
        self._given += frames
        last = self._ended and not len(self._samples)
        # A word goes with the batch in which it begins, whole; nothing follows the last batch.
        begun = tuple(word for word in self._words if word.start < end or last)
        self._words = tuple(_moved(w, -end) for w in self._words if w.start >= end)
        return Speech(self._reply, self._clause, samples, inside, last, words=begun)


def _moved(timed: Timed, by: int) -> Timed:
    return replace(timed, start=timed.start + by, end=timed.end + by)


def _clipped(viseme: Viseme, end: int) -> Viseme:
    return replace(viseme, end=min(viseme.end, end))
