"""One reply's media: a log that readers follow with cursors of their own, and its pacing.

A reader that comes late, or comes back after its socket dropped, reads from where it was: the log
is the whole reply. After `halt` it gives nothing more to anybody.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator
from typing import Literal

import anyio

from modules.asr import level_db
from modules.messages import FPS, FRAME_SAMPLES, Caption, Clause, MediaChunk, Speech

_CLOCK_S = 0.1
"""How well the server knows what the page plays just now."""

State = Literal["open", "done", "halted"]


class Reply:
    """Media, captions and spoken text of one reply, from its first chunk to its end."""

    def __init__(self, reply: int) -> None:
        self.id = reply
        self.chunks: list[MediaChunk] = []
        self.clauses: list[Clause] = []
        self.captions: list[Caption] = []
        self.state: State = "open"
        self.started_s: float | None = None
        """When the first chunk was given, on the event loop's clock: playback begins then."""
        self._changed = asyncio.Event()
        self._levels_db: list[float] = []
        self._captioned: list[int] = []  # for each caption, how many chunks there were before it

    def add_clause(self, clause: Clause) -> None:
        """Note a clause of the text; its time is that of its first chunk."""
        if self.state == "open" and clause.text:
            self.clauses.append(clause)

    def add_caption(self, caption: Caption) -> None:
        """Append a caption: readers get it before the chunk that comes next."""
        if self.state == "open":
            self.captions.append(caption)
            self._captioned.append(len(self.chunks))
            self._wake()

    def add_levels(self, speech: Speech) -> None:
        """Note how loud each frame of what will be played is."""
        self._levels_db += [
            level_db(speech.samples[start : start + FRAME_SAMPLES])
            for start in range(0, len(speech.samples), FRAME_SAMPLES)
        ]

    def level_db(self, played_s: float) -> float | None:
        """Return the level around that moment, in dB of full scale; None where nothing sounds."""
        first = max(0, round((played_s - _CLOCK_S) * FPS))
        around = self._levels_db[first : round((played_s + _CLOCK_S) * FPS) + 1]
        return max(around, default=None)

    def add(self, chunk: MediaChunk) -> None:
        """Append a chunk for all readers. Does nothing once the reply has ended."""
        if self.state != "open":
            return
        if self.started_s is None:
            self.started_s = anyio.current_time()
        self.chunks.append(chunk)
        self._wake()

    def finish(self) -> None:
        """Say that the reply is complete."""
        self._end("done")

    def halt(self) -> None:
        """Stop every reader at once: not one chunk leaves after this."""
        self._end("halted")

    def close(self) -> bool:
        """Tell whether the reply is complete; halt it where it is not."""
        if self.state != "done":
            self.halt()
        return self.state == "done"

    async def read(self, position: int = 0) -> AsyncIterator[MediaChunk | Caption]:
        """Yield chunks from `position` on, waiting for new ones, until the reply ends.

        A caption comes before the chunk that was added behind it; those right before `position`
        are given again, for nobody knows whether they arrived.
        """
        caption = bisect_left(self._captioned, position)
        while self.state != "halted":
            if caption < len(self.captions) and self._captioned[caption] <= position:
                yield self.captions[caption]
                caption += 1
            elif position < len(self.chunks):
                yield self.chunks[position]
                position += 1
            elif self.state == "done":
                return
            else:
                await self._changed.wait()

    async def pace(self, chunk: MediaChunk, lead_s: float) -> None:
        """Wait until `chunk` is no more than `lead_s` ahead of its playback."""
        if self.started_s is not None:
            due_s = self.started_s + chunk.start_s - lead_s
            await anyio.sleep(max(0.0, due_s - anyio.current_time()))

    @property
    def played_s(self) -> float:
        """How long it has been playing by now, in seconds."""
        return anyio.current_time() - self.started_s if self.started_s is not None else 0.0

    @property
    def length_s(self) -> float:
        """How long what will be played is, in seconds: every frame has its level."""
        return len(self._levels_db) / FPS

    @property
    def playing(self) -> bool:
        """Whether there is media that has not been played by now, or is still to come."""
        if self.state == "open":
            return True
        if self.started_s is None or not self.chunks:
            return False
        return anyio.current_time() < self.started_s + self.chunks[-1].start_s

    def heard(self) -> str:
        """Return the text that has been played by now: what an interrupted reply has said."""
        if self.started_s is None:
            return ""
        played_s = self.played_s
        begun = {chunk.clause for chunk in self.chunks if chunk.start_s <= played_s}
        return " ".join(clause.text.strip() for clause in self.clauses if clause.clause in begun)

    def _end(self, state: State) -> None:
        if self.state == "open" or state == "halted":
            self.state = state
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
