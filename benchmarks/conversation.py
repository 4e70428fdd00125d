"""Everything that comes over one visitor's socket, put where it belongs."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import av
import numpy as np

from benchmarks.visitor import Arrival, Told, Visitor
from modules.messages import FloatArray

_AUDIBLE = 0.01
_PATIENCE_S = 20.0


@dataclass
class Spoken:
    """One message, what came of its answer, and when it was interrupted, if it was."""

    text: str
    reply: int
    said_s: float
    chunks: list[Arrival] = field(default_factory=list)
    halt_s: float = float("inf")
    end_s: float | None = None
    """When the server said that nothing more comes."""
    stale: int = 0
    """Chunks that came after that, or after a newer answer had begun."""

    @property
    def late(self) -> list[Arrival]:
        """What still came between the interruption and the server's word."""
        return [chunk for chunk in self.chunks if chunk.at_s > self.halt_s]

    @property
    def whole(self) -> bool:
        """Whether the chunks are those of one answer from its first, without a gap."""
        counted = [chunk.sequence for chunk in self.chunks] == list(range(len(self.chunks)))
        tracks: dict[str, list[bool]] = {"video": [], "audio": []}
        for chunk in self.chunks:
            tracks[chunk.track].append(chunk.init)
        return counted and all(not t or t == [True] + [False] * (len(t) - 1)
                               for t in tracks.values())  # fmt: skip

    @property
    def sound(self) -> FloatArray:
        """The sound that came, decoded."""
        return sound_of(b"".join(c.data for c in self.chunks if c.track == "audio"))


class Conversation:
    """One visitor's messages, with everything that comes over the socket put where it belongs."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._began = time.perf_counter()
        self._changed = asyncio.Event()
        self.spoken: dict[int, Spoken] = {}
        self._newest = 0

    @property
    def now_s(self) -> float:
        """Seconds since the conversation began."""
        return time.perf_counter() - self._began

    async def listen(self) -> None:
        """Take in what comes, for ever."""
        while True:
            came = await self._visitor.receive(self._began)
            spoken = self.spoken[came.reply]
            if isinstance(came, Told):
                if came.type in ("end", "halted"):
                    spoken.end_s = came.at_s
            else:
                spoken.stale += spoken.end_s is not None or came.reply < self._newest
                self._newest = max(self._newest, came.reply)
                spoken.chunks.append(came)
            self._changed.set()
            self._changed = asyncio.Event()

    def say(self, text: str) -> tuple[Spoken, asyncio.Task[list[object]]]:
        """Send a message."""
        reply, turn = self._visitor.submit(text)
        spoken = self.spoken[reply] = Spoken(text, reply, self.now_s)
        return spoken, turn

    async def halt(self, spoken: Spoken, turn: asyncio.Task[list[object]]) -> None:
        """Interrupt, and wait for the server's word: a reply that never began ends its turn."""
        spoken.halt_s = self.now_s
        await self._visitor.halt()
        async with asyncio.timeout(_PATIENCE_S):
            await turn
            if spoken.chunks:
                await self.until(lambda: spoken.end_s is not None)
        if spoken.end_s is None:
            spoken.end_s = self.now_s

    async def until(self, true: Callable[[], object]) -> None:
        """Wait for something to become true of what came."""
        async with asyncio.timeout(_PATIENCE_S):
            while not true():
                await self._changed.wait()


def likeness(one: FloatArray, two: FloatArray) -> float:
    """Return the correlation of what two sounds have in common; 1 if nothing can be heard there."""
    count = min(len(one), len(two))
    one, two = one[:count], two[:count]
    if max(np.abs(one).max(initial=0), np.abs(two).max(initial=0)) < _AUDIBLE:
        return 1.0
    return float(one @ two / max(np.linalg.norm(one) * np.linalg.norm(two), 1e-9))


def sound_of(track: bytes) -> FloatArray:
    """Return the sound of an audio track or the beginning of one, decoded."""
    if not track:
        return np.zeros(0, np.float32)
    with av.open(io.BytesIO(track)) as file:
        frames = [frame.to_ndarray()[0] for frame in file.decode(audio=0)]
    return np.concatenate(frames) if frames else np.zeros(0, np.float32)
