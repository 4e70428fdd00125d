"""Errors of the chat protocol's client into the few that the ladder knows.

Imported together with `openai`, that is, only when the engine is loaded. No error carries the
key, the address or what was said.
"""

from __future__ import annotations

import httpx2
import openai

from modules.errors import EngineFailed, EngineTimeout, EngineUnavailable, GuongError, QuotaExceeded

_RETRY_S = 30
"""Where a server does not say when to try again."""
_PAYMENT_REQUIRED = 402


def told(error: Exception, model: str) -> GuongError:
    """Return what an error of the client means for the ladder."""
    match error:
        case openai.APITimeoutError():
            if isinstance(error.__cause__, httpx2.ConnectTimeout):
                return _unreachable()
            return EngineTimeout("llm_slow", stage="llm", engine="openai")
        case openai.APIConnectionError():
            if isinstance(error.__cause__, httpx2.ReadError | httpx2.RemoteProtocolError):
                return EngineFailed("llm_cut", stage="llm", engine="openai")
            return _unreachable()
        case openai.APIStatusError():
            return _of_status(error, model)
        case httpx2.HTTPError():
            return EngineFailed("llm_cut", stage="llm", engine="openai")
        case _:
            return EngineFailed("llm_server", stage="llm", engine="openai", status=0)


def _of_status(error: openai.APIStatusError, model: str) -> GuongError:
    status = error.status_code
    if status in (401, 403):
        return EngineUnavailable("llm_key", stage="llm", remedy="GUONG_LLM_KEY")
    if status == 404:
        # Servers name the model in the message; any other 404 is a wrong base URL.
        if "model" in str(error.message).lower() or model.lower() in str(error.body).lower():
            return EngineUnavailable("llm_model", stage="llm", remedy="GUONG_LLM_MODEL")
        return _unreachable()
    if status in (429, _PAYMENT_REQUIRED):
        return QuotaExceeded("llm", retry_s=_retry_s(error.response))
    reason = "llm_server" if status >= 500 else "llm_refused"
    return EngineFailed(reason, stage="llm", engine="openai", status=status)


def _unreachable() -> EngineUnavailable:
    return EngineUnavailable("llm_unreachable", stage="llm", remedy="GUONG_LLM_URL")


def _retry_s(response: httpx2.Response) -> int:
    try:
        return max(1, round(float(response.headers.get("retry-after", ""))))
    except (ValueError, OverflowError):
        return _RETRY_S  # absent, or a date
