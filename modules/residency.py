"""Which engines are loaded, who uses them, and how they come and go.

The `App` owns one `Residency`: the only code that loads or unloads an engine. A turn takes leases;
an engine is closed when the last lease on it ends. Engines that fail, hang or fall behind rest for
a while and are not offered meanwhile.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import anyio
from anyio import to_thread

from modules import card
from modules.engines import Engine, EngineSpec, Stage, in_order
from modules.errors import EngineFailed, EngineUnavailable, GuongError, out_of_memory, trace
from modules.installing import command

log = logging.getLogger("guong.residency")

RESTS_S = 30.0
"""An engine that failed is not offered for this long."""
ABANDONED_LIMIT = 3
"""With this many threads stuck in calls that do not return, the app says "restart"."""

_LOOK_S = 0.05

State = Literal["absent", "loading", "resident", "failed"]


class Present(Protocol):
    """What Residency must know of weights: `modules.models.Weights` is one."""

    def present(self, key: str) -> bool:
        """Tell whether all files of a model are on disk and whole."""


@dataclass
class _Place:
    spec: EngineSpec
    state: State = "absent"
    engine: Engine[Any, Any] | None = None
    leases: int = 0
    closing: bool = False
    resting_until: float = 0.0
    error: str = ""
    remedy: str = ""
    loading: anyio.Lock = field(default_factory=anyio.Lock)


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """One line of the engines panel and of `/engines`."""

    spec: EngineSpec
    state: State
    resting: bool
    reason: str
    """Why it cannot run now, as an error code; empty where it can."""
    remedy: str


class Residency:
    """All engines of one process, by stage and name."""

    def __init__(
        self, tables: Mapping[Stage, tuple[EngineSpec, ...]], weights: Present | None = None
    ) -> None:
        self._tables = tables
        self._weights = weights
        self._places = {(s.stage, s.name): _Place(s) for specs in tables.values() for s in specs}
        self._abandoned: list[object] = []
        self.on_exhausted: Callable[[Stage, str], None] = lambda stage, name: None
        """Told when an engine ran out of memory while it worked."""
        self.research = False
        """Whether the owner allows engines that are for research and personal use only."""

    def abandon(self, stream: object) -> None:
        """Remember a stream whose call outlived its limit and was left behind."""
        self._abandoned = [*filter(_busy, self._abandoned), stream]

    @property
    def needs_restart(self) -> bool:
        """True while so many threads are stuck in abandoned calls that only a restart helps."""
        return sum(map(_busy, self._abandoned)) >= ABANDONED_LIMIT

    def obstacle(self, spec: EngineSpec) -> tuple[str, str]:
        """Return (code, remedy) of what keeps an engine from running here, or two empty strings."""
        if "research" in spec.needs and not self.research:
            return "engine_unavailable.research", "GUONG_RESEARCH=1"
        if spec.missing_packages:
            return "engine_unavailable.packages", command(spec.missing_packages)
        if "cuda" in spec.needs and not card.plugged_in():
            return "engine_unavailable.cuda", "GPU"
        absent = [k for k in spec.weights if not (self._weights and self._weights.present(k))]
        if absent:
            return "engine_unavailable.weights_missing", " ".join(absent)
        return "", ""

    def spec(self, stage: Stage, name: str) -> EngineSpec:
        """Return an engine's spec; raises `EngineUnavailable` for an unknown name."""
        return self._place(stage, name).spec

    def resident(self, stage: Stage, preferred: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the engines that may serve now, best first.

        Where every one rests, the embedded ones serve all the same: after one slow step on a busy
        machine a voice that may be late is better than none. Not while calls hang.
        """
        now = anyio.current_time()
        able = [
            spec
            for spec in in_order(self._tables.get(stage, ()), tuple(preferred))
            if (place := self._places[stage, spec.name]).state == "resident" and not place.closing
        ]
        rested = [s for s in able if self._places[stage, s.name].resting_until <= now]
        if not rested and not self.needs_restart:
            rested = [spec for spec in able if spec.embedded]
        return tuple(spec.name for spec in rested)

    async def load(self, stage: Stage, name: str, *, here: bool = False, leave_mb: int = 0) -> None:
        """Load an engine in a worker thread. Loading what is loaded does nothing.

        `here` loads on the calling thread: on ZeroGPU the emulation of CUDA is entered on the main
        thread only, and a model that another thread moves to the device would escape it.
        `leave_mb` is what others are still to get of the card. Raises `EngineUnavailable` ("memory"
        where there is too little), `WeightsRejected` or `EngineFailed`, and remembers why.
        """
        place = self._place(stage, name)
        async with place.loading:
            if place.state == "resident" and not place.closing:
                return
            code, remedy = self.obstacle(place.spec)
            if code:
                place.error = code
                raise EngineUnavailable(code.partition(".")[2], stage=stage, remedy=remedy)
            place.state, place.closing = "loading", False
            asked = replace(place.spec, leave_mb=leave_mb)
            try:
                if here:
                    place.engine = _make_and_load(asked)
                else:
                    place.engine = await to_thread.run_sync(_make_and_load, asked)
            except GuongError as error:
                place.state, place.error = "failed", error.code
                place.remedy = str(error.params.get("remedy", ""))
                raise
            except Exception as error:
                log.error("loading %s/%s: %s", stage, name, trace(error))
                told = _why_not(place.spec, error)
                place.state, place.error = "failed", told.code
                place.remedy = str(told.params.get("remedy", ""))
                raise told from error
            finally:
                if place.state == "loading":
                    place.state = "absent"
            place.state, place.error, place.remedy = "resident", "", ""

    def adopt(self, engine: Engine[Any, Any]) -> None:
        """Take in an engine that is loaded already."""
        place = self._places.setdefault((engine.spec.stage, engine.spec.name), _Place(engine.spec))
        place.engine, place.state = engine, "resident"

    async def load_embedded(self, *, here: bool = False) -> None:
        """Load every engine that runs on any machine; one that fails must not stop the others."""
        for specs in self._tables.values():
            for spec in specs:
                if spec.embedded:
                    try:
                        await self.load(spec.stage, spec.name, here=here)
                    except GuongError as error:
                        log.error("embedded engine %s/%s: %s", spec.stage, spec.name, error.code)

    @contextmanager
    def lease(self, stage: Stage, name: str) -> Iterator[Engine[Any, Any]]:
        """Hold an engine: it is not closed while the lease lasts."""
        place = self._place(stage, name)
        if place.engine is None:
            raise EngineUnavailable("not_loaded", stage=stage, remedy=name)
        place.leases += 1
        try:
            yield place.engine
        finally:
            place.leases -= 1
            self._close_when_free(place)

    def unload(self, stage: Stage, name: str) -> None:
        """Offer an engine no longer; close it when the turns that use it have ended."""
        place = self._place(stage, name)
        if place.state == "resident":
            place.closing = True
            self._close_when_free(place)

    async def unloaded(self, stage: Stage, name: str) -> None:
        """Unload an engine and wait until the turns that use it have ended."""
        self.unload(stage, name)
        place = self._place(stage, name)
        while place.closing:  # noqa: ASYNC110 - leases end in many places, and nobody is in a hurry
            await anyio.sleep(_LOOK_S)

    def exhausted(self, stage: Stage, name: str) -> None:
        """Note that an engine ran out of memory while it worked."""
        place = self._place(stage, name)
        place.error, place.remedy = "engine_failed.memory", ""
        self.on_exhausted(stage, name)

    def rest(self, stage: Stage, name: str) -> None:
        """Do not offer an engine for `RESTS_S`: it failed or fell behind."""
        self._place(stage, name).resting_until = anyio.current_time() + RESTS_S

    def wake_all(self) -> None:
        """Offer again what was put to rest."""
        for place in self._places.values():
            place.resting_until = 0.0

    def report(self) -> list[EngineStatus]:
        """Return every engine's state, in the order of the ladders."""
        now = anyio.current_time()
        lines = []
        for place in self._places.values():
            code, remedy = ("", "") if place.state == "resident" else self.obstacle(place.spec)
            if not code:
                code, remedy = place.error, place.remedy
            resting = place.resting_until > now
            lines.append(EngineStatus(place.spec, place.state, resting, code, remedy))
        return lines

    def close(self) -> None:
        """Close every engine, at the end of the process."""
        for place in self._places.values():
            place.closing, place.leases = True, 0
            self._close_when_free(place)

    def _place(self, stage: Stage, name: str) -> _Place:
        try:
            return self._places[stage, name]
        except KeyError:
            raise EngineUnavailable("unknown_engine", stage=stage, remedy=name) from None

    def _close_when_free(self, place: _Place) -> None:
        if place.closing and place.leases == 0 and place.engine is not None:
            engine, place.engine = place.engine, None
            place.state, place.closing = "absent", False
            engine.close()
            card.give_back()


def _busy(stream: object) -> bool:
    return bool(getattr(stream, "busy", False))


def _make_and_load(spec: EngineSpec) -> Engine[Any, Any]:
    # OpenMP's threads turn in circles while they wait for each other. Where an avatar draws on the
    # same cores, a network on two threads then takes three times the processor time, and longer
    # than on one. The library reads this when it is first loaded, with torch.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    before = card.free_mb()
    engine = spec.make()
    engine.load()
    _tell_loaded(spec, before)
    return engine


def _tell_loaded(spec: EngineSpec, before: int | None) -> None:
    """Log what an engine took of the card against what its table says."""
    free = card.free_mb()
    if "torch" not in spec.needs or free is None:
        log.info("loaded %s/%s", spec.stage, spec.name)
        return
    took = (before if before is not None else free) - free
    log.info(
        "loaded %s/%s: %d MB of the card (%d planned), %d MB left",
        spec.stage, spec.name, took, spec.megabytes, free,
    )  # fmt: skip


def _why_not(spec: EngineSpec, error: Exception) -> EngineUnavailable | EngineFailed:
    if not out_of_memory(error):
        return EngineFailed("load", stage=spec.stage, engine=spec.name)
    card.give_back()
    free = card.free_mb()
    remedy = f"{spec.megabytes} MB" + (f" > {free} MB" if free is not None else "")
    return EngineUnavailable("memory", stage=spec.stage, remedy=remedy)
