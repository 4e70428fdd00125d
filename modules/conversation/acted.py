"""The last answer acted anew: its sound, with a head that moves (an engine of `avatar.FILMERS`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread

from modules.avatar import FILMERS
from modules.conversation.speaking import run
from modules.errors import EngineUnavailable
from modules.media.audio import read_audio
from modules.media.encoder import Encoder
from modules.messages import (
    FRAME_SAMPLES,
    SPEECH_RATE,
    Frames,
    MediaChunk,
    Portrait,
    Speech,
    TurnRequest,
)
from modules.private import storage, write_private

if TYPE_CHECKING:
    from modules.conversation.app import App
    from modules.conversation.session import Session
    from modules.conversation.talk import Exchange

LONGEST_S = 300.0
_TOLD_EVERY_S = 0.25


def filmers(app: App, portrait: Portrait | None) -> tuple[str, ...]:
    """Return the resident engines that could act an answer, the one chosen for the face first."""
    resident = app.residency.resident("avatar") if portrait else ()
    able = [name for name in resident if name in FILMERS]
    return tuple(sorted(able, key=lambda name: portrait is None or name != portrait.engine))


async def act(
    app: App, session: Session, exchange: Exchange, path: Path
) -> AsyncGenerator[float, None]:
    """Write the pictures of an answer to a file of fragmented MP4; yield the share that is done.

    Who stops reading stops it. Raises `EngineUnavailable` "no_filmer" where no engine can, or the
    answer was not given by the portrait that is worn; and what the engine raises.
    """
    portrait = session.portrait
    names = filmers(app, portrait)
    if not names or portrait is None or exchange.persona.avatar != portrait.id:
        raise EngineUnavailable("no_filmer", stage="avatar", remedy="sadtalker")
    assert exchange.media is not None
    audio = exchange.media.audio
    seconds = min(exchange.seconds, LONGEST_S)
    samples = await to_thread.run_sync(
        lambda: read_audio(audio, rate=SPEECH_RATE, max_seconds=2 * LONGEST_S)
    )
    speech = Speech(0, 0, samples[: int(seconds * SPEECH_RATE)], last=True)
    request = TurnRequest(
        0, "", persona=exchange.persona, engines={"avatar": names}, portrait=portrait, live=False
    )
    work = _Acting(app, request, speech)
    done = asyncio.create_task(work.run())
    try:
        while not done.done():
            await asyncio.wait([done], timeout=_TOLD_EVERY_S)
            yield work.share
        chunks = await done
    finally:
        done.cancel()
    video = b"".join(chunk.data for chunk in chunks if chunk.track == "video")
    with storage(path.name):
        await to_thread.run_sync(write_private, path, video)


class _Acting:
    """One answer on its way through the engine and the encoder."""

    def __init__(self, app: App, request: TurnRequest, speech: Speech) -> None:
        self.share = 0.0
        self._app, self._request, self._speech = app, request, speech
        self._encoder = Encoder(request.reply)
        self._chunks: list[MediaChunk] = []

    async def run(self) -> list[MediaChunk]:
        if self._app.gpu:  # the worker gives all at once
            return await self._app.show(self._request, self._speech)
        await run(self._request, self._app.residency, "avatar", [self._speech], self._take)
        return self._chunks + await to_thread.run_sync(self._encoder.close)

    async def _take(self, batch: Frames) -> None:
        self._chunks += await to_thread.run_sync(self._encoder.encode, batch)
        frames = max(1, len(self._speech.samples) // FRAME_SAMPLES)
        self.share = min(1.0, (batch.first + len(batch.rgb)) / frames)
