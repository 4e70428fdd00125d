"""What a painter hears of one reply: sound at its own rate, features of the frames, silences."""

from __future__ import annotations

import numpy as np
import soxr

from modules.avatar.neural.painting import Features
from modules.avatar.neural.queue import PaintQueue
from modules.avatar.neural.quiet import AHEAD, Quiet
from modules.messages import FRAME_SAMPLES, LISTEN_RATE, SPEECH_RATE, FloatArray, Viseme


class Hearing:
    """The sound of one reply, from frame `first` of its stream on. Used by one thread at a time."""

    def __init__(self, queue: PaintQueue, first: int) -> None:
        self.first = first
        self._queue = queue
        self._ear = queue.call(queue.painter.ear)
        self._rate = soxr.ResampleStream(SPEECH_RATE, LISTEN_RATE, 1, dtype="float32")
        self._quiet = Quiet()
        self._chunks: list[tuple[int, int, Features]] = []
        self._heard = 0
        self._ready = 0
        self._ended = False

    @property
    def drawable(self) -> int:
        """Frames, counted from the stream's first, of which all is known that a picture needs."""
        quiet = self._quiet.known - (0 if self._ended else AHEAD)
        return self.first + max(0, min(self._ready, quiet))

    def push(self, samples: FloatArray, visemes: tuple[Viseme, ...]) -> None:
        """Hear the next samples at `SPEECH_RATE`."""
        self._heard += len(samples)
        self._quiet.hear(samples, visemes)
        self._listen(samples, last=False)

    def end(self, frames: int) -> None:
        """Hear silence up to the end of the last of `frames` frames of the stream."""
        rest = (frames - self.first) * FRAME_SAMPLES - self._heard
        silence = np.zeros(max(0, rest), np.float32)
        self._heard += len(silence)
        self._quiet.hear(silence, ())
        self._listen(silence, last=True)
        self._ended = True

    def strength(self, start: int, count: int) -> FloatArray:
        """Return how far the painted mouth replaces the own one, as `Quiet.strength` does."""
        return self._quiet.strength(start - self.first, count)

    def features(self, start: int, count: int) -> list[Features]:
        """Return the features of frames of the stream, in order, in one or more pieces.

        Those of earlier frames are let go of.
        """
        begin, end = start - self.first, start - self.first + count
        self._chunks = [chunk for chunk in self._chunks if chunk[1] > begin]
        return [
            rows[max(0, begin - a) : end - a]
            for a, b, rows in self._chunks
            if a < end and b > begin
        ]

    def _listen(self, samples: FloatArray, *, last: bool) -> None:
        heard = np.asarray(self._rate.resample_chunk(samples, last=last), np.float32)
        rows = self._queue.call(lambda: self._ear.push(heard, last))
        if len(rows):
            self._chunks.append((self._ready, self._ready + len(rows), rows))
            self._ready += len(rows)
