"""Speech without a conversation: a text said in a voice, and a sound shown by a face."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

from anyio import to_thread

from modules.conversation.fallback import Fallback
from modules.conversation.speech import joined, silence
from modules.engines import Stage
from modules.media.encoder import Encoder
from modules.messages import Clause, Frames, MediaChunk, Notice, Speech, TurnRequest
from modules.residency import Residency
from modules.text import ClauseSplitter
from modules.tts import normalize

_CLAUSE_SYLLABLES = 25


async def say(request: TurnRequest, residency: Residency) -> Speech:
    """Return `request.text` as speech, in the voice, feeling and region that the request names.

    Raises the last engine's error where no engine can speak.
    """
    splitter = ClauseSplitter(_CLAUSE_SYLLABLES, _CLAUSE_SYLLABLES)
    texts = [*splitter.push(request.text), *splitter.finish()]
    spoken: list[Speech] = []
    for number, text in enumerate(texts):
        read = normalize(text, request.persona.region)
        clause = Clause(request.reply, number, text, read, number == len(texts) - 1)
        if read.strip():
            spoken += await run(request, residency, "tts", [clause])
    if request.voice is not None and request.engines.get("voice"):
        spoken = await run(request, residency, "voice", spoken)
    return joined(spoken) if spoken else silence(request.reply, 0, 0.2, last=True)


async def show(request: TurnRequest, residency: Residency, speech: Speech) -> list[MediaChunk]:
    """Return speech as media, with the face that the request names."""
    encoder = Encoder(request.reply)
    chunks: list[MediaChunk] = []

    async def encode(batch: Frames) -> None:
        chunks.extend(await to_thread.run_sync(encoder.encode, batch))

    await run(request, residency, "avatar", [speech], encode)
    return chunks + await to_thread.run_sync(encoder.close)


async def run(
    request: TurnRequest,
    residency: Residency,
    stage: Stage,
    items: list[Any],
    take: Callable[[Any], Awaitable[None]] | None = None,
) -> list[Any]:
    """Run items through one stage; return what it gives, or hand it to `take` as it comes."""

    async def ignore(_: Notice) -> None:
        """Whoever asks for one stage is told by an error or not at all."""

    outs: list[Any] = []
    fallback = Fallback[Any, Any](stage, request, residency, tell=ignore)
    try:
        for item in items:
            async with aclosing(fallback.run(item)) as given:
                async for out in given:
                    if take:
                        await take(out)
                    else:
                        outs.append(out)
    finally:
        await fallback.aclose()
    return outs
