"""Which engines are loaded, who uses them, and how they come and go.

The `App` owns one `Residency`: the only code that loads or unloads an engine. A turn takes leases;
an engine is closed when the last lease on it ends. Engines that fail, hang or fall behind rest for
a while and are not offered meanwhile.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import anyio
from anyio import to_thread

from modules.engines import Engine, EngineSpec, Stage, in_order
from modules.errors import EngineFailed, EngineUnavailable, GuongError, trace

log = logging.getLogger("guong.residency")

RESTS_S = 30.0
"""An engine that failed is not offered for this long."""
ABANDONED_LIMIT = 3
"""With this many threads stuck in calls that do not return, the app says "restart"."""

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

    def abandon(self, stream: object) -> None:
        """Remember a stream whose call outlived its limit and was left behind."""
        self._abandoned = [*filter(_busy, self._abandoned), stream]

    @property
    def needs_restart(self) -> bool:
        """True while so many threads are stuck in abandoned calls that only a restart helps."""
        return sum(map(_busy, self._abandoned)) >= ABANDONED_LIMIT

    def obstacle(self, spec: EngineSpec) -> tuple[str, str]:
        """Return (code, remedy) of what keeps an engine from running here, or two empty strings."""
        if spec.missing_packages:
            return "engine_unavailable.packages", "pip install " + " ".join(spec.missing_packages)
        if "cuda" in spec.needs and not _cuda():
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

    async def load(self, stage: Stage, name: str, *, here: bool = False) -> None:
        """Load an engine in a worker thread. Loading what is loaded does nothing.

        `here` loads on the calling thread: on ZeroGPU the emulation of CUDA is entered on the main
        thread only, and a model that another thread moves to the device would escape it.
        Raises `EngineUnavailable`, `WeightsRejected` or `EngineFailed`, and remembers why.
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
            try:
                if here:
                    place.engine = _make_and_load(place.spec)
                else:
                    place.engine = await to_thread.run_sync(_make_and_load, place.spec)
            except GuongError as error:
                place.state, place.error = "failed", error.code
                place.remedy = str(error.params.get("remedy", ""))
                raise
            except Exception as error:
                log.error("loading %s/%s: %s", stage, name, trace(error))
                place.state, place.error, place.remedy = "failed", "engine_failed.load", ""
                raise EngineFailed("load", stage=stage, engine=name) from error
            finally:
                if place.state == "loading":
                    place.state = "absent"
            place.state, place.error, place.remedy = "resident", "", ""
            log.info("loaded %s/%s", stage, name)

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


def _busy(stream: object) -> bool:
    return bool(getattr(stream, "busy", False))


def _make_and_load(spec: EngineSpec) -> Engine[Any, Any]:
    # OpenMP's threads turn in circles while they wait for each other. Where an avatar draws on the
    # same cores, a network on two threads then takes three times the processor time, and longer
    # than on one. The library reads this when it is first loaded, with torch.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    engine = spec.make()
    engine.load()
    return engine


def _cuda() -> bool:
    # Asked without importing torch: the embedded app must never load it. A Space on ZeroGPU has no
    # device file in the main process, yet has a GPU.
    return bool(os.environ.get("SPACES_ZERO_GPU")) or Path("/dev/nvidiactl").exists()
