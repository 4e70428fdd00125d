"""A local model as an engine: from a request to spoken text, for several sessions at once."""

from __future__ import annotations

import asyncio
import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
import torch
from transformers import AutoModelForCausalLM

from modules.errors import EngineFailed, EngineUnavailable
from modules.installing import command
from modules.llm import ENGINES
from modules.llm.local import engine as engines
from modules.llm.local.cards import CARDS
from modules.llm.local.decoder import Decoder, Sampling
from modules.llm.local.engine import LocalModel
from modules.llm.local.pieces import BROKEN, Pieces
from modules.llm.spoken import SpokenText
from modules.messages import Line, TurnRequest

TOKENS = 40
HISTORY = (Line("user", "Chào em"), Line("assistant", "Dạ em chào anh"))
Loading = Callable[[str], LocalModel]


@pytest.fixture
def loading(llama: Path, qwen: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loading]:
    """Load engines by name, on the tiny checkpoints; greedily, and with short answers."""
    folders = {"ura-llama-7b": llama, "qwen3-0.6b": qwen}
    loaded: list[LocalModel] = []
    monkeypatch.setattr(engines, "weights", lambda: SimpleNamespace(path=folders.__getitem__))
    monkeypatch.setattr(Sampling, "of", lambda card: Sampling(0, 1, 0, card.repetition_penalty))

    def load(name: str) -> LocalModel:
        made = next(spec for spec in ENGINES if spec.name == name).make()
        assert isinstance(made, LocalModel)
        made.load()
        made.left = lambda prompt: TOKENS  # type: ignore[method-assign]
        loaded.append(made)
        return made

    yield load
    for each in loaded:
        each.close()


def run(test: Coroutine[Any, Any, None]) -> None:
    async def within() -> None:
        with anyio.fail_after(60):
            await test

    asyncio.run(within())


async def answer(engine: LocalModel, request: TurnRequest) -> list[str]:
    stream = engine.open(request)
    await stream.push(request)
    return [delta.text async for delta in stream]


def expected(engine: LocalModel, folder: Path, request: TurnRequest) -> str:
    """Return what transformers writes, as it is spoken."""
    ids = engine.prompt(request)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    penalty = CARDS[engine.spec.weights[0]].repetition_penalty
    out = model.generate(
        torch.tensor([ids]), attention_mask=torch.ones(1, len(ids)), do_sample=False,
        repetition_penalty=penalty, max_new_tokens=TOKENS,
    )  # fmt: skip
    told = [t for t in out[0, len(ids) :].tolist() if t not in engine.batcher()._stops]
    # In pieces, since weights that were drawn by lot write bytes that make no letters.
    spoken, pieces = SpokenText(), Pieces(engine.tokenizer.text)
    return spoken.push("".join(map(pieces.push, told))) + spoken.finish()


@pytest.mark.parametrize("name", ["ura-llama-7b", "qwen3-0.6b"])
def test_the_answer_is_the_one_of_transformers_in_whole_letters(
    loading: Loading, llama: Path, qwen: Path, name: str
) -> None:
    engine = loading(name)
    request = TurnRequest(4, "Em khỏe không?", history=HISTORY, instructions="Em là Linh.")

    async def test() -> None:
        pieces = await answer(engine, request)
        assert len(pieces) > 1
        assert not any(BROKEN in piece for piece in pieces)
        folder = llama if name.startswith("ura") else qwen
        assert "".join(pieces).strip() == expected(engine, folder, request).strip()

    run(test())


def test_sessions_at_once_are_answered_as_each_alone(loading: Loading) -> None:
    engine = loading("qwen3-0.6b")
    requests = [
        TurnRequest(n, text, owner=f"owner-{n}", instructions="Em là Linh.")
        for n, text in enumerate(("Chào em", "Mấy giờ rồi nhỉ?", "Kể chuyện vui đi"))
    ]

    async def test() -> None:
        together = await asyncio.gather(*(answer(engine, each) for each in requests))
        alone = [await answer(engine, each) for each in requests]
        assert ["".join(t) for t in together] == ["".join(a) for a in alone]

    run(test())


def test_the_next_turn_computes_only_what_was_said_since(
    loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = loading("qwen3-0.6b")
    filled: list[int] = []
    fill = Decoder.fill

    def noted(self: Decoder, slot: int, ids: list[int], start: int) -> torch.Tensor:
        filled.append(len(ids))
        return fill(self, slot, ids, start)

    monkeypatch.setattr(Decoder, "fill", noted)
    system = "Em là Linh, 25 tuổi, nói giọng miền Bắc."

    async def test() -> None:
        first = TurnRequest(1, "Chào em", owner="an", instructions=system)
        await answer(engine, first)
        whole = sum(filled)
        assert whole == len(engine.prompt(first))
        filled.clear()
        second = TurnRequest(2, "Khỏe không?", owner="an", instructions=system, history=HISTORY)
        again = "".join(await answer(engine, second))
        shared = len(engine.prompt(second)) - sum(filled)
        assert shared > len(system.encode())
        fresh = loading("qwen3-0.6b")
        assert "".join(await answer(fresh, second)) == again

    run(test())


def test_no_token_is_computed_once_an_answer_is_cancelled(
    loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = loading("qwen3-0.6b")
    steps: list[int] = []
    step = Decoder.step
    monkeypatch.setattr(
        Decoder, "step", lambda self, rows, idle: (steps.append(1), step(self, rows, idle))[1]
    )

    async def test() -> None:
        request = TurnRequest(1, "Kể chuyện đi", owner="an")
        stream = engine.open(request)
        await stream.push(request)
        async with aclosing(aiter(stream)) as deltas:
            await anext(deltas)
            job = stream._job
            await stream.aclose()
            after = len(steps)
        while job.slot is not None:
            await asyncio.sleep(0.01)
        assert len(steps) <= after + 1  # the step that ran
        assert "".join(await answer(engine, request))

    run(test())


def test_cancelling_the_turn_frees_its_slot(loading: Loading) -> None:
    engine = loading("qwen3-0.6b")

    async def test() -> None:
        heard = asyncio.Event()

        async def turn() -> None:
            request = TurnRequest(1, "Kể chuyện đi", owner="an")
            stream = engine.open(request)
            await stream.push(request)
            async for _ in stream:
                heard.set()

        task = asyncio.ensure_future(turn())
        await heard.wait()
        task.cancel()
        await asyncio.wait([task])
        while any(slot.busy for slot in engine.batcher().slots):
            await asyncio.sleep(0.01)

    run(test())


def test_a_prompt_leaves_room_for_the_answer_in_the_window(
    llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "weights", lambda: SimpleNamespace(path=lambda key: llama))
    engine = LocalModel(next(spec for spec in ENGINES if spec.name == "ura-llama-7b"))
    engine.load()
    try:
        lines = tuple(Line("user" if n % 2 else "assistant", "ừ nhỉ " * 20) for n in range(60))
        request = TurnRequest(1, "Hỏi gì nào?", history=lines, instructions="Em là Linh.")
        assert len(engine.prompt(request)) <= 2_048 - 1_024
        assert engine.prompt(request)[-8:] == engine.prompt(TurnRequest(1, "Hỏi gì nào?"))[-8:]
    finally:
        engine.close()


def test_on_zerogpu_the_cache_and_the_thread_are_made_in_the_worker(
    loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    engine = loading("qwen3-0.6b")
    assert engine._batcher is None  # loaded on the main thread, before launch
    fork = multiprocessing.get_context("fork")
    for _ in range(2):  # the next visitor's worker begins as this one did
        answers = fork.SimpleQueue()
        worker = fork.Process(target=_in_worker, args=(engine, answers))
        worker.start()
        worker.join(60)
        assert worker.exitcode == 0
        assert answers.get()
    assert engine._batcher is None


def _in_worker(engine: LocalModel, answers: Any) -> None:
    torch.set_num_threads(1)  # OpenMP's threads stayed in the parent
    answers.put("".join(asyncio.run(answer(engine, TurnRequest(1, "Chào em")))))


def test_an_engine_that_is_not_loaded_says_so(loading: Loading) -> None:
    engine = loading("qwen3-0.6b")
    engine.close()
    with pytest.raises(EngineUnavailable, match="not_loaded"):
        engine.open(TurnRequest(1, "chào"))


def test_a_turn_in_progress_ends_when_the_engine_is_unloaded(loading: Loading) -> None:
    engine = loading("qwen3-0.6b")

    async def test() -> None:
        request = TurnRequest(1, "Kể chuyện đi", owner="an")
        stream = engine.open(request)
        await stream.push(request)
        with pytest.raises(EngineFailed):
            async for _ in stream:
                engine.batcher().close()

    run(test())


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = next(spec for spec in ENGINES if spec.name == "qwen3-0.6b")
    monkeypatch.setattr(
        type(spec), "missing_packages", property(lambda self: ("torch", "transformers"))
    )
    with pytest.raises(EngineUnavailable) as raised:
        LocalModel(spec).load()
    assert raised.value.params["remedy"] == command(["torch", "transformers"])


def test_importing_the_engines_loads_nothing_heavy() -> None:
    code = (
        "import sys, modules.llm.local.engine, modules.llm.huggingface, modules.llm.remote\n"
        "assert not {'torch', 'transformers', 'huggingface_hub'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_rung_has_a_card_and_names_what_it_needs() -> None:
    local = [spec for spec in ENGINES if "torch" in spec.needs]
    assert [spec.name for spec in local] == list(CARDS)
    for spec in local:
        assert spec.weights == (spec.name,)
        assert spec.megabytes >= CARDS[spec.name].nf4_mb
        assert ("licence" in spec.needs) == ("gated" in spec.needs) == spec.name.startswith("ura")
    assert [spec.name for spec in local if "cuda" not in spec.needs] == ["qwen3-1.7b", "qwen3-0.6b"]
