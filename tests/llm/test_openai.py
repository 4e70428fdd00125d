"""The chat completions engine against a server that behaves well, badly, or not at all."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any

import anyio
import pytest

import modules.llm.remote
from modules.errors import (
    EngineFailed,
    EngineTimeout,
    EngineUnavailable,
    GuongError,
    QuotaExceeded,
)
from modules.llm import ENGINES
from modules.llm.openai import ChatEngine
from modules.messages import Line, TurnRequest
from tests.llm.server import Answer, Call, ChatServer, process, serving

KEY = "sk-test-not-a-secret"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("GUONG_LLM_MODEL", "test-model")
    monkeypatch.setenv("GUONG_LLM_KEY", KEY)
    monkeypatch.setenv("GUONG_LLM_TIMEOUT_S", "5")
    monkeypatch.setenv("OPENAI_API_KEY", "belongs-to-another-server")
    monkeypatch.setenv("OPENAI_ORG_ID", "belongs-to-another-server")
    return monkeypatch


def run(test: Coroutine[Any, Any, None]) -> None:
    async def within() -> None:
        with anyio.fail_after(20):
            await test

    asyncio.run(within())


def engine_for(url: str) -> ChatEngine:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUONG_LLM_URL", url)
        engine = ENGINES[0].make()
        engine.load()
    assert isinstance(engine, ChatEngine)
    return engine


async def answers(engine: ChatEngine, request: TurnRequest) -> list[str]:
    stream = engine.open(request)
    await stream.push(request)
    return [delta.text async for delta in stream]


def ask(answer: Answer, request: TurnRequest | None = None) -> tuple[list[str], ChatServer]:
    """Return the deltas that one request gets, and the server that gave them."""
    result: list[Any] = []

    async def test() -> None:
        async with serving(answer) as server:
            engine = engine_for(server.url)
            result.extend((await answers(engine, request or TurnRequest(3, "chào")), server))
            await engine.client().close()

    run(test())
    return result[0], result[1]


def failure(answer: Answer) -> GuongError:
    with pytest.raises(GuongError) as raised:
        ask(answer)
    assert KEY not in f"{raised.value!r} {raised.value} {raised.value.params}"
    return raised.value


async def greet(call: Call) -> None:
    await call.say("Chào ")
    await call.say("bạn!")
    await call.finish()


def test_an_answer_comes_piece_by_piece() -> None:
    heard = asyncio.Event()

    async def answer(call: Call) -> None:
        await call.say("Chào bạn, ")
        await heard.wait()  # the second piece is not sent before the first was received
        await call.say("mình đây.")
        await call.finish()

    async def test() -> None:
        async with serving(answer) as server:
            engine = engine_for(server.url)
            request = TurnRequest(7, "chào")
            stream = engine.open(request)
            await stream.push(request)
            said = ""
            async for delta in stream:
                assert delta.reply == 7
                said += delta.text
                heard.set()
            assert said == "Chào bạn, mình đây."
            await engine.client().close()

    run(test())


def test_the_model_gets_instructions_memories_history_and_the_question() -> None:
    request = TurnRequest(
        1,
        "còn nhớ mình không?",
        history=(Line("user", "chào"), Line("assistant", "Chào bạn!")),
        instructions="Em tên là Linh.",
        recalled=("Mình tên là Nam",),
    )
    _, server = ask(greet, request)
    body = server.calls[0].body
    assert body["model"] == "test-model"
    assert body["stream"] is True
    system, *turns = body["messages"]
    assert system["role"] == "system"
    assert system["content"].startswith("Em tên là Linh.")
    assert "- Mình tên là Nam" in system["content"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[-1]["content"] == "còn nhớ mình không?"


def test_the_key_goes_to_its_server_and_no_other_secret_does() -> None:
    _, server = ask(greet)
    assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"
    assert "belongs-to-another-server" not in str(server.calls[0].headers)


def test_a_server_without_a_key_is_not_sent_the_environments(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.delenv("GUONG_LLM_KEY")
    _, server = ask(greet)
    assert server.calls[0].headers["authorization"] == "Bearer none"


def test_reasoning_and_markup_are_not_spoken() -> None:
    async def answer(call: Call) -> None:
        for piece in ("<thi", "nk>Người dùng chào", ".</th", "ink>\n\n**Chào", "** bạn!"):
            await call.say(piece)
        await call.finish()

    assert "".join(ask(answer)[0]) == "Chào bạn!"


def test_two_turns_share_a_connection() -> None:
    async def test() -> None:
        async with serving(greet) as server:
            engine = engine_for(server.url)
            for reply in (1, 2):
                assert "".join(await answers(engine, TurnRequest(reply, "chào"))) == "Chào bạn!"
            assert server.connections == 1
            await engine.client().close()

    run(test())


def test_every_event_loop_has_connections_of_its_own() -> None:
    # The back of a turn may run in another loop, in a forked worker.
    seen: list[object] = []

    async def test(engine: ChatEngine) -> None:
        seen.append(engine.client())
        assert engine.client() is seen[-1]
        await engine.client().close()

    engine = engine_for("http://127.0.0.1:9/v1")
    run(test(engine))
    run(test(engine))
    assert seen[0] is not seen[1]


def test_an_endless_answer_is_cut() -> None:
    async def answer(call: Call) -> None:
        while True:
            await call.say("Mình kể tiếp nhé. ")

    said = "".join(ask(answer)[0])
    assert 1_600 <= len(said) <= 2_000
    assert said.rstrip().endswith(".")


class TestHangingUp:
    def test_cancelling_within_an_answer_closes_its_stream(self) -> None:
        async def answer(call: Call) -> None:
            await call.say("Chào bạn, ")
            await asyncio.Event().wait()

        async def test() -> None:
            async with serving(answer) as server:
                engine = engine_for(server.url)
                heard = asyncio.Event()

                async def turn() -> None:
                    request = TurnRequest(1, "chào")
                    stream = engine.open(request)
                    await stream.push(request)
                    async for _ in stream:
                        heard.set()

                task = asyncio.ensure_future(turn())
                await heard.wait()
                assert not server.hung_up.is_set()
                task.cancel()
                await server.hung_up.wait()
                assert task.cancelled() or (await asyncio.wait([task]))
                await engine.client().close()

        run(test())

    def test_cancelling_before_the_first_word_closes_it_too(self) -> None:
        async def answer(call: Call) -> None:
            asked.set()
            await asyncio.Event().wait()

        asked = asyncio.Event()

        async def test() -> None:
            async with serving(answer) as server:
                engine = engine_for(server.url)
                task = asyncio.ensure_future(answers(engine, TurnRequest(1, "chào")))
                await asked.wait()
                task.cancel()
                await server.hung_up.wait()
                await asyncio.wait([task])
                await engine.client().close()

        run(test())

    def test_closing_the_stream_closes_an_answer_that_nobody_reads_on(self) -> None:
        async def answer(call: Call) -> None:
            await call.say("Chào bạn, ")
            await asyncio.Event().wait()

        async def test() -> None:
            async with serving(answer) as server:
                engine = engine_for(server.url)
                request = TurnRequest(1, "chào")
                stream = engine.open(request)
                await stream.push(request)
                async with aclosing(aiter(stream)) as deltas:
                    await anext(deltas)
                    await stream.aclose()
                    await server.hung_up.wait()
                await engine.client().close()

        run(test())

    def test_what_was_pushed_and_not_begun_can_be_forgotten(self) -> None:
        async def test() -> None:
            engine = engine_for("http://127.0.0.1:9/v1")
            stream = engine.open(TurnRequest(1, "chào"))
            await stream.push(TurnRequest(1, "chào"))
            await stream.clear()
            assert [delta async for delta in stream] == []

        run(test())


class TestFaults:
    @pytest.mark.parametrize(
        ("status", "body", "kind", "code"),
        [
            (401, {"error": {"message": "bad key"}}, EngineUnavailable, "llm_key"),
            (403, {"error": {"message": "no"}}, EngineUnavailable, "llm_key"),
            (
                404,
                {"error": {"message": "model 'test-model' not found"}},
                EngineUnavailable,
                "llm_model",
            ),
            (404, {"detail": "Not Found"}, EngineUnavailable, "llm_unreachable"),
            (404, "<html>nothing here</html>", EngineUnavailable, "llm_unreachable"),
            (400, {"error": {"message": "context too long"}}, EngineFailed, "llm_refused"),
            (402, {"error": {"message": "pay"}}, QuotaExceeded, "llm"),
            (422, {"error": {"message": "no"}}, EngineFailed, "llm_refused"),
        ],
    )
    def test_a_refusal_says_what_to_do(
        self, status: int, body: object, kind: type[GuongError], code: str
    ) -> None:
        async def answer(call: Call) -> None:
            await call.status(status, body)

        error = failure(answer)
        assert type(error) is kind
        assert error.reason == code
        if kind is EngineUnavailable:
            assert str(error.params["remedy"]).startswith("GUONG_LLM_")

    def test_a_spent_quota_is_told_at_once_with_the_time_of_its_return(self) -> None:
        calls = []

        async def answer(call: Call) -> None:
            calls.append(call)
            await call.status(429, {"error": {"message": "slow down"}}, retry_after="17")

        error = failure(answer)
        assert isinstance(error, QuotaExceeded)
        assert error.params["retry_s"] == 17
        assert len(calls) == 1  # waiting for it is not for a conversation

    def test_a_quota_without_a_time_gets_one(self) -> None:
        async def answer(call: Call) -> None:
            await call.status(429, "", retry_after="Wed, 21 Oct 2026 07:28:00 GMT")

        assert failure(answer).params["retry_s"] == 30

    def test_a_server_that_fails_once_is_asked_again(self) -> None:
        calls = []

        async def answer(call: Call) -> None:
            calls.append(call)
            if len(calls) == 1:
                await call.status(503, {"error": {"message": "busy"}}, retry_after_ms="1")
            else:
                await greet(call)

        assert "".join(ask(answer)[0]) == "Chào bạn!"
        assert len(calls) == 2

    def test_a_server_that_fails_twice_has_failed(self) -> None:
        async def answer(call: Call) -> None:
            await call.status(500, {"error": {"message": "boom"}}, retry_after_ms="1")

        error = failure(answer)
        assert isinstance(error, EngineFailed)
        assert (error.reason, error.params["status"]) == ("llm_server", 500)

    def test_nobody_listening_is_unreachable(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]

        async def test() -> None:
            engine = engine_for(f"http://127.0.0.1:{port}/v1")
            await answers(engine, TurnRequest(1, "chào"))

        with pytest.raises(EngineUnavailable) as raised:
            run(test())
        assert raised.value.reason == "llm_unreachable"
        assert raised.value.params["remedy"] == "GUONG_LLM_URL"

    def test_silence_before_the_first_word_is_a_timeout(
        self, environment: pytest.MonkeyPatch
    ) -> None:
        environment.setenv("GUONG_LLM_TIMEOUT_S", "0.1")

        async def answer(call: Call) -> None:
            await asyncio.Event().wait()

        assert isinstance(failure(answer), EngineTimeout)

    def test_silence_after_the_headers_is_one_too(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("GUONG_LLM_TIMEOUT_S", "0.1")

        async def answer(call: Call) -> None:
            await call.event({"choices": [{"index": 0, "delta": {"role": "assistant"}}]})
            await asyncio.Event().wait()

        assert isinstance(failure(answer), EngineTimeout)

    def test_reasoning_without_end_is_one_too(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("GUONG_LLM_TIMEOUT_S", "0.1")

        async def answer(call: Call) -> None:
            await call.say("<think>")
            while True:
                await call.say("Để xem nào. ")

        assert isinstance(failure(answer), EngineTimeout)

    def test_silence_within_an_answer_is_a_timeout(self, environment: pytest.MonkeyPatch) -> None:
        environment.setattr(modules.llm.remote, "NEXT_TOKEN_S", 0.1)

        async def answer(call: Call) -> None:
            await call.say("Chào ")
            await asyncio.Event().wait()

        assert isinstance(failure(answer), EngineTimeout)

    def test_a_line_that_is_no_json_is_malformed(self) -> None:
        async def answer(call: Call) -> None:
            await call.event('{"choices": [{"delta"')
            await call.finish()

        assert failure(answer).reason == "llm_malformed"

    def test_a_connection_cut_within_the_answer_is_told(self) -> None:
        async def answer(call: Call) -> None:
            await call.say("Chào bạn, ")
            call.cut()

        assert failure(answer).reason == "llm_cut"

    def test_an_answer_that_ends_without_saying_so_was_cut(self) -> None:
        async def answer(call: Call) -> None:
            await call.say("Chào bạn, mình")
            await call.end()

        assert failure(answer).reason == "llm_cut"

    @pytest.mark.parametrize("text", ["", "<think>chỉ nghĩ thôi</think>", "**"])
    def test_an_answer_without_a_word_is_empty(self, text: str) -> None:
        async def answer(call: Call) -> None:
            await call.say(text)
            await call.finish()

        assert failure(answer).reason == "llm_empty"

    def test_an_error_within_the_stream_is_the_servers(self) -> None:
        async def answer(call: Call) -> None:
            await call.event({"error": {"message": "CUDA out of memory"}})
            await call.finish()

        error = failure(answer)
        assert isinstance(error, EngineFailed)
        assert error.reason == "llm_server"

    @pytest.mark.parametrize(
        "chunk",
        [
            {},
            {"choices": []},
            {"choices": None},
            {"choices": [{}]},
            {"choices": [{"delta": None}]},
            {"choices": [{"delta": {"content": None}}]},
            {"choices": [{"delta": {"content": 5}}]},
            {"choices": [{"delta": {"reasoning_content": "hmm"}}]},
        ],
    )
    def test_odd_chunks_are_passed_over(self, chunk: object) -> None:
        async def answer(call: Call) -> None:
            await call.event(chunk)
            await greet(call)

        assert "".join(ask(answer)[0]) == "Chào bạn!"


class TestLoading:
    @pytest.mark.parametrize("url", ["", "127.0.0.1:11434", "file:///etc/passwd"])
    def test_an_url_that_is_none_is_told(self, url: str, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("GUONG_LLM_URL", url)
        with pytest.raises(EngineUnavailable) as raised:
            ENGINES[0].make().load()
        assert raised.value.code == "engine_unavailable.llm_url_unset"
        assert raised.value.params == {"stage": "llm", "remedy": "GUONG_LLM_URL"}

    def test_a_missing_model_is_told(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("GUONG_LLM_URL", "http://127.0.0.1:1/v1")
        environment.setenv("GUONG_LLM_MODEL", "")
        with pytest.raises(EngineUnavailable) as raised:
            ENGINES[0].make().load()
        assert raised.value.reason == "llm_model_unset"

    def test_it_stands_above_the_companion_and_needs_the_network(self) -> None:
        assert (ENGINES[0].name, ENGINES[-1].name) == ("openai", "companion")
        assert ENGINES[0].needs == {"network"}
        assert ENGINES[-1].embedded

    def test_the_table_of_engines_imports_neither(self) -> None:
        code = (
            "import sys, modules.llm;"
            "assert not {'openai', 'httpx2', 'modules.llm.companion'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


def test_a_server_in_a_process_of_its_own_answers() -> None:
    async def test(engine: ChatEngine) -> None:
        request = TurnRequest(3, "hôm nay trời đẹp quá")
        assert "".join(await answers(engine, request)).strip() == request.text
        await engine.client().close()

    with process() as url:
        run(test(engine_for(url)))
