"""Who is painted with whom, in which order, and what happens to what nobody waits for."""

import threading
from concurrent.futures import CancelledError

import numpy as np
import pytest

from modules.avatar.neural.painting import Run
from modules.avatar.neural.queue import PaintQueue, _Job, chosen
from modules.errors import EngineFailed
from tests.avatar.neural.oracle import Oracle


def run(frames=4):
    return Run(
        np.arange(500), np.arange(frames), np.zeros((frames, 3), np.float32),
        np.ones(frames, np.float32),
    )  # fmt: skip


def job(session, due, frames=4):
    return _Job(session, due, run=run(frames))


def test_every_session_gets_its_first_run_before_anybody_gets_a_second():
    busy, late = object(), object()
    jobs = [job(busy, 0), job(busy, 0.1), job(busy, 0.2), job(late, 5)]
    assert [(j.session is busy, j.due) for j in chosen(jobs, 12)] == [
        (True, 0), (False, 5), (True, 0.1),
    ]  # fmt: skip


def test_the_longest_waiting_session_comes_first_and_a_batch_is_never_too_large():
    sessions = [object() for _ in range(8)]
    jobs = [job(session, 8 - k) for k, session in enumerate(sessions)]
    taken = chosen(jobs, 16)
    assert [j.due for j in taken] == [1, 2, 3, 4]
    assert sum(len(j.run.indices) for j in chosen([job(1, 0, 12), job(2, 1, 12)], 16)) == 12


def test_a_call_waits_for_who_is_due_before_it():
    called = _Job(None, 3.0, call=lambda: None)
    assert chosen([job(1, 1), called], 16)[0].run is not None
    assert chosen([job(1, 4), called], 16) == [called]


def test_what_is_cancelled_is_not_painted_and_its_neighbours_are():
    begun, go = threading.Event(), threading.Event()

    class Slow(Oracle):
        def paint(self, runs):
            begun.set()
            go.wait(5)
            return super().paint(runs)

    painter = Slow()
    queue = PaintQueue(painter)
    first = queue.submit(run(16), session=1, due=0)
    begun.wait(5)
    kept, dropped = (queue.submit(run(), session=k, due=k) for k in (2, 3))
    dropped.cancel()
    go.set()
    assert len(first.result(5)) == 16
    assert len(kept.result(5)) == 4
    assert painter.painted == [[16], [4]]
    queue.close()


def test_what_a_painter_raises_reaches_only_those_whose_batch_it_was():
    class Broken(Oracle):
        def paint(self, runs):
            if len(self.painted) == 0:
                self.painted.append("raised")
                raise RuntimeError("device")
            return super().paint(runs)

    queue = PaintQueue(Broken())
    with pytest.raises(RuntimeError, match="device"):
        queue.submit(run(), session=1, due=0).result(5)
    assert len(queue.submit(run(), session=1, due=0).result(5)) == 4
    queue.close()


def test_a_closed_queue_lets_nobody_wait():
    painter = Oracle()
    queue = PaintQueue(painter)
    begun, go = threading.Event(), threading.Event()
    holding = threading.Thread(target=lambda: queue.call(lambda: begun.set() or go.wait(5)))
    holding.start()
    begun.wait(5)
    waiting = queue.submit(run(), session=1, due=0)
    queue.close()
    go.set()
    holding.join(5)
    with pytest.raises(CancelledError):
        waiting.result(5)
    with pytest.raises(EngineFailed, match="closed"):
        queue.submit(run(), session=1, due=0)
