"""Preparing a face for an engine that paints mouths: once, beside running turns, with progress.

First how the face moves is found out, on the processor (its clip, or the loop of who moves a
portrait best), then the painter prepares what it needs of each frame: where the card is lent by the
call, in a call of its own.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from modules.avatar import PAINTERS
from modules.errors import EngineUnavailable, GuongError
from modules.messages import Portrait, TurnRequest

if TYPE_CHECKING:
    from modules.avatar.neural.painting import Mover
    from modules.conversation.app import App

log = logging.getLogger("guong.preparing")

_TOLD_EVERY_S = 0.2
_MOTION = 0.4
"""Share of the whole that finding out how the face moves is; the rest is the painter's."""


class Preparing:
    """One face at a time for the whole app: it takes the processor, and sometimes the card."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._turn = asyncio.Lock()
        self._renewing: set[str] = set()
        """Faces that are being prepared again."""

    def wanted(self) -> tuple[str, ...]:
        """Return the resident engines that show only what they were prepared for."""
        return tuple(n for n in self._app.residency.resident("avatar") if n in PAINTERS)

    def missing(self, portrait: Portrait) -> tuple[str, ...]:
        """Return the engines that a face could be prepared for and was not, or by a painter of
        another version, or onto frames that are moved better now.
        """
        return tuple(name for name in self.wanted() if not self._ready(portrait, name))

    def again(self, owner: str, portrait: Portrait) -> None:
        """Prepare a face anew, in the background, for the engines that it was prepared for once.

        Not where the card is lent by the call: its minutes are the visitor's.
        """
        old = [name for name in self.missing(portrait) if PAINTERS[name] in portrait.prepared]
        if old and not self._app.gpu and portrait.id not in self._renewing:
            self._renewing.add(portrait.id)
            self._app.spawn(self._again(owner, portrait.id, old))

    async def _again(self, owner: str, face: str, engines: list[str]) -> None:
        try:
            for name in engines:
                portrait = await to_thread.run_sync(self._app.faces.get, owner, face)
                if name in self.missing(portrait):  # two engines may share a painter
                    await self.prepare_quietly(owner, face, name)
        except GuongError as error:
            log.warning("%s is not prepared again: %s", face, error.code)
        finally:
            self._renewing.discard(face)

    def _ready(self, portrait: Portrait, name: str) -> bool:
        from modules.avatar.neural.shelf import made, motion_file
        from modules.avatar.neural.sources import current

        if PAINTERS[name] not in portrait.prepared:
            return False
        try:
            if not current(made(motion_file(portrait)), self._mover()):
                return False
        except GuongError:  # none is kept, or a damaged one
            return False
        with self._app.residency.lease("avatar", name) as engine:
            painter: Any = engine
            return bool(painter.prepared(portrait))

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
            async with aclosing(self._moved(portrait)) as shares:
                async for share in shares:
                    yield _MOTION * share
            async with aclosing(self._painted(portrait, engine)) as shares:
                async for share in shares:
                    yield min(0.99, _MOTION + (1 - _MOTION) * share)
        await self._renew(owner, face)
        yield 1.0

    async def prepare_quietly(self, owner: str, face: str, engine: str) -> None:
        """The same, for who only waits for the end."""
        async for _ in self.prepare(owner, face, engine):
            pass

    async def _moved(self, portrait: Portrait) -> AsyncGenerator[float, None]:
        step = partial(_find_motion, portrait, self._app.finder, self._mover())
        async with aclosing(_shares(step)) as shares:
            async for share in shares:
                yield share

    async def _painted(self, portrait: Portrait, engine: str) -> AsyncGenerator[float, None]:
        gpu, spec = self._app.gpu, self._app.residency.spec("avatar", engine)
        if gpu and "cuda" in spec.needs:
            request = TurnRequest(0, "", portrait=portrait, engines={"avatar": (engine,)})
            async with aclosing(gpu.prepare(request)) as shares:
                async for share in shares:
                    yield share
            return
        with self._app.residency.lease("avatar", engine) as lent:
            painter: Any = lent
            async with aclosing(_shares(partial(painter.prepare, portrait))) as shares:
                async for share in shares:
                    yield share

    def _mover(self) -> Mover | None:
        """Return who moves portraits best of what is loaded; None leaves it to the puppet.

        Always None where the card is lent by the call (ZeroGPU): minutes of a visitor's card are
        not spent on an idle loop. A loop that a network made elsewhere stays.
        """
        residency: Any = self._app.residency
        if self._app.gpu:
            return None
        for name in residency.resident("avatar"):
            with residency.lease("avatar", name) as engine:
                mover: Mover | None = getattr(engine, "mover", None)
                if mover is not None:
                    return mover
        return None

    async def _renew(self, owner: str, face: str) -> None:
        """Tell every session that wears the face what it can do now."""
        for session in self._app.sessions:
            if session.owner == owner and session.portrait and session.portrait.id == face:
                await session.configure(session.persona)


async def _shares(
    work: Callable[[Callable[[float], None], Callable[[], bool]], object],
) -> AsyncGenerator[float, None]:
    """Run `work(progress, cancelled)` in a thread; yield how far it is.

    Who stops reading cancels it, and waits until it has let go of what it holds.
    """
    share, stop = 0.0, threading.Event()

    def progress(done: float) -> None:
        nonlocal share
        share = done

    done = asyncio.create_task(to_thread.run_sync(work, progress, stop.is_set))
    try:
        while not done.done():
            await asyncio.wait([done], timeout=_TOLD_EVERY_S)
            yield share
        await done
    finally:
        stop.set()
        if not done.done():
            await asyncio.shield(asyncio.wait([done]))


def _find_motion(
    portrait: Portrait, finder: Any, mover: Mover | None,
    progress: Callable[[float], None], cancelled: Callable[[], bool],
) -> None:  # fmt: skip
    """Find out how a face moves, unless it is known, from who moves it best now."""
    from modules.avatar.neural.shelf import motion_file, read_motion, write_motion
    from modules.avatar.neural.sources import current, motion_of

    file = motion_file(portrait)
    try:
        if current(read_motion(file), mover):
            return
    except GuongError as error:
        log.debug("%s moves anew: %s", portrait.id, error.code)  # none is there, or a damaged one
    motion = motion_of(portrait, finder, mover, progress)
    if not cancelled():
        write_motion(file, motion)
