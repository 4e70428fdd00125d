"""Speech into frames: no gap while it is played, and nothing lost where a face gives up."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from modules.conversation.fallback import Fallback
from modules.conversation.playback import BRIDGE_BELOW_S, Playback
from modules.conversation.speech import joined, shown, silence
from modules.messages import FPS, Frames, Speech

_BRIDGE_S = 0.2
"""Silence that bridges a pause in the making, put in as often as it is needed."""


class Showing:
    """The frames of one reply, counted from its first whoever draws them."""

    def __init__(
        self,
        reply: int,
        face: Fallback[Speech, Frames],
        playback: Playback,
        send: Callable[[Frames], Awaitable[None]],
    ) -> None:
        self._reply = reply
        self._face = face
        self._playback = playback
        self._send = send
        self._waiting: list[Speech] = []
        """Speech that a face was given and did not show yet."""
        self._shown = 0

    async def bridged(
        self, speech: MemoryObjectReceiveStream[Speech]
    ) -> AsyncGenerator[Speech, None]:
        """Yield speech as it comes, and silence while playback is about to overtake it."""
        clause = 0
        while True:
            with anyio.move_on_after(max(0.0, self._playback.lead_s - BRIDGE_BELOW_S)) as limit:
                try:
                    piece = await speech.receive()
                except anyio.EndOfStream:
                    return
            if limit.cancelled_caught:
                yield silence(self._reply, clause, _BRIDGE_S)
            else:
                clause = piece.clause
                yield piece

    async def show(self, piece: Speech) -> None:
        """Show a piece of speech; what is less than a frame of it is shown with the next.

        What one face was given and did not show, the next one gets. Raises what the ladder raises
        where no face is left.
        """
        waiting = [*self._waiting, piece]

        def rest(piece: Speech, given: list[Frames]) -> Speech:
            if waiting:
                return joined(waiting)
            return silence(piece.reply, piece.clause, 0, last=piece.last)

        async with aclosing(self._face.run(piece, rest)) as batches:
            async for frames in batches:
                if not len(frames.rgb):
                    continue  # less than a frame was spoken: it comes with the next
                # A face that took over counts its own frames; the reply's go on.
                frames = replace(frames, first=self._shown)
                self._shown += len(frames.rgb)
                waiting = shown(waiting, len(frames.speech.samples))
                seconds = len(frames.rgb) / FPS
                self._playback.add(seconds)
                await self._send(frames)
                await anyio.sleep(self._playback.ease * seconds)
        self._waiting = waiting
