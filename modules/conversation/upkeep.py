"""What goes on beside the conversations: getting ready, tidying, resting, copying out."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

from anyio import to_thread

from modules import avatar, heap, llm
from modules.conversation import snapshots
from modules.conversation.loading import load_engines
from modules.conversation.session import Session
from modules.errors import GuongError

if TYPE_CHECKING:
    from modules.conversation.app import App

log = logging.getLogger("guong.app")

_SWEEP_S = 600.0
_FACES_WAIT_S = 0.5
_QUIET_S = 5.0
"""When nobody has spoken for this long, or up to twice as long, memory is given back."""


async def prepare(app: App) -> None:
    """Load the engines, and what the first visitor would else wait for."""
    if app.gpu is None:  # else all was loaded before the launch, and nothing may be after it
        await load_engines(app)
    await to_thread.run_sync(app.memories.warm)
    try:
        await app.idle_loops.path(avatar.avatars()[0].id)
        await _rehearse(app)
    except GuongError as error:
        log.warning("not all is prepared: %s", error.code)
    app.ready.set()
    log.info("ready")
    await _prepare_faces(app)


async def tidy(app: App) -> None:
    """Delete files nobody fetched, and voices and faces nobody used, now and then."""
    while True:
        try:
            await to_thread.run_sync(app.files.sweep)
            await to_thread.run_sync(app.voices.expire, app.settings.keep_days)
            await to_thread.run_sync(app.faces.expire, app.settings.keep_days)
        except (GuongError, OSError) as error:
            log.warning("tidying failed: %s", type(error).__name__)
        await asyncio.sleep(_SWEEP_S)


async def rest(app: App) -> None:
    """Give back the memory of past turns whenever nobody speaks."""
    seen = rested = 0
    while True:
        await asyncio.sleep(_QUIET_S)
        if not app.busy and rested != app.turns_begun == seen:
            rested = seen
            await to_thread.run_sync(heap.give_back)
        seen = app.turns_begun


async def copy_out(app: App) -> None:
    """Copy what is kept of users to the bucket, where there is one, now and then."""
    while app.snapshots is not None:
        await asyncio.sleep(snapshots.EVERY_S)
        await to_thread.run_sync(take_snapshot, app)


def take_snapshot(app: App) -> None:
    """Copy what is kept of users to the bucket, where there is one, now."""
    try:
        if app.snapshots is not None:
            app.snapshots.take()
    except (GuongError, OSError) as error:
        log.warning("copying to the bucket failed: %s", type(error).__name__)


async def _rehearse(app: App) -> None:
    """Go through a turn that nobody hears: the first visitor must not pay for first uses.

    The embedded companion answers, not a server that somebody pays for. First uses are slow:
    that one of them was too slow says nothing of the next turn.
    """
    owner = os.urandom(16).hex()
    session = Session(app, owner, None, live=False)
    session.choices["llm"] = llm.ENGINES[-1].name
    async for _ in session.turn("Xin chào, bạn khỏe không?", 1):
        pass
    app.cache.forget(owner)
    app.residency.wake_all()


async def _prepare_faces(app: App) -> None:
    """Prepare the personas that nobody has chosen yet, while nobody is being answered."""
    waiting = [each.id for each in avatar.avatars()]
    while waiting:
        await asyncio.sleep(_FACES_WAIT_S)
        if not app.busy:
            await to_thread.run_sync(avatar.prepare, waiting.pop())
