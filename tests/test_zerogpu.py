"""The back of a turn across a fork: the same messages, pickled, and clean ends."""

import asyncio
import multiprocessing
import os
import time
from collections import Counter
from functools import partial

import pytest

from modules import zerogpu
from modules.conversation.back import back
from modules.conversation.cache import Cache
from modules.errors import EngineFailed, QuotaExceeded
from modules.messages import Clause, MediaChunk, Speech, TurnEnd
from tests.scripted import Scripted, hangs, raises, request, residency, says, shows, speaks

FORK = multiprocessing.get_context("fork")


def forked(task):
    """Run a generator in a forked worker, as `spaces` 0.51 does: results are pickled, and a
    worker that was told to stop looks only after its next step."""

    def call(*args):
        results, stop = FORK.SimpleQueue(), FORK.Event()

        def work():
            steps = task(*args)
            try:
                for step in steps:
                    if stop.is_set():
                        steps.close()
                        break
                    results.put(("ok", step))
                results.put(("end", None))
            except Exception as error:
                results.put(("error", type(error).__name__))

        process = FORK.Process(target=work, daemon=True)
        process.start()
        kind = ""
        try:
            while True:
                kind, value = results.get()
                if kind == "end":
                    return
                if kind == "error":
                    raise RuntimeError(value)
                yield value
        finally:
            stop.set()
            while kind == "ok":
                kind, _ = results.get()
            process.join()

    return call


def engines(llm):
    return (
        Scripted("llm", "llm", llm),
        Scripted("tts", "tts", speaks(0.4)),
        Scripted("avatar", "avatar", shows()),
    )


def in_worker(*made):
    run = zerogpu.worker(partial(back, residency=residency(*made), cache=Cache(1 << 20)))
    return forked(run)


async def collect(call, *made):
    return [m async for m in zerogpu.remote(call, request(*made))]


async def gone(deadline_s=3.0):
    started = time.perf_counter()
    while multiprocessing.active_children() and time.perf_counter() - started < deadline_s:
        await asyncio.sleep(0.01)
    return not multiprocessing.active_children()


def test_a_forked_worker_gives_the_same_messages_as_this_process():
    made = engines(says("Chào bạn. ", "Khỏe không?"))

    async def both():
        local = back(request(*made), residency(*made), Cache(1 << 20))
        return [m async for m in local], await collect(in_worker(*made), *made)

    here, there = asyncio.run(both())

    # Stages run side by side: only the order within a kind is fixed.
    def clauses(messages):
        return [m for m in messages if isinstance(m, Clause)]

    def tracks(messages):
        return Counter(m.track for m in messages if isinstance(m, MediaChunk))

    def samples(messages):
        return sum(len(m.samples) for m in messages if isinstance(m, Speech))

    assert clauses(here) == clauses(there) != []
    assert tracks(here) == tracks(there)
    assert samples(here) == samples(there) > 0
    assert isinstance(there[-1], TurnEnd)
    assert there[-1].reason == "done"


def test_the_worker_runs_in_another_process():
    async def pid(_):
        yield os.getpid()

    async def ask():
        made = engines(says("x"))
        return [m async for m in zerogpu.remote(forked(zerogpu.worker(pid)), request(*made))]

    (worker_pid,) = asyncio.run(ask())
    assert worker_pid != os.getpid()


def test_a_worker_that_waits_gives_a_heartbeat_at_least_every_tenth_of_a_second():
    made = engines(hangs())
    run = zerogpu.worker(partial(back, residency=residency(*made), cache=Cache(1 << 20)))
    steps = run(request(*made))
    started = time.perf_counter()
    assert [next(steps) for _ in range(3)] == [None, None, None]
    assert time.perf_counter() - started < 1.0
    steps.close()


@pytest.mark.parametrize("llm", [hangs(), says(*["Một câu nữa đây. "] * 500)])
def test_cancelling_ends_the_worker_and_leaves_no_task(llm):
    made = engines(llm)

    async def interrupt():
        task = asyncio.create_task(collect(in_worker(*made), *made))
        await asyncio.sleep(0.4)
        started = time.perf_counter()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        waited = time.perf_counter() - started
        return waited, await gone(), asyncio.all_tasks() == {asyncio.current_task()}

    waited, ended, clean = asyncio.run(interrupt())
    assert waited < 0.5  # the app's side never waits for the worker's next step
    assert ended
    assert clean


def test_a_failure_inside_the_worker_arrives_as_messages():
    made = engines(raises(RuntimeError("secret detail")))
    messages = asyncio.run(collect(in_worker(*made), *made))
    assert messages[-1].reason == "failed"
    assert [m.code for m in messages[:-1]] == ["engine_failed.raised"]
    assert "secret detail" not in repr(messages)


def test_a_dead_worker_is_an_engine_failure():
    async def dies(_):
        raise RuntimeError("killed")
        yield

    async def ask():
        made = engines(says("x"))
        return [m async for m in zerogpu.remote(forked(zerogpu.worker(dies)), request(*made))]

    with pytest.raises(EngineFailed):
        asyncio.run(ask())
    assert not multiprocessing.active_children()


def test_a_used_up_quota_is_told_apart_from_a_failure():
    class QuotaError(Exception):
        title = "ZeroGPU quota exceeded"

    def refuses(_):
        raise QuotaError
        yield

    async def ask():
        return [m async for m in zerogpu.remote(refuses, request())]

    with pytest.raises(QuotaExceeded) as caught:
        asyncio.run(ask())
    assert caught.value.params["retry_s"] > 0
