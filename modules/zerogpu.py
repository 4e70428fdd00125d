"""A worker of ZeroGPU: one scheduling, one sync generator, one bridge.

On ZeroGPU only a function decorated with `spaces.GPU` sees the device: it runs in a forked worker,
must be a plain generator, and everything that crosses is pickled. `worker` gives the worker's side
an event loop of its own, in which the same `back` runs as anywhere else; `remote` makes the sync
generator awaitable on the app's side.

A cancelled worker ends only after its next step. So the generator gives `None` at least every
100 ms as a heartbeat, at which it can be stopped.
"""

from __future__ import annotations

import asyncio
import math
import os
import re
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Any, TypeVar, cast

import anyio
from anyio import from_thread, to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from modules.errors import AtCapacity, EngineFailed, GuongError, QuotaExceeded

HEARTBEAT_S = 0.1
BEGIN_S = 30.0
"""How long to wait for a GPU and for the models to arrive on it. Who waits longer is answered
without one; the platform itself gives up after a minute."""
COMPILE_S = 1_500
"""How long a worker may take to compile what an engine needs, before the launch."""
_DEPTH = 8
_DAY_S = 86_400
_FULL_RETRY_S = 60
_WAIT = re.compile(r"Try again in (?:(\d+) days?, )?(\d+):(\d\d):(\d\d)")
_END = object()

Job = TypeVar("Job")
Out = TypeVar("Out")


def on_zerogpu() -> bool:
    """Tell whether this process runs on ZeroGPU hardware."""
    return bool(os.environ.get("SPACES_ZERO_GPU"))


def before_launch(work: Callable[[], Out]) -> Out:
    """Return what `work` makes on the device, in a worker, while the app is not launched yet.

    Raises `RuntimeError` where it fails, in the worker or on the way there.
    """
    import spaces
    from gradio import Error

    try:
        return cast("Out", spaces.GPU(duration=COMPILE_S)(work)())
    except Error as error:  # how a worker's failure arrives
        raise RuntimeError(str(error)) from error


def worker(back: Callable[[Job], AsyncIterator[Out]]) -> Callable[[Job], Iterator[Out | None]]:
    """Return `back` as a sync generator: what is decorated with `spaces.GPU`."""

    def run(job: Job) -> Iterator[Out | None]:
        with from_thread.start_blocking_portal("asyncio") as portal:
            send, receive = portal.call(_stream)
            pumping = portal.start_task_soon(_pump, back, job, send)
            try:
                while (message := portal.call(_next, receive)) is not _END:
                    yield cast("Out | None", message)
            finally:
                pumping.cancel()
        if not pumping.cancelled():
            pumping.result()

    return run


async def remote(
    call: Callable[[Job], Iterator[Out | None]], job: Job, begin_s: float = BEGIN_S
) -> AsyncGenerator[Out, None]:
    """Yield what a worker's generator gives, without blocking the event loop.

    One thread owns the generator from the first `next()` to `close()`; a thread per item would
    close a generator that is still running. Nothing that a reader waits with holds the worker up:
    its time is the visitor's quota. Call it inside a Gradio event: the scheduler reads the
    visitor's request from a context variable, which travels to the thread.

    Raises `QuotaExceeded` where the visitor's GPU time is used up, `AtCapacity` where no GPU is
    free within `begin_s`, and `EngineFailed` where the worker died.
    """
    send, receive = anyio.create_memory_object_stream[Out | None](math.inf)
    gone = threading.Event()

    def own() -> None:
        steps, begun = call(job), False
        try:
            for message in steps:
                if gone.is_set():
                    break
                if message is not None or not begun:  # the first heartbeat tells that it runs
                    from_thread.run_sync(send.send_nowait, message)
                begun = True
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass  # the reader went away
        finally:
            cast("Any", steps).close()

    async def pump() -> None:
        async with send:
            await to_thread.run_sync(own, abandon_on_cancel=True)

    task = asyncio.create_task(pump(), name="gpu-worker")
    try:
        async with receive:
            with anyio.move_on_after(begin_s) as limit:
                first = await anext(receive, None)
            if limit.cancelled_caught:
                raise AtCapacity("gpu", retry_s=_FULL_RETRY_S)
            if first is not None:
                yield first
            async for message in receive:
                if message is not None:
                    yield message
        await asyncio.wait([task])
    finally:
        gone.set()
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()):
        raise translated(error) from error


def translated(error: BaseException) -> GuongError:
    """Return what an error of `spaces` means (0.51.3: a `gr.Error` with title and message).

    "ZeroGPU quota exceeded" stands for a used-up quota and, for visitors without a token, also for
    a card that stayed busy; a scheduler that wants more than it may have says "illegal duration".
    """
    if isinstance(error, GuongError):
        return error
    title, said = str(getattr(error, "title", "")).lower(), str(getattr(error, "message", ""))
    if "No GPU was available" in said or "queue timeout" in title or "pending credits" in title:
        return AtCapacity("gpu", retry_s=_FULL_RETRY_S)
    if "quota" in title or "illegal duration" in title:
        return QuotaExceeded("gpu", retry_s=_wait_s(said))
    return EngineFailed("worker", stage="llm", engine="zerogpu")


def _wait_s(said: str) -> int:
    found = _WAIT.search(said)
    if found is None:
        return _DAY_S  # it returns a day after the first use
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return days * _DAY_S + hours * 3600 + minutes * 60 + seconds


async def _stream() -> tuple[MemoryObjectSendStream[Any], MemoryObjectReceiveStream[Any]]:
    # Made inside the worker's own event loop.
    return anyio.create_memory_object_stream[Any](_DEPTH)


async def _pump(
    back: Callable[[Job], AsyncIterator[Out]], job: Job, send: MemoryObjectSendStream[Out]
) -> None:
    async with send:
        async for message in back(job):
            await send.send(message)


async def _next(receive: MemoryObjectReceiveStream[Any]) -> object:
    with anyio.move_on_after(HEARTBEAT_S):
        try:
            return await receive.receive()
        except anyio.EndOfStream:
            return _END
    return None
