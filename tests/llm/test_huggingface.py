"""Hugging Face's inference providers, against a server that stands in for their router."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest

from modules.errors import (
    EngineFailed,
    EngineTimeout,
    EngineUnavailable,
    GuongError,
    QuotaExceeded,
)
from modules.llm import ENGINES
from modules.llm.huggingface import ProviderEngine
from modules.messages import Line, TurnRequest
from tests.llm.server import Answer, Call, ChatServer, process, serving

TOKEN = "hf_test_not_a_secret"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("GUONG_LLM_PROVIDER", "auto")
    monkeypatch.setenv("GUONG_LLM_MODEL", "Qwen/Qwen3-8B")
    monkeypatch.setenv("GUONG_LLM_TIMEOUT_S", "5")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return monkeypatch


def loaded() -> ProviderEngine:
    engine = next(spec for spec in ENGINES if spec.name == "huggingface").make()
    assert isinstance(engine, ProviderEngine)
    engine.load()
    return engine


def run(answer: Answer, test: Any) -> ChatServer:
    """Run `test(engine, server)` against a router that answers so."""
    from huggingface_hub.inference import _providers

    found: list[ChatServer] = []

    async def within() -> None:
        with anyio.fail_after(20):
            async with serving(answer) as server:
                found.append(server)
                with pytest.MonkeyPatch.context() as patch:
                    router = _providers.CONVERSATIONAL_AUTO_ROUTER
                    patch.setattr(router, "base_url", server.url.removesuffix("/v1"))
                    engine = loaded()
                    await test(engine, server)
                    engine.close()
                    await asyncio.sleep(0)

    asyncio.run(within())
    return found[0]


async def answers(engine: ProviderEngine, request: TurnRequest) -> list[str]:
    stream = engine.open(request)
    await stream.push(request)
    return [delta.text async for delta in stream]


def ask(answer: Answer, request: TurnRequest | None = None) -> tuple[str, ChatServer]:
    said: list[str] = []

    async def test(engine: ProviderEngine, server: ChatServer) -> None:
        said.extend(await answers(engine, request or TurnRequest(3, "chào")))

    server = run(answer, test)
    return "".join(said), server


def failure(answer: Answer) -> GuongError:
    with pytest.raises(GuongError) as raised:
        ask(answer)
    assert TOKEN not in f"{raised.value!r} {raised.value} {raised.value.params}"
    return raised.value


async def greet(call: Call) -> None:
    await call.say("<think>Người dùng chào.</think>Chào ")
    await call.say("bạn!")
    await call.finish()


def test_an_answer_streams_and_reasoning_is_not_spoken() -> None:
    request = TurnRequest(
        1, "khỏe không?", history=(Line("user", "chào"), Line("assistant", "Chào bạn!")),
        instructions="Em tên là Linh.",
    )  # fmt: skip
    said, server = ask(greet, request)
    assert said == "Chào bạn!"
    (call,) = server.calls
    assert call.headers["authorization"] == f"Bearer {TOKEN}"
    assert call.body["model"] == "Qwen/Qwen3-8B"
    assert call.body["stream"] is True
    assert [m["role"] for m in call.body["messages"]] == ["system", "user", "assistant", "user"]


def test_a_provider_is_named_to_the_router(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GUONG_LLM_PROVIDER", "together")
    assert ask(greet)[1].calls[0].body["model"] == "Qwen/Qwen3-8B:together"


def test_every_turn_is_answered_and_no_connection_is_left_open() -> None:
    async def test(engine: ProviderEngine, server: ChatServer) -> None:
        for reply in (1, 2, 3):
            assert "".join(await answers(engine, TurnRequest(reply, "chào"))) == "Chào bạn!"
        while server.connections != server.closed:
            await asyncio.sleep(0.01)

    run(greet, test)


def test_turns_at_once_do_not_hang_up_one_another() -> None:
    asked: list[Call] = []
    both = asyncio.Event()

    async def answer(call: Call) -> None:
        asked.append(call)
        if len(asked) == 2:
            both.set()
        await both.wait()
        await call.say("Chào bạn!")
        await call.finish() if call is asked[0] else await asyncio.Event().wait()

    async def test(engine: ProviderEngine, server: ChatServer) -> None:
        first = asyncio.ensure_future(answers(engine, TurnRequest(1, "chào")))
        while not asked:
            await asyncio.sleep(0.01)
        second = asyncio.ensure_future(answers(engine, TurnRequest(2, "chào")))
        await both.wait()
        second.cancel()
        assert "".join(await first) == "Chào bạn!"
        await server.hung_up.wait()

    run(answer, test)


def test_cancelling_closes_the_answer() -> None:
    heard = asyncio.Event()

    async def answer(call: Call) -> None:
        await call.say("Chào bạn, ")
        await asyncio.Event().wait()

    async def test(engine: ProviderEngine, server: ChatServer) -> None:
        async def turn() -> None:
            request = TurnRequest(1, "chào")
            stream = engine.open(request)
            await stream.push(request)
            async for _ in stream:
                heard.set()

        task = asyncio.ensure_future(turn())
        await heard.wait()
        task.cancel()
        await server.hung_up.wait()
        await asyncio.wait([task])

    run(answer, test)


@pytest.mark.parametrize(
    ("status", "kind", "code", "remedy"),
    [
        (401, EngineUnavailable, "llm_key", "HF_TOKEN"),
        (403, EngineUnavailable, "llm_key", "HF_TOKEN"),
        (404, EngineUnavailable, "llm_model", "GUONG_LLM_MODEL"),
        (402, QuotaExceeded, "llm", None),
        (429, QuotaExceeded, "llm", None),
        (400, EngineFailed, "llm_refused", None),
        (422, EngineFailed, "llm_refused", None),
        (503, EngineFailed, "llm_server", None),
    ],
)
def test_a_refusal_says_what_to_do(
    status: int, kind: type[GuongError], code: str, remedy: str | None
) -> None:
    async def answer(call: Call) -> None:
        await call.status(status, {"error": "said by a user"}, retry_after="17")

    error = failure(answer)
    assert (type(error), error.reason, error.params.get("remedy")) == (kind, code, remedy)
    if kind is QuotaExceeded:
        assert error.params["retry_s"] == 17
    assert "said by a user" not in str(error)


def test_an_answer_that_breaks_off_is_told_apart_from_one_that_ends() -> None:
    async def answer(call: Call) -> None:
        await call.say("Chào ")
        call.cut()

    assert failure(answer).reason == "llm_cut"


def test_an_error_within_the_stream_ends_the_answer() -> None:
    async def answer(call: Call) -> None:
        await call.say("Chào ")
        await call.event({"error": "overloaded", "error_type": "overloaded"})
        await call.end()

    assert isinstance(failure(answer), QuotaExceeded)


def test_a_line_that_is_no_json_is_malformed() -> None:
    async def answer(call: Call) -> None:
        await call.event('{"choices": [{"delta"')
        await call.finish()

    assert failure(answer).reason == "llm_malformed"


def test_a_provider_that_stays_silent_is_given_up(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GUONG_LLM_TIMEOUT_S", "0.3")

    async def answer(call: Call) -> None:
        await asyncio.Event().wait()

    assert isinstance(failure(answer), EngineTimeout)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("GUONG_LLM_PROVIDER", "", "llm_provider_unset"),
        ("GUONG_LLM_PROVIDER", "no such/provider", "llm_provider_unknown"),
        ("GUONG_LLM_MODEL", "", "llm_model_unset"),
        ("HF_TOKEN", "sk-another-servers-key", "llm_token_unset"),
    ],
)
def test_what_is_not_set_is_named(
    environment: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(EngineUnavailable) as raised:
        loaded()
    assert (raised.value.reason, raised.value.params["remedy"]) == (reason, name)


def test_a_router_in_a_process_of_its_own_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.inference import _providers

    async def within(url: str) -> None:
        router = _providers.CONVERSATIONAL_AUTO_ROUTER
        monkeypatch.setattr(router, "base_url", url.removesuffix("/v1"))
        engine = loaded()
        request = TurnRequest(3, "hôm nay trời đẹp quá")
        with anyio.fail_after(20):
            assert "".join(await answers(engine, request)).strip() == request.text
        engine.close()
        await asyncio.sleep(0)

    with process() as url:
        asyncio.run(within(url))
