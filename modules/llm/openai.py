"""Any server that speaks the chat completions protocol: vLLM, llama.cpp, Ollama, hosted models.

The answer streams. Cancelling the turn closes the HTTP stream, so that the server stops working on
an answer that nobody will hear.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import anyio

from modules.engines import EngineSpec
from modules.errors import EngineFailed, EngineTimeout, EngineUnavailable
from modules.llm.prompt import messages_of
from modules.llm.spoken import SpokenText
from modules.messages import TextDelta, TurnRequest
from modules.settings import Settings

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

CONNECT_S = 5.0
NEXT_TOKEN_S = 10.0
"""Silence within an answer after which the server counts as hung."""
LONG_ANSWER, MAX_ANSWER = 1_600, 2_000
"""Characters after which an answer ends with its sentence, and where it is cut: it is spoken, and
a small model may never come to an end."""
_RETRIES = 1
_CLOSE_S = 1.0
_DRAIN_S = 0.3
_SENTENCE_ENDS = ".!?…\n"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ChatEngine:
    """The server and model that `GUONG_LLM_URL` and `GUONG_LLM_MODEL` name."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.model = ""
        self.timeout_s = 0.0
        self._url = ""
        self._key = ""
        # A connection belongs to the event loop that opened it; a forked worker has its own loop.
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncOpenAI] = (
            WeakKeyDictionary()
        )

    def load(self) -> None:
        """Read the settings. Raises `EngineUnavailable` where URL or model is not set."""
        settings = Settings()
        if urlsplit(settings.llm_url).scheme not in ("http", "https"):
            raise EngineUnavailable("llm_url_unset", stage="llm", remedy="GUONG_LLM_URL")
        if not settings.llm_model:
            raise EngineUnavailable("llm_model_unset", stage="llm", remedy="GUONG_LLM_MODEL")
        import openai  # noqa: F401  a second of import, not to be spent inside the first turn

        self._url = settings.llm_url
        self.model = settings.llm_model
        self._key = settings.llm_key.get_secret_value() if settings.llm_key else ""
        self.timeout_s = settings.llm_timeout_s

    def close(self) -> None:
        """Close the connections of loops that still run; those of others are gone with them."""
        for loop, client in list(self._clients.items()):
            if loop.is_running():
                asyncio.run_coroutine_threadsafe(client.close(), loop)
        self._clients.clear()

    def open(self, request: TurnRequest) -> ChatStream:
        """Return a stream that answers what is pushed."""
        return ChatStream(self)

    def client(self) -> AsyncOpenAI:
        """Return the client of the running loop; its connections are kept between turns."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = self._make_client()
        return self._clients[loop]

    def _make_client(self) -> AsyncOpenAI:
        import openai

        limits = openai.Timeout(None, connect=min(CONNECT_S, self.timeout_s))
        client = openai.AsyncOpenAI(
            base_url=self._url,
            # Never the environment's OPENAI_API_KEY: it belongs to another server.
            api_key=self._key or "none",
            timeout=limits,
            max_retries=_RETRIES,
            http_client=openai.DefaultAsyncHttpxClient(
                timeout=limits,
                # A proxy of the environment cannot reach this machine's own servers.
                trust_env=urlsplit(self._url).hostname not in _LOOPBACK,
                event_hooks={"response": [_never_retry_quota]},
            ),
        )
        client.organization = client.project = None  # nor these, from OPENAI_ORG_ID and so on
        return client


async def _never_retry_quota(response: httpx2.Response) -> None:
    """Tell the client not to wait for a quota to return: the next engine answers meanwhile."""
    if response.status_code == 429:
        response.headers["x-should-retry"] = "false"


class ChatStream:
    """One session's conversation with the server: one answer at a time."""

    def __init__(self, engine: ChatEngine) -> None:
        self._engine = engine
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
        import openai

        from modules.llm.faults import told

        due = anyio.current_time() + self._engine.timeout_s
        spoken, said = SpokenText(), 0
        try:
            async with aclosing(self._contents(request, due)) as contents:
                async for content in contents:
                    text = spoken.finish() if content is None else spoken.push(content)
                    text, enough = _kept(text, said)
                    said += len(text)
                    if text:
                        yield text
                    if enough:
                        return
                    if not said and anyio.current_time() > due:
                        raise EngineTimeout("llm_slow", stage="llm", engine="openai")
        except openai.OpenAIError as error:
            raise told(error, self._engine.model) from None  # its text may hold what was said
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise EngineFailed("llm_malformed", stage="llm", engine="openai") from None
        if not said:
            raise EngineFailed("llm_empty", stage="llm", engine="openai")

    async def _contents(self, request: TurnRequest, due: float) -> AsyncGenerator[str | None, None]:
        """Yield what the server sends as it comes, and None where it says that this was all."""
        import openai

        live = self._live = await _within(due - anyio.current_time(), self._begin(request))
        heard, finished = False, False
        try:
            while True:
                left = NEXT_TOKEN_S if heard else due - anyio.current_time()
                chunk = await _within(left, anext(live, None))
                if chunk is None:
                    raise EngineFailed("llm_cut", stage="llm", engine="openai")
                content, finished = _read(chunk)
                heard = heard or bool(content)
                if content:
                    yield content
                if finished:
                    break
            yield None
            # A stream that is read to its end leaves its connection to the next turn.
            with anyio.move_on_after(_DRAIN_S), suppress(openai.OpenAIError, ValueError):
                while await anext(live, None) is not None:
                    pass
        finally:
            await self._hang_up()

    async def _hang_up(self) -> None:
        import httpx2

        live, self._live = self._live, None
        if live is not None:
            with anyio.move_on_after(_CLOSE_S, shield=True), suppress(OSError, httpx2.HTTPError):
                await live.close()

    async def _begin(self, request: TurnRequest) -> Any:
        messages: Any = messages_of(request)
        return await self._engine.client().chat.completions.create(
            model=self._engine.model, messages=messages, stream=True
        )


async def _within(seconds: float, step: Any) -> Any:
    with anyio.move_on_after(max(0.0, seconds)):
        return await step
    raise EngineTimeout("llm_slow", stage="llm", engine="openai")


def _read(chunk: Any) -> tuple[str, bool]:
    """Return a chunk's text and whether it is the last; servers differ in what they leave out."""
    choices = getattr(chunk, "choices", None) or ()
    if not choices:
        return "", False
    content = getattr(getattr(choices[0], "delta", None), "content", None)
    finished = bool(getattr(choices[0], "finish_reason", None))
    return (content if isinstance(content, str) else ""), finished


def _kept(text: str, said: int) -> tuple[str, bool]:
    """Return what of `text` is still said, and whether the answer has become long enough."""
    for index in range(max(0, LONG_ANSWER - said), len(text)):
        if text[index] in _SENTENCE_ENDS:
            return text[: index + 1], True
    return text[: MAX_ANSWER - said], said + len(text) >= MAX_ANSWER
