"""One queue and one thread for each painter: frames of all sessions share its batches.

Who waits longest is painted first, and no session gets a second run into a batch before every other
one that waits has got its first. A run that was cancelled is dropped before the batch forms. What
else must run on the painter's thread (its ears, what it prepares) goes in between the batches.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from modules.avatar.neural.painting import Painter, Run
from modules.errors import EngineFailed
from modules.messages import ByteArray

MOST_WAITING = 256
"""Runs that may wait, of all sessions: more, and whoever comes waits outside."""

Result = TypeVar("Result")


@dataclass(eq=False)
class _Job:
    """A run to be painted, or something to be called."""

    session: object
    due: float
    run: Run | None = None
    call: Callable[[], Any] | None = None
    answer: Future[Any] = field(default_factory=Future)


class PaintQueue:
    """The way to a painter. Its methods may be called from any thread; jobs wait in order of `due`.

    The thread begins with the first job, in the process that has it: a worker of ZeroGPU is a fork
    of the process that loaded the painter.
    """

    def __init__(self, painter: Painter) -> None:
        self.painter = painter
        self.batches: list[int] = []
        """Frames of the last batches, for who measures."""
        self._jobs: list[_Job] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._process = 0
        self._closed = False

    def submit(self, run: Run, *, session: object, due: float) -> Future[ByteArray]:
        """Ask for the pictures of a run; `due` is when they are shown, on one clock for all.

        Raises `EngineFailed` "closed" once the queue is closed.
        """
        return cast("Future[ByteArray]", self._put(_Job(session, due, run=run)))

    def call(self, work: Callable[[], Result], *, due: float = 0.0) -> Result:
        """Run something on the painter's thread, and wait for what it returns.

        Raises what `work` raises, and `EngineFailed` "closed".
        """
        answer = self._put(_Job(None, due, call=work))
        try:
            return cast("Result", answer.result())
        except CancelledError as error:
            raise _gone() from error

    def close(self) -> None:
        """Cancel what waits, and end the thread after what it is doing."""
        with self._changed:
            self._closed = True
            for job in self._jobs:
                job.answer.cancel()
            self._jobs.clear()
            self._changed.notify_all()

    def _put(self, job: _Job) -> Future[Any]:
        self._begin()
        with self._changed:
            while len(self._jobs) >= MOST_WAITING and not self._closed:
                self._changed.wait()
            if self._closed:
                raise _gone()
            self._jobs.append(job)
            self._changed.notify_all()
        return job.answer

    def _begin(self) -> None:
        if self._process == os.getpid():
            return
        if self._process:  # what the fork brought along belongs to threads that are not here
            self._changed, self._jobs = threading.Condition(), []
        with self._changed:
            if self._process != os.getpid():
                self._process = os.getpid()
                name = f"paint-{self.painter.name}"
                self._thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while self._step():
            pass
        with suppress(Exception):  # nobody is left to tell
            self.painter.close()

    def _step(self) -> bool:
        """Wait for work and do it; False once the queue is closed. Nothing is held after it."""
        jobs = self._next()
        live = [job for job in jobs if job.answer.set_running_or_notify_cancel()]
        try:
            results = self._done(live) if live else []
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            for job in live:
                job.answer.set_exception(error)
        else:
            for job, result in zip(live, results, strict=True):
                job.answer.set_result(result)
        return bool(jobs)

    def _done(self, jobs: list[_Job]) -> list[Any]:
        if (call := jobs[0].call) is not None:
            return [call()]
        runs = [job.run for job in jobs if job.run is not None]
        self.batches = [*self.batches[-99:], sum(len(run.indices) for run in runs)]
        return list(self.painter.paint(runs))

    def _next(self) -> list[_Job]:
        """Wait for work; return one call, or the runs of one batch. Nothing once it is closed."""
        with self._changed:
            while not self._jobs and not self._closed:
                self._changed.wait()
            self._jobs = [job for job in self._jobs if not job.answer.cancelled()]
            taken = chosen(self._jobs, self.painter.batch)
            self._jobs = [job for job in self._jobs if job not in taken]
            self._changed.notify_all()
            if not taken and not self._closed:
                return [_Job(None, 0.0, call=lambda: None)]  # all were cancelled: come again
            return taken


def chosen(jobs: list[_Job], room: int) -> list[_Job]:
    """Return what is done next of jobs: a call, or runs that together have at most `room` frames.

    In rounds: the longest waiting run of each session, then the second of each. A session's own
    runs stay in order.
    """
    waiting = sorted(jobs, key=lambda job: job.due)
    if waiting and waiting[0].call is not None:
        return waiting[:1]
    taken: list[_Job] = []
    rounds = _rounds([job for job in waiting if job.run is not None])
    for job in rounds:
        frames = len(cast("Run", job.run).indices)
        if frames > room and taken:
            break
        taken.append(job)
        room -= frames
    return taken


def _rounds(waiting: list[_Job]) -> list[_Job]:
    number: dict[int, int] = {}
    keyed = []
    for job in waiting:
        turn = number[id(job.session)] = number.get(id(job.session), -1) + 1
        keyed.append((turn, job.due, job))
    return [job for _, _, job in sorted(keyed, key=lambda entry: entry[:2])]


def _gone() -> EngineFailed:
    return EngineFailed("closed", stage="avatar", engine="")
