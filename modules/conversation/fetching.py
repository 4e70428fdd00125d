"""Getting an engine: download its weights with progress, check them, load it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from anyio import to_thread

from modules.engines import EngineSpec, Stage
from modules.errors import EngineUnavailable, Forbidden, GuongError
from modules.memory_plan import on_card
from modules.zerogpu import on_zerogpu

if TYPE_CHECKING:
    from modules.conversation.app import App

log = logging.getLogger("guong.app")

Progress = Callable[[int, int], None]
"""(bytes done, bytes in all)"""


def download_bytes(app: App, spec: EngineSpec) -> int:
    """Return how much an engine would download now."""
    return sum(
        file.bytes
        for key in (*spec.weights, *spec.extras)
        # Of a model behind a gate that is not open yet, no file is known.
        if key in app.weights.models and not app.weights.present(key)
        for file in app.weights.models[key].files
    )


async def fetch_engine(app: App, stage: Stage, name: str, progress: Progress) -> None:
    """Download what an engine lacks and load it; turns go on meanwhile on other engines.

    Stops downloading when it is cancelled; what has come stays and is resumed. Raises
    `EngineUnavailable` with the remedy, `WeightsRejected` or `StorageFailed`. On ZeroGPU models
    load only before the app starts: there it ends with `Forbidden` "restart_to_load", or, where no
    bucket is mounted that would outlive the restart, begins with "restart_forgets".
    """
    spec = app.residency.spec(stage, name)
    code, remedy = app.residency.obstacle(spec)
    if code not in ("", "engine_unavailable.weights_missing"):
        raise EngineUnavailable(code.partition(".")[2], stage=stage, remedy=remedy)
    lent = on_zerogpu() and "torch" in spec.needs
    if lent and app.settings.bucket is None:
        raise Forbidden("restart_forgets")
    stop = threading.Event()
    try:
        for key in (*spec.weights, *spec.extras):
            try:
                await to_thread.run_sync(
                    app.weights.fetch, key, progress, stop.is_set, abandon_on_cancel=True
                )
            except GuongError as error:
                if key in spec.weights:
                    raise
                log.warning("%s does without %s: %s", name, key, error.code)
    finally:
        stop.set()
    if lent:
        raise Forbidden("restart_to_load")
    await _swap_in(app, spec)


async def _swap_in(app: App, spec: EngineSpec) -> None:
    """Load an engine; where it does not fit beside what its stage has on the card, in its place.

    Turns that have begun end on the old engine, and the embedded one answers meanwhile. Where the
    new one does not fit even so, the old ones come back.
    """
    try:
        return await app.residency.load(spec.stage, spec.name)
    except EngineUnavailable as error:
        rivals = [
            line.spec.name
            for line in app.residency.report()
            if line.spec.stage == spec.stage and line.state == "resident" and on_card(line.spec)
        ]
        if error.reason != "memory" or not rivals:
            raise
    for name in rivals:
        await app.residency.unloaded(spec.stage, name)
    try:
        await app.residency.load(spec.stage, spec.name)
    except GuongError:
        for name in rivals:
            await app.residency.load(spec.stage, name)
        raise
