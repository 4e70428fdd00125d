"""Preparing a face for an engine that paints mouths: once, beside running turns, with progress."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from modules.avatar import PAINTERS
from modules.errors import EngineUnavailable, GuongError
from modules.messages import Portrait

if TYPE_CHECKING:
    from modules.avatar.neural.painting import Mover
    from modules.conversation.app import App

Progress = Callable[[float], None]
_TOLD_EVERY_S = 0.2
_MOTION_SHARE = 0.4
"""Of the whole: finding out how the face moves; the rest is the painter's."""


class Preparing:
    """One face at a time for the whole app: it takes the processor, and sometimes the card."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._turn = asyncio.Lock()

    def wanted(self) -> tuple[str, ...]:
        """Return the resident engines that show only what they were prepared for."""
        return tuple(n for n in self._app.residency.resident("avatar") if n in PAINTERS)

    def missing(self, portrait: Portrait) -> tuple[str, ...]:
        """Return the engines that a face could be prepared for and was not."""
        return tuple(n for n in self.wanted() if PAINTERS[n] not in portrait.prepared)

    async def prepare(self, owner: str, face: str, engine: str) -> AsyncGenerator[float, None]:
        """Prepare a face for an engine; yield the share that is done, 1 at the end.

        Who stops reading stops it. Raises `NotFound` "avatar", `EngineUnavailable` for an engine
        that is not there or prepares nothing, and what the painter raises.
        """
        if engine not in self.wanted():
            remedy = ", ".join(self.wanted())
            raise EngineUnavailable("unknown_engine", stage="avatar", remedy=remedy)
        yield 0.0
        async with self._turn:
            portrait = await to_thread.run_sync(self._app.faces.get, owner, face)
            work = _Work(self._app, portrait, self._mover())
            with self._app.residency.lease("avatar", engine) as lent:
                done = asyncio.create_task(to_thread.run_sync(work.run, lent))
                try:
                    while not done.done():
                        await asyncio.wait([done], timeout=_TOLD_EVERY_S)
                        yield min(0.99, work.share)
                    await done
                finally:
                    work.stop.set()
                    if not done.done():  # the engine is lent until it has let go of it
                        await asyncio.shield(asyncio.wait([done]))
        await self._renew(owner, face)
        yield 1.0

    async def _renew(self, owner: str, face: str) -> None:
        """Tell every session that wears the face what it can do now."""
        for session in self._app.sessions:
            if session.owner == owner and session.portrait and session.portrait.id == face:
                await session.configure(session.persona)

    def _mover(self) -> Mover | None:
        """Return who moves portraits best of what is loaded; None leaves it to the puppet."""
        residency: Any = self._app.residency
        for name in residency.resident("avatar"):
            with residency.lease("avatar", name) as engine:
                mover = getattr(engine, "mover", None)
                if mover is not None:
                    found: Mover = mover
                    return found
        return None

    async def prepare_quietly(self, owner: str, face: str, engine: str) -> None:
        """The same, for who only waits for the end."""
        async for _ in self.prepare(owner, face, engine):
            pass


class _Work:
    """One preparation: made in a thread, looked at from the event loop."""

    def __init__(self, app: App, portrait: Portrait, mover: Mover | None) -> None:
        self.share = 0.0
        self.stop = threading.Event()
        self._app, self._portrait, self._mover = app, portrait, mover

    def run(self, engine: Any) -> None:
        """Find out how the face moves, then let a `NeuralEngine` prepare it."""
        from modules.avatar.neural.shelf import motion_file, read_motion, write_motion
        from modules.avatar.neural.sources import motion_of

        file = motion_file(self._portrait)
        try:
            read_motion(file)
        except GuongError:  # not there yet, or damaged
            part = partial(self._part, 0.0)
            motion = motion_of(self._portrait, self._app.finder, self._mover, part)
            write_motion(file, motion)
        if not self.stop.is_set():
            engine.prepare(self._portrait, partial(self._part, _MOTION_SHARE), self.stop.is_set)

    def _part(self, begun: float, share: float) -> None:
        whole = _MOTION_SHARE if begun == 0.0 else 1 - _MOTION_SHARE
        self.share = begun + whole * share
