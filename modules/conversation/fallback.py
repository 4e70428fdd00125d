"""One stage of one turn: the best engine that works, and the next one when it does not.

An engine that raises, hangs, gives nothing or falls behind its playback is put to rest, and the
next resident engine takes what is left of the current item. What was given is never given again.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, aclosing, asynccontextmanager
from typing import Any, Generic, TypeVar

import anyio

from modules.engines import EngineSpec, Stage, Stream
from modules.errors import (
    LADDER_ERRORS,
    EngineFailed,
    EngineTimeout,
    EngineUnavailable,
    GuongError,
    out_of_memory,
    trace,
)
from modules.messages import Notice, TurnRequest
from modules.residency import Residency

log = logging.getLogger("guong.turn")

In = TypeVar("In")
Out = TypeVar("Out")


class Pressure:
    """How a stage stands against the clock of playback. This one knows no clock: files, text."""

    def limit(self, spec: EngineSpec, given: bool) -> float:
        """Return how many seconds the next step may take."""
        return spec.next_output_s if given else spec.first_output_s

    def behind(self, out: object, busy_s: float) -> bool:
        """Note one output and the time its step took; tell whether the engine falls behind."""
        return False


class Fallback(Generic[In, Out]):
    """Runs items through a stage's engines. One per stage and turn, used by one task."""

    def __init__(
        self,
        stage: Stage,
        request: TurnRequest,
        residency: Residency,
        *,
        tell: Callable[[Notice], Awaitable[None]],
        pressure: Pressure | None = None,
    ) -> None:
        self.stage = stage
        self._request = request
        self._residency = residency
        self._names = list(request.engines.get(stage, ()))
        self._tell = tell
        self._pressure = pressure or Pressure()
        self._leases = ExitStack()
        self._stream: Stream[In, Out] | None = None

    @property
    def engine(self) -> str:
        """Name of the engine that serves now; empty where none is left."""
        return self._names[0] if self._names else ""

    async def run(
        self, item: In, rest: Callable[[In, list[Out]], In | None] | None = None
    ) -> AsyncGenerator[Out, None]:
        """Yield what the stage makes of `item`.

        After a failure `rest(item, given)` says what of the item is left for the next engine; None
        ends the item. Without `rest` the next engine gets the whole item if nothing was given,
        else nothing. Raises the last engine's error when no engine is left.
        """
        while True:
            given: list[Out] = []
            try:
                async with aclosing(self._steps(item)) as steps:
                    async for out in steps:
                        given.append(out)
                        yield out
                return
            except LADDER_ERRORS as error:
                left = rest(item, given) if rest else (None if given else item)
                await self.demote(error)
            if left is None:
                return
            item = left

    async def demote(self, error: GuongError) -> None:
        """Put the serving engine to rest and turn to the next; raise `error` if there is none."""
        failed = self.engine
        log.warning("%s/%s: %s", self.stage, failed, error.code)
        if failed:
            self._residency.rest(self.stage, failed)
        if failed and error.code == "engine_failed.memory":
            self._residency.exhausted(self.stage, failed)
        await self._drop()
        self._names = self._names[1:]
        if not self._names:
            raise error
        params: dict[str, str | int | float] = {
            "engine": failed,
            "next": self.engine,
            "why": error.code,
        }
        await self._tell(Notice(self._request.reply, "demoted", params, self.stage))

    async def aclose(self) -> None:
        """End the stream and its lease."""
        with anyio.CancelScope(shield=True):
            await self._drop()

    async def _steps(self, item: In) -> AsyncGenerator[Out, None]:
        spec, stream = self._open()
        given = False
        try:
            await stream.push(item)
            async with _closed_after(aiter(stream)) as steps:
                while True:
                    began = anyio.current_time()
                    with anyio.fail_after(max(0.0, self._pressure.limit(spec, given))):
                        try:
                            out = await anext(steps)
                        except StopAsyncIteration:
                            break
                    given = True
                    behind = self._pressure.behind(out, anyio.current_time() - began)
                    yield out
                    if behind and len(self._names) > 1:
                        raise EngineTimeout("behind", stage=self.stage, engine=spec.name)
        except GuongError:
            raise
        except TimeoutError as error:
            self._residency.abandon(stream)
            raise EngineTimeout("slow", stage=self.stage, engine=spec.name) from error
        except Exception as error:
            log.error("%s/%s raised: %s", self.stage, spec.name, trace(error))
            reason = "memory" if out_of_memory(error) else "raised"
            raise EngineFailed(reason, stage=self.stage, engine=spec.name) from error
        if not given:
            raise EngineFailed("nothing", stage=self.stage, engine=spec.name)

    def _open(self) -> tuple[EngineSpec, Stream[In, Out]]:
        if not self._names:
            raise EngineUnavailable("none_left", stage=self.stage, remedy="")
        if self._stream is None:
            lease = self._residency.lease(self.stage, self._names[0])
            engine: Any = self._leases.enter_context(lease)
            try:
                self._stream = engine.open(self._request)
            except GuongError:
                raise
            except Exception as error:
                raise EngineFailed("raised", stage=self.stage, engine=self._names[0]) from error
        return self._residency.spec(self.stage, self._names[0]), self._stream

    async def _drop(self) -> None:
        stream, self._stream = self._stream, None
        try:
            if stream is not None:
                await stream.aclose()
        except Exception as error:  # noqa: BLE001 - its work is done
            log.error("closing a %s stream failed: %s", self.stage, trace(error))
        finally:
            self._leases.close()


@asynccontextmanager
async def _closed_after(steps: AsyncIterator[Out]) -> AsyncIterator[AsyncIterator[Out]]:
    """Close an iterator that can be: one left to the garbage collector runs on for a while."""
    try:
        yield steps
    finally:
        if isinstance(steps, AsyncGenerator):
            await steps.aclose()
