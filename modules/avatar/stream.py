"""The renderer interface: push speech, clear, iterate frames. Every face is one `FaceStream`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modules.avatar.framing import Framer
from modules.engines import BlockingStream
from modules.messages import FRAME_SAMPLES, FRAME_SIZE, ByteArray, Frames, Speech


class FaceStream(BlockingStream[Speech, Frames]):
    """One reply of one face: sound in, the same sound with pictures out.

    A subclass draws; the books of samples and frames are kept here. `first` is the number of the
    reply's first frame that this stream draws: to be set where it takes over from another face.
    """

    def __init__(self, reply: int) -> None:
        super().__init__()
        self.first = 0
        self._reply = reply
        self._framer = Framer(reply)
        # How often the stream was cleared, and how many of these the drawing thread has seen.
        self._cleared = self._seen = 0

    def hear(self, speech: Speech, at: int) -> None:
        """Learn of a piece that begins at sample `at` of this stream's sound, before its frames."""

    def end(self, frame: int, now: int) -> None:
        """Learn, before frame `now` is drawn, that `frame` is the last."""

    def forget(self) -> None:
        """Forget what was heard and not drawn."""

    def draw(self, frame: int, out: ByteArray) -> None:
        """Draw a frame of this stream, counted from 0, into `out` [512, 512, 3]."""
        raise NotImplementedError

    def drawable(self) -> int | None:
        """Return how many frames, counted from the stream's first, can be drawn by now; None where
        all whose sound is there can.
        """
        return None

    def fill(self, start: int, rgb: ByteArray) -> None:
        """Draw the frames from `start` on into `rgb`, uint8 [n, 512, 512, 3]."""
        for k, out in enumerate(rgb):
            self.draw(start + k, out)

    async def clear(self) -> None:
        """Forget what was pushed and not given; a batch that is being drawn is not given either."""
        await super().clear()
        self._cleared += 1

    async def aclose(self) -> None:
        """Forget everything."""
        await self.clear()

    def process(self, item: Speech) -> Iterator[Frames]:
        """Draw a piece of speech. Stops between two batches when the stream is cleared.

        A piece of another reply is ignored; one that is too short for a frame gives an empty
        batch, because a stage that gives nothing counts as broken.
        """
        if item.reply != self._reply:
            return
        if self._seen != self._cleared:
            self._seen = self._cleared
            self._framer.drop()
            self.forget()
        self._take(item)
        empty = True
        for batch in self._framer.batches(self.drawable()):
            frames = self._drawn(batch)
            if self._seen != self._cleared:
                return
            empty = False
            yield frames
            if self._seen != self._cleared:
                return
        if empty:
            yield self._drawn(self._framer.nothing())

    def _take(self, speech: Speech) -> None:
        at, now = self._framer.known, self._framer.given
        self._framer.take(speech)
        self.hear(speech, at)
        if self._framer.ended:
            self.end(self._framer.known // FRAME_SAMPLES - 1, now)

    def _drawn(self, batch: Speech) -> Frames:
        count = len(batch.samples) // FRAME_SAMPLES
        rgb = np.empty((count, FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
        start = self._framer.given - count
        self.fill(start, rgb)
        return Frames(self._reply, batch.clause, rgb, self.first + start, batch)
