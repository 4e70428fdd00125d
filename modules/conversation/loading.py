"""Which engines are loaded at start and after a failure: what is present, chosen, and fits."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyio import to_thread

from modules import card
from modules.engines import EngineSpec, Stage, in_order
from modules.errors import GuongError
from modules.memory_plan import Plan, on_card, plan, smaller
from modules.preloaded import take_in

if TYPE_CHECKING:
    from modules.conversation.app import App

log = logging.getLogger("guong.loading")


@dataclass(frozen=True, slots=True)
class Step:
    """How far the start has come: a sentence of the catalogue, and what it names."""

    code: str
    engine: str = ""
    number: int = 0
    total: int = 0


async def load_engines(app: App, *, here: bool = False) -> None:
    """Load what runs anywhere, then what is chosen and present and fits on the card.

    `here` loads on this thread. One engine that cannot be loaded never keeps the others from it.
    """
    if os.environ.get("SPACE_ID"):
        app.step = Step("starting.checking")
        if here:
            take_in(app.weights)
        else:
            await to_thread.run_sync(take_in, app.weights)
    if any(_able(app, spec) for specs in app.tables.values() for spec in specs):
        app.step = Step("starting.embedded")
    await app.residency.load_embedded(here=here)
    fits = await plan_card(app, here=here)
    planned = [
        spec
        for stage, specs in app.tables.items()
        for spec in in_order(specs, app.settings.preferred(stage))
        if _able(app, spec) and (not fits or not on_card(spec) or fits.holds(spec))
    ]
    for number, spec in enumerate(planned, 1):
        app.step = Step("starting.engine", spec.name, number, len(planned))
        log.info("loading %d of %d: %s/%s", number, len(planned), spec.stage, spec.name)
        if not covered(app, spec):
            await _load_planned(app, spec, fits, here=here)
    app.step = None


async def plan_card(app: App, *, here: bool = False) -> Plan | None:
    """Return what the card is to hold, and print it; None where there is no card, or nothing for
    it: then torch is not imported.
    """
    if not card.plugged_in() or not any(
        _able(app, spec) and on_card(spec) for specs in app.tables.values() for spec in specs
    ):
        return None
    found = card.read() if here else await to_thread.run_sync(card.read)
    if found is None:
        return None
    made = plan(
        app.tables,
        found.free_mb,
        able=lambda spec: _able(app, spec),
        preferred=app.settings.preferred,
    )
    log.info("memory plan for %s of %d MB, %s", found.name, found.total_mb, made)
    return made


async def fall_back(app: App, stage: Stage, name: str) -> None:
    """Put a smaller engine in the place of one that ran out of memory while it worked.

    Embedded engines answer meanwhile. Nothing is loaded on ZeroGPU after the launch.
    """
    if app.gpu is not None:
        return
    spec = app.residency.spec(stage, name)
    log.warning("%s/%s ran out of memory; a smaller one is loaded", stage, name)
    await app.residency.unloaded(stage, name)
    await _first_that_loads(app, spec, here=False)


def wanted(app: App, spec: EngineSpec) -> bool:
    """Tell whether to try an engine at start: preferred, with weights, or on a server.

    One that cannot be loaded remembers why, and the page says so.
    """
    if "licence" in spec.needs and not app.settings.restricted:
        return False
    preferred = spec.name in app.settings.preferred(spec.stage)
    remote = "network" in spec.needs
    return not spec.embedded and (preferred or remote or "weights" in spec.needs)


def covered(app: App, spec: EngineSpec) -> bool:
    """Tell whether a network of this process serves already where one is enough: a second language
    model, or a second reader of feelings, would take memory that voices and faces need.
    """
    residency, stage = app.residency, spec.stage
    serving = (residency.spec(stage, name) for name in residency.resident(stage))
    one = stage in ("llm", "emotion") and "torch" in spec.needs
    return one and any("torch" in s.needs for s in serving)


async def try_load(app: App, spec: EngineSpec, *, here: bool, leave_mb: int = 0) -> bool:
    """Load an engine if it can be; tell whether it was."""
    try:
        await app.residency.load(spec.stage, spec.name, here=here, leave_mb=leave_mb)
    except GuongError as error:
        log.info("%s/%s is not loaded: %s", spec.stage, spec.name, error)
        return False
    return True


def _able(app: App, spec: EngineSpec) -> bool:
    return wanted(app, spec) and not app.residency.obstacle(spec)[0]


async def _load_planned(app: App, spec: EngineSpec, fits: Plan | None, *, here: bool) -> None:
    if fits is None or not on_card(spec):
        await try_load(app, spec, here=here)
        return
    loaded = [line.spec for line in app.residency.report() if line.state == "resident"]
    if not await try_load(app, spec, here=here, leave_mb=fits.beside(spec, loaded)):
        await _first_that_loads(app, spec, here=here)


async def _first_that_loads(app: App, failed: EngineSpec, *, here: bool) -> None:
    for spec in smaller(app.tables[failed.stage], failed, lambda each: _able(app, each)):
        if await try_load(app, spec, here=here):
            return
