"""The back of a turn inside a ZeroGPU worker: one scheduling, one sync generator, one bridge.

On ZeroGPU only a function decorated with `spaces.GPU` sees the device: it runs in a forked worker,
must be a plain generator, and everything that crosses is pickled. `worker` gives the worker's side
an event loop of its own, in which the same `back` runs as anywhere else; `remote` makes the sync
generator awaitable on the app's side.

A cancelled worker ends only after its next step. So the generator gives `None` at least every
100 ms as a heartbeat, at which it can be stopped.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Any, cast

import anyio
from anyio import from_thread, to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from modules.errors import EngineFailed, GuongError, QuotaExceeded
from modules.messages import Message, TurnRequest

HEARTBEAT_S = 0.1
_DEPTH = 8
_QUOTA_RETRY_S = 3_600
_END = object()

Back = Callable[[TurnRequest], AsyncIterator[Message]]
Worker = Callable[[TurnRequest], Iterator[Message | None]]


def on_zerogpu() -> bool:
    """Tell whether this process runs on ZeroGPU hardware."""
    return bool(os.environ.get("SPACES_ZERO_GPU"))


def worker(back: Back) -> Worker:
    """Return `back` as a sync generator: what is decorated with `spaces.GPU`."""

    def run(request: TurnRequest) -> Iterator[Message | None]:
        with from_thread.start_blocking_portal("asyncio") as portal:
            send, receive = portal.call(_stream)
            pumping = portal.start_task_soon(_pump, back, request, send)
            try:
                while (message := portal.call(_next, receive)) is not _END:
                    yield cast("Message | None", message)
            finally:
                pumping.cancel()
        if not pumping.cancelled():
            pumping.result()

    return run


async def remote(call: Worker, request: TurnRequest) -> AsyncGenerator[Message, None]:
    """Yield the messages of a worker's generator without blocking the event loop.

    One thread owns the generator from the first `next()` to `close()`; a thread per item would
    close a generator that is still running. Call it inside a Gradio event: the scheduler reads the
    visitor's request from a context variable, which travels to the thread.

    Raises `QuotaExceeded` where the visitor's GPU time is used up, and `EngineFailed` where the
    worker died.
    """
    send, receive = anyio.create_memory_object_stream[Message](_DEPTH)
    gone = threading.Event()

    def own() -> None:
        steps = call(request)
        try:
            for message in steps:
                if gone.is_set():
                    break
                if message is not None:
                    from_thread.run(send.send, message)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass  # the reader went away
        finally:
            cast("Any", steps).close()

    async def pump() -> None:
        async with send:
            await to_thread.run_sync(own, abandon_on_cancel=True)

    task = asyncio.create_task(pump(), name=f"worker-{request.reply}")
    try:
        async with receive:
            async for message in receive:
                yield message
        await asyncio.wait([task])
    finally:
        gone.set()
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()):
        raise _translated(error) from error


def _translated(error: BaseException) -> GuongError:
    # `spaces` raises gr.Error and says in its title what happened.
    if "quota" in str(getattr(error, "title", "")).lower():
        return QuotaExceeded("gpu", retry_s=_QUOTA_RETRY_S)
    return EngineFailed("worker", stage="llm", engine="zerogpu")


async def _stream() -> tuple[MemoryObjectSendStream[Message], MemoryObjectReceiveStream[Message]]:
    # Made inside the worker's own event loop.
    return anyio.create_memory_object_stream[Message](_DEPTH)


async def _pump(back: Back, request: TurnRequest, send: MemoryObjectSendStream[Message]) -> None:
    async with send:
        async for message in back(request):
            await send.send(message)


async def _next(receive: MemoryObjectReceiveStream[Message]) -> object:
    with anyio.move_on_after(HEARTBEAT_S):
        try:
            return await receive.receive()
        except anyio.EndOfStream:
            return _END
    return None
