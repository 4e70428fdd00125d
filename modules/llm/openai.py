"""Any server that speaks the chat completions protocol: vLLM, llama.cpp, Ollama, hosted models."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from modules.engines import EngineSpec
from modules.errors import EngineUnavailable, GuongError
from modules.llm.prompt import ChatMessage
from modules.llm.remote import CONNECT_S, ChatStream
from modules.messages import TurnRequest
from modules.settings import Settings

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_RETRIES = 1
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ChatEngine:
    """The server and model that `GUONG_LLM_URL` and `GUONG_LLM_MODEL` name."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.model = ""
        self.timeout_s = 0.0
        self.faults: tuple[type[Exception], ...] = ()
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
        import httpx2
        import openai  # a second of import, not to be spent inside the first turn

        self.faults = (openai.OpenAIError, httpx2.HTTPError)
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

    async def begin(self, messages: list[ChatMessage]) -> Any:
        """Ask the server; return its stream of chunks."""
        asked: Any = messages
        return await self.client().chat.completions.create(
            model=self.model, messages=asked, stream=True
        )

    def told(self, error: Exception) -> GuongError:
        """Return what an error of the client means for the ladder."""
        from modules.llm.faults import told

        return told(error, self.model)

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
