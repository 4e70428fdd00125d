"""The back of a turn across a fork: the same messages, pickled, and clean ends."""

import asyncio
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

import pytest
from spaces.zero.gradio import error as gpu_error

from modules import zerogpu
from modules.conversation.back import back
from modules.conversation.cache import Cache
from modules.errors import AtCapacity, EngineFailed, QuotaExceeded
from modules.messages import Clause, MediaChunk, Speech, TextDelta, TurnEnd
from tests.scripted import Scripted, hangs, raises, request, residency, says, shows, speaks

FORK = multiprocessing.get_context("fork")


def forked(task):
    """Run a generator in a forked worker, as `spaces` 0.51.3 does: in a thread of a process that
    was forked from a serving one; arguments and results are pickled; a worker that was told to stop
    looks only after its next step. What cannot be imitated without a card: that CUDA must not have
    been touched before the fork."""

    def call(*args):
        results, stop = FORK.SimpleQueue(), FORK.Event()
        sent = pickle.dumps(args)

        def iterate():
            steps = task(*pickle.loads(sent))
            try:
                for step in steps:
                    if stop.is_set():
                        steps.close()
                        break
                    results.put(("ok", step))
                results.put(("end", None))
            except Exception as error:
                results.put(("error", type(error).__name__))

        def work():
            with ThreadPoolExecutor() as executor:
                executor.submit(copy_context().run, iterate)

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


def refusing(error):
    def refuses(_):
        raise error
        yield

    return refuses


def ask(call, *made):
    async def turn():
        return [m async for m in zerogpu.remote(call, request(*made), begin_s=0.2)]

    return asyncio.run(turn())


QUOTA = "You have exceeded your free ZeroGPU quota (45s requested vs. 12s left). Try again in "


@pytest.mark.parametrize(
    ("title", "message", "kind", "retry_s"),
    [
        ("ZeroGPU quota exceeded", QUOTA + "3:02:01. ", QuotaExceeded, 10_921),
        ("ZeroGPU quota exceeded", QUOTA + "1 day, 0:00:10. ", QuotaExceeded, 86_410),
        ("ZeroGPU quota exceeded", "Space app has reached its GPU limit. ", QuotaExceeded, 86_400),
        ("ZeroGPU illegal duration", "The requested GPU duration (90s) is larger", QuotaExceeded,
         86_400),
        ("ZeroGPU quota exceeded", "No GPU was available after 60s. Try", AtCapacity, 60),
        ("ZeroGPU queue timeout", "No GPU was available after 60s. Create", AtCapacity, 60),
        ("ZeroGPU client error", "No GPU was available", AtCapacity, 60),
        ("ZeroGPU pending credits exceeded", "You have too many", AtCapacity, 60),
        ("ZeroGPU worker error", "GPU task aborted", EngineFailed, None),
        ("ZeroGPU client error", "Expired ZeroGPU proxy token", EngineFailed, None),
    ],
)  # fmt: skip
def test_what_the_scheduler_refuses_with_is_told_apart(title, message, kind, retry_s):
    # Titles and sentences of `spaces` 0.51.3, zero/client.py and zero/wrappers.py.
    with pytest.raises(kind) as caught:
        ask(refusing(gpu_error(title, message)))
    assert caught.value.params.get("retry_s") == retry_s


def test_who_waits_for_a_card_too_long_waits_no_longer():
    taken = threading.Event()

    def queued(_):
        taken.wait(5)
        yield

    with pytest.raises(AtCapacity):
        ask(queued)
    taken.set()


def test_a_slow_first_message_is_no_queue():
    def slow(_):
        for _ in range(4):
            time.sleep(0.1)
            yield None
        yield TurnEnd(1, "done")

    assert ask(slow) == [TurnEnd(1, "done")]


def test_a_reader_that_waits_holds_no_card():
    finished = threading.Event()

    def many(_):
        for number in range(200):
            yield TextDelta(1, str(number))
        finished.set()

    async def read():
        messages = zerogpu.remote(many, request())
        await anext(messages)
        assert await asyncio.to_thread(finished.wait, 2)  # though one was read, and 199 not
        return 1 + len([m async for m in messages])

    assert asyncio.run(read()) == 200


def with_spaces(*arguments):
    """Run turns under the wrappers and workers of `spaces` themselves, in a process of its own."""
    command = [sys.executable, "-m", "tests.lent_gpu", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_spaces_own_wrapper_takes_the_generator_and_keeps_its_worker_for_the_next_turn():
    found = with_spaces()
    first, second = found["answers"]
    assert [a["engine"] for a in found["answers"]] == ["card", "card"]
    assert first["text"] == second["text"]  # the same process twice, and not this one
    assert str(found["pid"]) not in first["text"]
    assert first["samples"] == second["samples"] > 0
    assert first["notices"] == second["notices"] == []
    assert len(found["asked"]) == found["released"] == 3  # the interrupted one gives back too
    assert all(10 <= seconds <= 60 for seconds in found["asked"])


def test_where_spaces_refuses_the_embedded_engines_answer_here():
    found = with_spaces("quota")
    for answer in found["answers"]:
        assert answer["engine"] == "companion"
        assert answer["notices"] == ["without_gpu"]
        assert str(found["pid"]) in answer["text"]
    assert found["released"] == 0
