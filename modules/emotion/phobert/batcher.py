"""One thread, one bounded queue: the sentences of many sessions, computed together.

Whoever has waited longest is taken first, one text of each session at a time, and what was
cancelled is dropped before a batch is formed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from modules.emotion.phobert.network import shares
from modules.errors import EngineFailed, trace
from modules.messages import FloatArray

log = logging.getLogger("guong.emotion")

MOST_WAITING = 32
"""As many as there are turns at once (`GUONG_MAX_TURNS`)."""
MOST_WINDOWS = 16
"""In one batch."""

Compute = Callable[[Sequence[Sequence[int]]], FloatArray]


@dataclass(eq=False)
class Job:
    """One text. `deliver` is called in the batcher's thread, with logits or with an error."""

    session: str
    windows: list[list[int]]
    deliver: Callable[[FloatArray | EngineFailed], None]
    cancelled: bool = False


class Batcher:
    """Answers jobs until it is closed."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self._waiting: list[Job] = []
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="guong-emotion", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a text. Raises `EngineFailed` where too many wait, or after `close`."""
        with self._changed:
            if self._closing or len(self._waiting) >= MOST_WAITING:
                raise EngineFailed("emotion_busy", stage="emotion")
            self._waiting.append(job)
            self._changed.notify()

    def close(self) -> None:
        """End the thread; what waits is answered with an error."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while jobs := self._next():
            self._answer(jobs)
        for job in self._waiting:
            _deliver(job, EngineFailed("emotion_busy", stage="emotion"))

    def _next(self) -> list[Job]:
        """Wait for texts; return those of the next batch, none after `close`."""
        with self._changed:
            taken: list[Job] = []
            while not taken:
                while not (self._waiting or self._closing):
                    self._changed.wait()
                if self._closing:
                    return []
                self._waiting = [job for job in self._waiting if not job.cancelled]
                taken = batch(self._waiting)
                self._waiting = [job for job in self._waiting if job not in taken]
            return taken

    def _answer(self, jobs: list[Job]) -> None:
        try:
            logits = self._compute([window for job in jobs for window in job.windows])
        except Exception as error:  # noqa: BLE001 - one bad batch must not end the engine
            log.error("batch: %s", trace(error))
            for job in jobs:
                _deliver(job, EngineFailed("raised", stage="emotion"))
            return
        begin = 0
        for job in jobs:
            rows = logits[begin : begin + len(job.windows)]
            begin += len(job.windows)
            weights = shares(job.windows)[:, np.newaxis]
            _deliver(job, np.asarray((rows * weights).sum(0), np.float32))


def batch(waiting: Sequence[Job]) -> list[Job]:
    """Return who is computed next, in the order of waiting: one text of each session."""
    taken: list[Job] = []
    for job in waiting:
        room = MOST_WINDOWS - sum(len(each.windows) for each in taken)
        if job.session not in {each.session for each in taken} and (
            len(job.windows) <= room or not taken
        ):
            taken.append(job)
    return taken


def _deliver(job: Job, what: FloatArray | EngineFailed) -> None:
    try:
        job.deliver(what)
    except RuntimeError:  # the event loop of the turn has ended
        job.cancelled = True
