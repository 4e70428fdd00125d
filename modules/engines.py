"""What an engine is, what a stream is, and the ladder on which engines of a stage stand.

An `Engine` exists once per process and does not change after `load()`. All that belongs to one
session lives in the `Stream` that `open()` gives. Heavy imports happen inside `load()`: importing
an engine's module must stay cheap, because the tables of all engines are read at start.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Literal, Protocol, TypeVar, cast, runtime_checkable
from weakref import WeakSet

from anyio import to_thread

from modules.errors import EngineUnavailable
from modules.installing import command
from modules.messages import TurnRequest

Stage = Literal["asr", "emotion", "memory", "llm", "tts", "voice", "avatar"]
STAGES: tuple[Stage, ...] = ("asr", "emotion", "memory", "llm", "tts", "voice", "avatar")
Need = Literal["packages", "weights", "torch", "cuda", "gated", "network", "licence", "research"]

In = TypeVar("In")
Out = TypeVar("Out")
In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """One rung of a stage's ladder.

    `factory` is "module:Class" and is imported only when the engine is loaded. `packages` are the
    import names it needs, `weights` its keys in `modules.models.MODELS`. `first_output_s` and
    `next_output_s` are the limits after which a call counts as hung.
    """

    name: str
    stage: Stage
    factory: str
    needs: frozenset[Need] = frozenset()
    packages: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    megabytes: int = 0
    licence: str = "Apache-2.0"
    first_output_s: float = 5.0
    next_output_s: float = 2.0
    leave_mb: int = 0
    """What an engine that takes all the memory it finds has to leave to others on the card."""
    extras: tuple[str, ...] = ()
    """Keys of models that come with its weights, and that it can do without."""
    shares: str = ""
    """Name of an engine of the same stage with which it has one loaded network."""
    live: bool = True
    """False where it begins when an answer is over: it films, and nobody waits for it."""

    @property
    def embedded(self) -> bool:
        """True where the engine runs on any machine, with nothing to download."""
        return not self.needs

    @property
    def missing_packages(self) -> tuple[str, ...]:
        """Import names that are not installed, found without importing them."""
        return tuple(name for name in self.packages if importlib.util.find_spec(name) is None)

    def require_packages(self) -> None:
        """Raise `EngineUnavailable` "packages", naming what to install, where any is missing."""
        if missing := self.missing_packages:
            raise EngineUnavailable("packages", stage=self.stage, remedy=command(missing))

    def make(self) -> Engine[Any, Any]:
        """Import the engine's module and build the engine, not yet loaded."""
        module, _, name = self.factory.partition(":")
        return cast("Engine[Any, Any]", getattr(importlib.import_module(module), name)(self))


@runtime_checkable
class Stream(Protocol[In_contra, Out_co]):
    """The state of one session in one engine.

    `push` hands over an item. Iterating gives what the items pushed so far make and then ends; it
    may be pushed to and iterated again. `clear` forgets what was pushed and not yet given (a
    barge-in); `aclose` ends the stream.
    """

    async def push(self, item: In_contra) -> None: ...  # noqa: D102
    async def clear(self) -> None: ...  # noqa: D102
    async def aclose(self) -> None: ...  # noqa: D102
    def __aiter__(self) -> AsyncIterator[Out_co]: ...


class Engine(Protocol[In_contra, Out_co]):
    """One way to do the work of a stage. Built with its spec; `load` blocks and may raise
    `EngineUnavailable` or `WeightsRejected`.
    """

    spec: EngineSpec

    def load(self) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102
    def open(self, request: TurnRequest) -> Stream[In_contra, Out_co]: ...  # noqa: D102


_END = object()


class BlockingStream(Generic[In, Out]):
    """A stream whose work is a plain generator: `process` runs step by step in a worker thread.

    A step that is running when the turn is cancelled is abandoned, never waited for: its thread
    ends with the step, and the generator is not touched again. `busy` tells whether a thread is
    still at it.
    """

    def __init__(self) -> None:
        self._items: deque[In] = deque()
        self.busy = False

    def process(self, item: In) -> Iterator[Out]:
        """Do the work for one item. Runs in a worker thread, one step at a time."""
        raise NotImplementedError

    async def push(self, item: In) -> None:
        """Queue one item."""
        self._items.append(item)

    async def clear(self) -> None:
        """Forget the items that were not begun."""
        self._items.clear()

    async def aclose(self) -> None:
        """Forget everything."""
        self._items.clear()

    async def __aiter__(self) -> AsyncIterator[Out]:
        while self._items:
            steps = self.process(self._items.popleft())
            while True:
                out = await to_thread.run_sync(self._step, steps, abandon_on_cancel=True)
                if out is _END:
                    break
                yield cast("Out", out)

    def _step(self, steps: Iterator[Out]) -> object:
        self.busy = True
        try:
            return next(steps, _END)
        finally:
            self.busy = False


def in_order(
    specs: tuple[EngineSpec, ...], preferred: tuple[str, ...] = ()
) -> tuple[EngineSpec, ...]:
    """Return a stage's engines in the order they are tried: the preferred ones, then the table's.

    Names that the table does not hold are ignored: a choice stored before an update must not
    break the app.
    """
    by_name = {spec.name: spec for spec in specs}
    chosen = [by_name[name] for name in dict.fromkeys(preferred) if name in by_name]
    return (*chosen, *(spec for spec in specs if spec not in chosen))


class EngineLock:
    """A lock that a forked worker finds open: whoever held it stayed behind in the parent.

    For what an engine's threads share and every holder leaves usable: a table of things drawn, a
    device that one uses at a time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _engine_locks.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def renew(self) -> None:
        """Begin anew, held by nobody."""
        self._lock = threading.Lock()


_engine_locks: WeakSet[EngineLock] = WeakSet()


def _renew_locks() -> None:
    for lock in list(_engine_locks):
        lock.renew()


with suppress(AttributeError):  # Windows cannot fork
    os.register_at_fork(after_in_child=_renew_locks)
