"""The back of a turn: from a request to encoded media.

    llm -> guard -> tts -> voice -> avatar -> encoder

A task per stage, joined by small bounded streams, so that a slow stage holds back the one before
it. Cancelling the turn cancels all of them at once; each closes both ends of its streams, so that
its neighbours end and never hang. Every stage degrades by itself: its engines follow one another
on the ladder, and where none is left the reply goes on without that stage.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, TypeAlias, cast

import anyio
import av
import numpy as np
from anyio import to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from modules.conversation.cache import Cache, CachedSpeech
from modules.conversation.fallback import Fallback, Pressure
from modules.conversation.playback import KeepAhead, Playback
from modules.conversation.showing import Showing
from modules.conversation.speech import after, silence, unplayed
from modules.conversation.writing import Writer
from modules.engines import Stage
from modules.errors import LADDER_ERRORS, EngineFailed, GuongError, trace
from modules.llm import ENGINES
from modules.media.encoder import Encoder
from modules.messages import (
    FRAME_SAMPLES,
    SPEECH_RATE,
    Caption,
    CaptionWord,
    Clause,
    EndReason,
    Frames,
    MediaChunk,
    Message,
    Notice,
    Speech,
    SpokenWord,
    TurnEnd,
    TurnRequest,
)
from modules.residency import Residency
from modules.text.captions import Captions, shown_words
from modules.tts import normalize

log = logging.getLogger("guong.turn")

Back: TypeAlias = Callable[[TurnRequest], AsyncGenerator[Message, None]]
"""What answers a request: `back` in this process, or the bridge of `zerogpu.py` to a worker."""

_AUDIBLE = 0.01
"""Peak above which a stretch of sound counts as heard (-40 dBFS)."""


async def back(
    request: TurnRequest, residency: Residency, cache: Cache, *, hasty: bool = False
) -> AsyncGenerator[Message, None]:
    """Yield the messages of one answer; the last is a `TurnEnd`.

    `hasty` makes it as fast as it can be made, whoever else waits for the processor.

    The stages run in a task of their own: yielding from inside a task group would let a consumer
    that stops early cancel the wrong task.
    """
    send, receive = anyio.create_memory_object_stream[Message](8)
    answer = _Answer(request, residency, cache, send, Playback(request.live, hasty=hasty))
    task = asyncio.create_task(answer.run(), name=f"turn-{request.reply}")
    try:
        async with receive:
            async for message in receive:
                yield message
    finally:
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])


class _Answer:
    """The stages of one answer and what they share: the way out, the clock, who served."""

    def __init__(
        self,
        request: TurnRequest,
        residency: Residency,
        cache: Cache,
        out: MemoryObjectSendStream[Message],
        playback: Playback,
    ) -> None:
        self.request = request
        self.residency = residency
        self.cache = cache.of(request.owner)
        self.out = out
        self.playback = playback
        self.latency_ms: dict[str, float] = {}
        self.served: dict[str, str] = {}
        self._began = anyio.current_time()

    async def run(self) -> None:
        """Run all stages to the end, then say how it ended."""
        reason: EndReason = "done"
        with suppress(anyio.BrokenResourceError):  # the reader went away: nobody is left to tell
            async with self.out:
                try:
                    await self._stages()
                except* anyio.BrokenResourceError as group:
                    raise anyio.BrokenResourceError from group
                except* GuongError as group:
                    reason = "failed"
                    await self._tell_error(cast("GuongError", _first(group)))
                except* Exception as group:  # noqa: BLE001 - the last resort
                    log.error("turn %s: %s", self.request.reply, trace(_first(group)))
                    reason = "failed"
                    await self._tell_error(EngineFailed("internal", stage="", engine=""))
                reply, hits = self.request.reply, self.cache.hits
                await self.out.send(TurnEnd(reply, reason, self.latency_ms, self.served, hits))

    async def _stages(self) -> None:
        clauses = anyio.create_memory_object_stream[Clause](2)
        spoken = anyio.create_memory_object_stream[Speech](2)
        voiced = anyio.create_memory_object_stream[Speech](2)
        frames = anyio.create_memory_object_stream[Frames](2)
        async with anyio.create_task_group() as stages:
            stages.start_soon(self._write, clauses[0])
            stages.start_soon(self._speak, clauses[1], spoken[0])
            stages.start_soon(self._match, spoken[1], voiced[0])
            stages.start_soon(self._show, voiced[1], frames[0])
            stages.start_soon(self._encode, frames[1])

    async def _write(self, out: MemoryObjectSendStream[Clause]) -> None:
        """LLM and guard: text into clauses. The page gets them at once, to be read."""

        async def send(clause: Clause) -> None:
            self._reached("first_text")
            if clause.text:
                await self.out.send(clause)
            await out.send(clause)

        async with out, self._stage("llm") as llm:
            await Writer(self.request, llm, send, self.out.send).write()
        if self.request.answer:  # it stood in the request: no model was asked
            self.served["llm"] = ENGINES[-1].name

    async def _speak(
        self,
        clauses: MemoryObjectReceiveStream[Clause],
        out: MemoryObjectSendStream[Speech],
    ) -> None:
        """Tts: clauses into speech. With no engine left the reply is read, not heard."""
        async with clauses, out, self._stage("tts", KeepAhead(self.playback)) as tts:
            async for clause in clauses:
                try:
                    async for speech in self._spoken(tts, clause):
                        self._reached("tts")
                        await out.send(speech)
                except LADDER_ERRORS as error:
                    await self._tell_lost("tts", error)
                    await self._drain(clauses)
                    if self.playback.begun:  # let the face come to rest
                        await out.send(silence(self.request.reply, clause.clause, 0, last=True))

    async def _spoken(self, tts: Fallback[Clause, Speech], clause: Clause) -> AsyncIterator[Speech]:
        if not clause.spoken.strip():
            words = tuple(SpokenWord(0, 0, word) for word in shown_words(clause.text))
            nothing = silence(self.request.reply, clause.clause, 0, last=clause.last)
            yield replace(nothing, words=words)
            return
        cached = CachedSpeech(tts, self.request, self.cache)
        captions = Captions(clause.text, clause.spoken, self._read)
        async with aclosing(cached.run(clause)) as pieces:
            async for piece in pieces:
                words = captions.take(piece.words, len(piece.samples))
                if piece.last:
                    words += captions.rest(len(piece.samples))
                yield replace(piece, words=words)
        if unsaid := captions.rest(0):
            yield replace(silence(self.request.reply, clause.clause, 0), words=unsaid)

    def _read(self, word: str) -> str:
        return normalize(word, self.request.persona.region, dict(self.request.dictionary.say))

    async def _match(
        self,
        spoken: MemoryObjectReceiveStream[Speech],
        out: MemoryObjectSendStream[Speech],
    ) -> None:
        """Voice: speech into the matched voice. With no engine left the base voice goes on."""
        async with spoken, out, self._stage("voice", KeepAhead(self.playback)) as voice:
            wanted = self.request.voice is not None and bool(voice.engine)
            cached = CachedSpeech(voice, self.request, self.cache)
            async for speech in spoken:
                left = speech
                if wanted and len(speech.samples):
                    try:
                        async with aclosing(cached.run(speech, unplayed)) as pieces:
                            async for piece in pieces:
                                left = after(left, len(piece.samples))
                                self._reached("voice")
                                await out.send(piece)
                        continue
                    except LADDER_ERRORS as error:
                        wanted = False
                        await self._tell_lost("voice", error)
                await out.send(left)

    async def _show(
        self,
        speech: MemoryObjectReceiveStream[Speech],
        out: MemoryObjectSendStream[Frames],
    ) -> None:
        """Avatar: speech into frames."""

        async def send(frames: Frames) -> None:
            self._reached("first_frame")
            await out.send(frames)

        async with speech, out, self._stage("avatar", KeepAhead(self.playback)) as face:
            showing = Showing(self.request.reply, face, self.playback, send)
            async with aclosing(showing.bridged(speech)) as pieces:
                async for piece in pieces:
                    try:
                        await showing.show(piece)
                    except LADDER_ERRORS as error:
                        await self._tell_lost("avatar", error)
                        await self._drain(speech)
                        return  # nobody is left to show silence either

    async def _encode(self, frames: MemoryObjectReceiveStream[Frames]) -> None:
        """Encoder: frames into media, the last of the messages."""
        # Opened while the model still writes: it takes some milliseconds.
        encoder = await to_thread.run_sync(Encoder, self.request.reply, abandon_on_cancel=True)
        async with frames:
            try:
                async for batch in frames:
                    await self._send_caption(batch)
                    await self._send_media(encoder.encode, batch)
                    await self.out.send(batch.speech)
                    if np.abs(batch.speech.samples).max(initial=0) > _AUDIBLE:
                        self._reached("first_audio")
                await self._send_media(encoder.close)
            except (av.error.FFmpegError, ValueError) as error:
                log.error("encoding turn %s: %s", self.request.reply, trace(error))
                await self._tell_lost("media", EngineFailed("raised", stage="media", engine="av"))
                await self._drain(frames)

    async def _send_caption(self, frames: Frames) -> None:
        """Send the words that begin in these frames: only now is it known when they are heard."""
        if frames.speech.words:
            at = frames.first * FRAME_SAMPLES
            words = tuple(
                CaptionWord(w.text, (at + w.start) / SPEECH_RATE, (at + w.end) / SPEECH_RATE)
                for w in frames.speech.words
            )
            await self.out.send(Caption(frames.reply, frames.clause, words))

    async def _send_media(self, make: Callable[..., list[MediaChunk]], *args: Frames) -> None:
        for chunk in await to_thread.run_sync(make, *args, abandon_on_cancel=True):
            await self.out.send(chunk)

    @asynccontextmanager
    async def _stage(
        self, stage: Stage, pressure: Pressure | None = None
    ) -> AsyncIterator[Fallback[Any, Any]]:
        fallback = Fallback[Any, Any](
            stage, self.request, self.residency, tell=self.out.send, pressure=pressure
        )
        try:
            yield fallback
        finally:
            self.served[stage] = fallback.engine
            await fallback.aclose()

    def _reached(self, milestone: str) -> None:
        if milestone not in self.latency_ms:
            self.latency_ms[milestone] = (anyio.current_time() - self._began) * 1000

    async def _drain(self, stream: MemoryObjectReceiveStream[Any]) -> None:
        async for _ in stream:
            pass

    async def _tell_lost(self, stage: str, error: GuongError) -> None:
        await self.out.send(Notice(self.request.reply, f"{stage}_lost", {"why": error.code}, stage))

    async def _tell_error(self, error: GuongError) -> None:
        await self.out.send(Notice(self.request.reply, error.code, dict(error.params)))


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
