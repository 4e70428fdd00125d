"""Films of the last answer and of the whole conversation, made beside running turns.

One at a time for the whole app, on a thread that steps back: at low priority where the system has
priorities for threads, and resting as long as it worked while anybody is being answered.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import AsyncGenerator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from modules.conversation.acted import act
from modules.conversation.talk import Exchange
from modules.errors import AtCapacity, GuongError, NotFound
from modules.text.catalogue import tell

if TYPE_CHECKING:
    from modules.conversation.app import App
    from modules.conversation.session import Session
    from modules.media.scenes import Answer, Scene

Subject = Literal["answer", "conversation", "acted"]
"""`acted`: the last answer, by a head that moves (`acted.py`)."""

MOST_WAITING = 8
RETRY_S = 30
_NICE = 10
_TOLD_EVERY_S = 0.25
_NAME = "guong.mp4"
_ACTED, _ACTED_SHARE = "acted.mp4", 0.8
"""Of a film that is acted first: the rest is the cutting."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a film is, from 0 to 1; 0 as well while others are before it."""

    share: float


@dataclass(frozen=True, slots=True)
class Film:
    """A finished film, and how many answers in it have no picture any more."""

    path: Path
    without_picture: int


class Filming:
    """The app's cutting room."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._thread = ThreadPoolExecutor(1, "film", initializer=_step_back)
        self._wanted = 0

    async def film(
        self, session: Session, subject: Subject, *, captions: bool
    ) -> AsyncGenerator[Progress | Film, None]:
        """Make a film of a session; yield how far it is, and last the film.

        Raises `NotFound` where there is nothing to show, `AtCapacity` where too many wait,
        `StorageFailed` where the disk is full. Who stops reading stops the film.
        """
        if self._wanted >= MOST_WAITING:
            raise AtCapacity("films", retry_s=RETRY_S)
        with session.talk.lent() as exchanges:
            yield Progress(0.0)  # the loop behind the cards may have to be drawn first
            scenes = await self._scenes(session, subject, exchanges)
            path = self._app.files.new(session.owner, _NAME)
            begun = 0.0
            if subject == "acted":
                begun, last = _ACTED_SHARE, [each for each in exchanges if each.media][-1]
                acted = path.with_name(_ACTED)
                async with aclosing(act(self._app, session, last, acted)) as shares:
                    async for share in shares:
                        yield Progress(begun * share)
                scenes = [replace(_answer(last), video=acted)]
            work = _Work(self._app, scenes, path, session.language, captions=captions)
            self._wanted += 1
            done = asyncio.get_running_loop().run_in_executor(self._thread, work.run)
            try:
                while not done.done():
                    await asyncio.wait([done], timeout=_TOLD_EVERY_S)
                    yield Progress(begun + (1 - begun) * work.share)
                await done
            finally:
                self._wanted -= 1
                work.stop()
                if not done.done():  # its files are lent until it has let go of them
                    with suppress(_Stopped, GuongError, asyncio.CancelledError):
                        await asyncio.shield(done)
        path.with_name(_ACTED).unlink(missing_ok=True)
        pictured = sum(exchange.media is not None for exchange in exchanges)
        answered = sum(bool(exchange.answer) for exchange in exchanges)
        lost = answered - pictured if subject == "conversation" else 0
        yield Film(path, lost)

    def close(self) -> None:
        """Let no more films begin."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _scenes(
        self, session: Session, subject: Subject, exchanges: list[Exchange]
    ) -> list[Scene]:
        from modules.media.scenes import Answer

        finished = [each for each in exchanges if each.said or each.answer]
        if subject != "conversation":
            finished = [each for each in finished if each.media][-1:]
            if not finished:
                raise NotFound("answer", id="")
            return [_answer(finished[0])]
        loops = await self._loops(session, finished)
        scenes = [scene for each in finished for scene in _exchange(each, session, loops)]
        if not any(isinstance(scene, Answer) for scene in scenes):
            raise NotFound("conversation", id="")
        return scenes

    async def _loops(self, session: Session, exchanges: Iterable[Exchange]) -> dict[str, Path]:
        """Return the loop of each face that appears; one that has none is left out."""
        app, portrait = self._app, session.portrait
        loops: dict[str, Path] = {}
        for face in {exchange.persona.avatar for exchange in exchanges}:
            with suppress(GuongError):
                if portrait is not None and portrait.id == face:
                    handle = app.portrait_loops.handle(session.owner, portrait)
                    loops[face] = await app.portrait_loops.path(handle, "listening")
                else:
                    loops[face] = await app.idle_loops.path(face, "listening")
        return loops


class _Stopped(Exception):
    """Nobody waits for the film any more."""


class _Work:
    """One film: made in a thread, looked at from the event loop."""

    def __init__(
        self, app: App, scenes: list[Scene], path: Path, language: str, *, captions: bool
    ) -> None:
        self.share = 0.0
        self._app = app
        self._scenes, self._path = scenes, path
        self._language, self._captions = language, captions
        self._stop = threading.Event()
        self._since = 0.0

    def stop(self) -> None:
        """Give up at the next picture; does nothing when it is finished."""
        self._stop.set()

    def run(self) -> None:
        from modules.media.film import Look, write_film

        look = Look(tell(self._language, "stage.ai"), self._captions, self._language)
        self._since = time.perf_counter()
        write_film(self._scenes, self._path, look, self._step)

    def _step(self, done: int, of: int) -> None:
        if self._stop.is_set():
            raise _Stopped
        self.share = done / of
        if self._app.busy:
            time.sleep(time.perf_counter() - self._since)
        self._since = time.perf_counter()


def _exchange(exchange: Exchange, session: Session, loops: dict[str, Path]) -> list[Scene]:
    from modules.media.scenes import Card

    scenes: list[Scene] = []
    loop = loops.get(exchange.persona.avatar)
    if exchange.said:
        scenes.append(Card(tell(session.language, "transcript.you"), exchange.said, "user", loop))
    if exchange.media:
        scenes.append(_answer(exchange))
    elif exchange.answer:  # its picture is not kept any more: it can still be read
        scenes.append(Card(exchange.persona.name, exchange.answer, "assistant", loop))
    return scenes


def _answer(exchange: Exchange) -> Answer:
    from modules.media.scenes import Answer

    assert exchange.media is not None
    media = exchange.media
    return Answer(media.video, media.audio, exchange.seconds, exchange.captions)


def _step_back() -> None:
    # Linux counts threads as processes here; elsewhere this would slow the whole app down.
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
