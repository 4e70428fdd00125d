"""Hosted models of Hugging Face's inference providers, with the owner's token.

`GUONG_LLM_PROVIDER` names the provider, `GUONG_LLM_MODEL` the model, `HF_TOKEN` who pays. Requests
go through Hugging Face's router, which knows the provider by the suffix of the model's name
("Qwen/Qwen3-8B:together"); to ask for `provider=` instead would look the model up at the hub,
blocking, in the middle of a turn.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from modules.engines import EngineSpec
from modules.errors import (
    EngineFailed,
    EngineTimeout,
    EngineUnavailable,
    GuongError,
    QuotaExceeded,
)
from modules.llm.prompt import ChatMessage
from modules.llm.remote import ChatStream
from modules.messages import TurnRequest
from modules.settings import Settings

if TYPE_CHECKING:
    from huggingface_hub import AsyncInferenceClient

_AUTO: Literal["auto"] = "auto"
_RETRY_S = 30
_PAYMENT_REQUIRED = 402


class ProviderEngine:
    """The model and provider that the settings name."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.model = ""
        self.timeout_s = 0.0
        self.faults: tuple[type[Exception], ...] = ()
        self._token = ""

    def load(self) -> None:
        """Read the settings. Raises `EngineUnavailable` where something is not set."""
        settings = Settings()
        provider = settings.llm_provider.strip().lower()
        if not provider:
            raise _unset("llm_provider_unset", "GUONG_LLM_PROVIDER")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", provider):
            raise _unset("llm_provider_unknown", "GUONG_LLM_PROVIDER")
        if not settings.llm_model:
            raise _unset("llm_model_unset", "GUONG_LLM_MODEL")
        import httpx2
        from huggingface_hub import get_token

        token = get_token()
        # Only a token of Hugging Face's own may go to its router; a provider's key is for
        # GUONG_LLM_URL and GUONG_LLM_KEY.
        if not token or not token.startswith("hf_"):
            raise _unset("llm_token_unset", "HF_TOKEN")
        self.faults = (httpx2.HTTPError, ValueError)
        self.model = settings.llm_model + (f":{provider}" if provider != _AUTO else "")
        self.timeout_s = settings.llm_timeout_s
        self._token = token

    def close(self) -> None:
        """Nothing is held between answers."""

    def open(self, request: TurnRequest) -> ChatStream:
        """Return a stream that answers what is pushed."""
        return ChatStream(self)

    async def begin(self, messages: list[ChatMessage]) -> Any:
        """Ask the provider; return its stream of chunks."""
        asking = _Asking(self._client())
        try:
            await asking.ask(self.model, messages)
        except BaseException:
            await asking.close()
            raise
        return asking

    def told(self, error: Exception) -> GuongError:
        """Return what an error of the client means for the ladder."""
        import httpx2
        from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError, OverloadedError

        name = self.spec.name
        match error:
            case HfHubHTTPError():
                return self._of_status(error.response.status_code, dict(error.response.headers))
            case OverloadedError():
                return QuotaExceeded("llm", retry_s=_RETRY_S)
            case InferenceTimeoutError():
                return EngineTimeout("llm_slow", stage="llm", engine=name)
            case httpx2.ConnectError() | httpx2.ConnectTimeout():
                return _unset("llm_unreachable", "huggingface.co")
            case httpx2.TimeoutException():
                return EngineTimeout("llm_slow", stage="llm", engine=name)
            case httpx2.TransportError():
                return EngineFailed("llm_cut", stage="llm", engine=name)
            case ValueError():
                return EngineFailed("llm_malformed", stage="llm", engine=name)
            case _:
                return EngineFailed("llm_server", stage="llm", engine=name, status=0)

    def _of_status(self, status: int, headers: dict[str, str]) -> GuongError:
        if status in (401, 403):
            return _unset("llm_key", "HF_TOKEN")
        if status == 404:
            return _unset("llm_model", "GUONG_LLM_MODEL")
        if status in (429, _PAYMENT_REQUIRED):
            said = headers.get("retry-after", "")
            return QuotaExceeded("llm", retry_s=int(said) if said.isdecimal() else _RETRY_S)
        reason = "llm_server" if status >= 500 else "llm_refused"
        return EngineFailed(reason, stage="llm", engine=self.spec.name, status=status)

    def _client(self) -> AsyncInferenceClient:
        from huggingface_hub import AsyncInferenceClient

        return AsyncInferenceClient(provider=_AUTO, api_key=self._token, timeout=self.timeout_s)


class _Asking:
    """One answer and the client that it comes from.

    Every answer has a client of its own: the library stops reading at the protocol's last line, so
    that the connection is left unfinished and serves no second answer, and a response can only be
    hung up together with its client.
    """

    def __init__(self, client: AsyncInferenceClient) -> None:
        self._client = client
        self._chunks: Any = None

    async def ask(self, model: str, messages: list[ChatMessage]) -> None:
        asked: Any = messages
        self._chunks = await self._client.chat_completion(messages=asked, model=model, stream=True)

    def __aiter__(self) -> _Asking:
        return self

    async def __anext__(self) -> Any:
        return await anext(self._chunks)

    async def close(self) -> None:
        """Hang up."""
        if self._chunks is not None:
            await self._chunks.aclose()
        await self._client.close()  # type: ignore[no-untyped-call]


def _unset(reason: str, remedy: str) -> EngineUnavailable:
    return EngineUnavailable(reason, stage="llm", remedy=remedy)
