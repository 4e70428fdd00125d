"""What every remote language model has in common: its answer streams over HTTP.

Cancelling the turn closes the HTTP stream, so that the server stops working on an answer that
nobody will hear.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Any, Protocol

import anyio

from modules.engines import EngineSpec
from modules.errors import EngineFailed, EngineTimeout, GuongError
from modules.llm.length import kept
from modules.llm.prompt import ChatMessage, messages_of
from modules.llm.spoken import SpokenText
from modules.messages import TextDelta, TurnRequest

CONNECT_S = 5.0
NEXT_TOKEN_S = 10.0
"""Silence within an answer after which the server counts as hung."""
_CLOSE_S = 1.0
_DRAIN_S = 0.3


class Server(Protocol):
    """An engine that asks somebody else."""

    spec: EngineSpec
    timeout_s: float
    faults: tuple[type[Exception], ...]
    """What its client raises."""

    async def begin(self, messages: list[ChatMessage]) -> Any:
        """Ask; return an async iterator over chunks of the protocol, with `close`."""

    def told(self, error: Exception) -> GuongError:
        """Return what a fault means for the ladder."""


class ChatStream:
    """One session's conversation with the server: one answer at a time."""

    def __init__(self, engine: Server) -> None:
        self._engine = engine
        self._name = engine.spec.name
        self._items: deque[TurnRequest] = deque()
        self._live: Any = None  # the HTTP stream of the answer that is being read

    async def push(self, item: TurnRequest) -> None:
        """Queue one request."""
        self._items.append(item)

    async def clear(self) -> None:
        """Forget the requests that were not begun."""
        self._items.clear()

    async def aclose(self) -> None:
        """Forget everything, and close the answer that is being read."""
        self._items.clear()
        await self._hang_up()

    async def __aiter__(self) -> AsyncIterator[TextDelta]:
        while self._items:
            request = self._items.popleft()
            async with aclosing(self._answer(request)) as pieces:
                async for text in pieces:
                    yield TextDelta(request.reply, text)

    async def _answer(self, request: TurnRequest) -> AsyncGenerator[str, None]:
        """Yield the spoken text of one answer. Raises errors of the ladder only.

        The first word that may be spoken is due within the engine's limit, reasoning included.
        """
        due = anyio.current_time() + self._engine.timeout_s
        spoken, said = SpokenText(), 0
        try:
            async with aclosing(self._contents(request, due)) as contents:
                async for content in contents:
                    text = spoken.finish() if content is None else spoken.push(content)
                    text, enough = kept(text, said)
                    said += len(text)
                    if text:
                        yield text
                    if enough:
                        return
                    if not said and anyio.current_time() > due:
                        raise EngineTimeout("llm_slow", stage="llm", engine=self._name)
        except self._engine.faults as error:
            raise self._engine.told(error) from None  # its text may hold what was said
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise EngineFailed("llm_malformed", stage="llm", engine=self._name) from None
        if not said:
            raise EngineFailed("llm_empty", stage="llm", engine=self._name)

    async def _contents(self, request: TurnRequest, due: float) -> AsyncGenerator[str | None, None]:
        """Yield what the server sends as it comes, and None where it says that this was all."""
        begun = self._engine.begin(messages_of(request))
        live = self._live = await self._within(due - anyio.current_time(), begun)
        heard, finished = False, False
        try:
            while True:
                left = NEXT_TOKEN_S if heard else due - anyio.current_time()
                chunk = await self._within(left, anext(live, None))
                if chunk is None:
                    raise EngineFailed("llm_cut", stage="llm", engine=self._name)
                content, finished = _read(chunk)
                heard = heard or bool(content)
                if content:
                    yield content
                if finished:
                    break
            yield None
            # A stream that is read to its end leaves its connection to the next turn.
            with anyio.move_on_after(_DRAIN_S), suppress(*self._engine.faults, ValueError):
                while await anext(live, None) is not None:
                    pass
        finally:
            await self._hang_up()

    async def _hang_up(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            with (
                anyio.move_on_after(_CLOSE_S, shield=True),
                suppress(OSError, *self._engine.faults),
            ):
                await live.close()

    async def _within(self, seconds: float, step: Any) -> Any:
        with anyio.move_on_after(max(0.0, seconds)):
            return await step
        raise EngineTimeout("llm_slow", stage="llm", engine=self._name)


def _read(chunk: Any) -> tuple[str, bool]:
    """Return a chunk's text and whether it is the last; servers differ in what they leave out."""
    choices = getattr(chunk, "choices", None) or ()
    if not choices:
        return "", False
    content = getattr(getattr(choices[0], "delta", None), "content", None)
    finished = bool(getattr(choices[0], "finish_reason", None))
    return (content if isinstance(content, str) else ""), finished
