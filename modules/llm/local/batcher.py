"""One thread, one bounded queue: the answers of many sessions, a token each at every step.

An answer joins the batch as soon as a slot is free and leaves it with its last token; nobody waits
for the others to end. Waiting answers are taken by the oldest deadline, one for each session at a
time, and those that were cancelled are dropped before a batch is formed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from modules.errors import EngineFailed, GuongError, out_of_memory, trace
from modules.llm.local.slots import Slot, place

log = logging.getLogger("guong.llm")

MOST_WAITING = 32
"""As many as there are turns at once (`GUONG_MAX_TURNS`)."""
ALONE, SHARED = 1_024, 256
"""Tokens of a prompt that are computed in one go, alone and while others are being answered."""


class Decoding(Protocol):
    """What the batch is computed by: `decoder.Decoder`."""

    def warm(self) -> None: ...  # noqa: D102
    def fill(self, slot: int, tokens: Sequence[int], start: int) -> object: ...  # noqa: D102
    def first(self, slot: int, prompt: Sequence[int], state: Any) -> int: ...  # noqa: D102
    def step(  # noqa: D102
        self, rows: dict[int, tuple[int, int]], idle: dict[int, int]
    ) -> dict[int, int]: ...
    def copy(self, source: int, target: int, length: int) -> None: ...  # noqa: D102


@dataclass(eq=False)
class Job:
    """One answer. `deliver` is called in the batcher's thread: with every token, then with None
    at the end, or with the error that ended it. `most` is the number of tokens it may have.
    """

    session: str
    prompt: list[int]
    most: int
    deadline: float
    deliver: Callable[[int | GuongError | None], None]
    cancelled: bool = False
    slot: Slot | None = field(default=None, repr=False)
    given: list[int] = field(default_factory=list, repr=False)


class Batcher:
    """Answers jobs until it is closed.

    `chunk` bounds how many tokens of a prompt are computed between two looks at who was cancelled.
    """

    def __init__(
        self, decoding: Decoding, slots: int, stops: frozenset[int], *, chunk: int = ALONE
    ) -> None:
        self._decoding, self._stops, self._chunk = decoding, stops, chunk
        self.slots = [Slot(index) for index in range(slots)]
        self._waiting: list[Job] = []
        self._filling: list[Job] = []
        self._answering: list[Job] = []
        self._changed = threading.Condition()
        self._closing = False
        self._clock = 0
        self._warmed = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="guong-llm", daemon=True)

    def start(self) -> None:
        """Begin, and return when everything was used once. Raises what the first use raises."""
        self._thread.start()
        self._warmed.wait()
        if self._failure:
            raise self._failure

    def submit(self, job: Job) -> None:
        """Queue an answer. Raises `EngineFailed` where too many wait, or after `close`."""
        with self._changed:
            if self._closing or len(self._waiting) >= MOST_WAITING:
                raise EngineFailed("llm_busy", stage="llm")
            self._waiting.append(job)
            self._changed.notify()

    def cancel(self, job: Job) -> None:
        """End an answer: no token of it is computed after the step that runs now."""
        job.cancelled = True

    def close(self) -> None:
        """End every answer, and the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    # --- the thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._decoding.warm()
        except Exception as error:  # noqa: BLE001 - raised again where `start` waits
            self._failure, self._closing = error, True
        self._warmed.set()
        while self._wait():
            try:
                self._turn()
            except Exception as error:  # noqa: BLE001 - one bad batch must not end the engine
                log.error("batch: %s", trace(error))
                self._fail(error)
        self._fail(EngineFailed("llm_closed", stage="llm"))

    def _wait(self) -> bool:
        with self._changed:
            while not (self._closing or self._waiting or self._filling or self._answering):
                self._changed.wait()
            return not self._closing

    def _turn(self) -> None:
        """Take in who waits, compute one part of one prompt, and one token of every answer."""
        for job in [job for job in (*self._filling, *self._answering) if job.cancelled]:
            self._leave(job)
        self._admit()
        if self._filling:
            self._fill(min(self._filling, key=_deadline))
        if self._answering:
            self._step()

    def _admit(self) -> None:
        with self._changed:
            self._waiting = [job for job in self._waiting if not job.cancelled]
            busy = {job.session for job in (*self._filling, *self._answering)}
            for job in sorted(self._waiting, key=_deadline):
                if job.session not in busy and self._seat(job):
                    busy.add(job.session)
                    self._waiting.remove(job)

    def _seat(self, job: Job) -> bool:
        found = place(self.slots, job.session, job.prompt)
        if found is None:
            return False
        slot = job.slot = found.slot
        if found.source:
            self._decoding.copy(found.source.index, slot.index, found.shared)
        slot.tokens = job.prompt[: found.shared]
        slot.session, slot.busy = job.session, True
        self._filling.append(job)
        return True

    def _fill(self, job: Job) -> None:
        assert job.slot
        start = len(job.slot.tokens)
        length = min(self._chunk, SHARED if self._answering else ALONE)
        part = job.prompt[start : start + length]
        state = self._decoding.fill(job.slot.index, part, start)
        job.slot.tokens += part
        if len(job.slot.tokens) == len(job.prompt):
            self._filling.remove(job)
            self._answering.append(job)
            self._give(job, self._decoding.first(job.slot.index, job.prompt, state))

    def _step(self) -> None:
        rows, idle = {}, {slot.index: len(slot.tokens) for slot in self.slots}
        for job in self._answering:
            if job.slot and job.given and not job.cancelled:
                rows[job.slot.index] = (job.given[-1], len(job.slot.tokens))
        if not rows:
            return
        drawn = self._decoding.step(rows, idle)
        for job in list(self._answering):
            if job.slot and job.slot.index in rows:
                job.slot.tokens.append(job.given[-1])
                self._give(job, drawn[job.slot.index])

    def _give(self, job: Job, token: int) -> None:
        if token not in self._stops and not job.cancelled:
            job.given.append(token)
            _deliver(job, token)
        if token in self._stops or job.cancelled or len(job.given) >= job.most:
            _deliver(job, None)
            self._leave(job)

    def _leave(self, job: Job) -> None:
        for group in (self._filling, self._answering):
            if job in group:
                group.remove(job)
        if job.slot:
            self._clock += 1
            job.slot.busy, job.slot.used = False, self._clock
            job.slot = None

    def _fail(self, error: Exception) -> None:
        """End every answer with an error; what the slots hold is not to be trusted any more."""
        reason = "memory" if out_of_memory(error) else "raised"
        told = error if isinstance(error, GuongError) else EngineFailed(reason, stage="llm")
        with self._changed:
            jobs = [*self._filling, *self._answering, *(self._waiting if self._closing else ())]
        for job in jobs:
            _deliver(job, told)
            self._leave(job)
        for slot in self.slots:
            slot.tokens, slot.session = [], ""


def _deliver(job: Job, what: int | GuongError | None) -> None:
    try:
        job.deliver(what)
    except RuntimeError:  # the event loop of the turn has ended
        job.cancelled = True


def _deadline(job: Job) -> float:
    return job.deadline
