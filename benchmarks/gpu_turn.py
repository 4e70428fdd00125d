"""A typed message through the real app, until its answer is heard, for 1, 4 and 8 visitors.

Front and back are the app's own, with memory, guard, espeak, the drawn face and the encoder. On the
card lie a language model (URA-LLaMA's architecture) and OpenVoice's converter in full size, with
random weights. What the model draws is noise, so its tokens are spelled as syllables of an
ordinary answer, 2.2 tokens each as LLaMA-2 spends them, with a full stop now and then: the network
does its whole work, and what follows it has Vietnamese to work on.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.gpu_llm import LLAMA_7B, TOY, random_network
from benchmarks.gpu_voice import random_converter
from benchmarks.report import Figure, spread
from modules import llm, voice
from modules.conversation.app import App
from modules.conversation.session import Session
from modules.llm.local.engine import LocalModel
from modules.messages import Notice, Persona, Speech, TurnEnd, TurnRequest
from modules.settings import Settings
from modules.voice.openvoice.engine import OpenVoiceEngine
from modules.voice.openvoice.pairs import Pairs, steps_of

FIRST_AUDIO_MS = 500
"""From message to the first chunk in which the answer can be heard, on an H200-class card."""
SESSIONS = (1, 4, 8)
ROUNDS = {"cuda": 7, "cpu": 1}
ANSWER_TOKENS = {"cuda": 160, "cpu": 40}
PROMPT_TOKENS = {"cuda": 700, "cpu": 60}
SPELLING = (
    " em", "", " nghe", "", "", " anh", " kể", "", " mà", "", " thấy", " vui", "", "", " quá", ".",
    " hôm", "", " nay", "", " trời", "", "", " đẹp", " lắm", ",", "", " mình", "", " đi", "",
    " nhé", "", ".",
)  # fmt: skip
"""What tokens are spelled as, by their number."""
MESSAGE = "Hôm nay em thấy thế nào, kể anh nghe chuyện gì vui đi?"


def run(device: str) -> list[Figure]:
    """Return the rows of whole turns."""
    return asyncio.run(_run(device))


async def _run(device: str) -> list[Figure]:
    figures = []
    async with started(device) as app:
        voices = await cloned(app)
        await several(app, voices, 1, device, turn=0)  # first uses
        for count in SESSIONS:
            rounds = [
                await several(app, voices, count, device, turn=1 + n) for n in range(ROUNDS[device])
            ]
            figures += rows(count, [each for found in rounds for each in found])
    return figures


@asynccontextmanager
async def started(device: str) -> AsyncIterator[App]:
    """Start the app with the card's engines in the place of fetched ones."""
    with tempfile.TemporaryDirectory() as directory:
        app = App(Settings(data=Path(directory)))
        async with app.running():
            await app.ready.wait()
            model, converter = writer(device), colourist(device)
            app.residency.adopt(model)  # type: ignore[arg-type]
            app.residency.adopt(converter)
            try:
                yield app
            finally:
                model.close()


def writer(device: str) -> LocalModel:
    """Return the app's engine of a local model around a network with random weights."""
    spec = next(spec for spec in llm.ENGINES if spec.name == "ura-llama-7b")
    engine = LocalModel(replace(spec, first_output_s=60.0, next_output_s=60.0))
    sizes = LLAMA_7B if device == "cuda" else TOY
    network = random_network(LlamaConfig, LlamaForCausalLM, sizes, device)
    network.stops = frozenset()
    engine.network, engine.tokenizer = network, Spelling(device, network.vocabulary)
    engine.left = lambda prompt: ANSWER_TOKENS[device]  # type: ignore[method-assign]
    engine.batcher()
    return engine


class Spelling:
    """Stands for a tokenizer: prompts of the usual length, and syllables for random tokens."""

    end = None

    def __init__(self, device: str, vocabulary: int) -> None:
        self._length, self._vocabulary = PROMPT_TOKENS[device], vocabulary

    def count(self, messages: Sequence[Any]) -> int:
        """Return how many tokens messages are."""
        return self._length

    def prompt(self, messages: Sequence[Any]) -> list[int]:
        """Return a prompt that no other begins like."""
        return [int(token) for token in torch.randint(3, self._vocabulary, (self._length,))]

    def text(self, ids: Sequence[int]) -> str:
        """Return what ids are spelled as."""
        return "".join(SPELLING[token % len(SPELLING)] for token in ids)


def colourist(device: str) -> OpenVoiceEngine:
    """Return the app's engine of the converter with random weights."""
    spec = voice.ENGINES[0]
    if device == "cpu":
        spec = replace(spec, needs=spec.needs - {"cuda"}, first_output_s=60.0, next_output_s=60.0)
    engine = OpenVoiceEngine(spec)
    network = random_converter(device)
    steps = steps_of(network, device, zero=False)
    engine._pairs = Pairs(network, "random", steps)  # there is no file
    return engine


async def cloned(app: App) -> SimpleNamespace:
    """Return a voice as somebody would have left it, and the base voice it replaces."""
    engines = app.default_engines()
    text = "Tôi đọc đoạn này để máy nghe giọng của tôi. " * 4
    sample = await app.say(
        TurnRequest(0, text, persona=Persona(voice="north-man"), engines=engines)
    )
    stored = app.voices.add("ab" * 16, "mẫu", sample.samples, sample.rate, True)
    base = await app.base_voices.of(Persona(), engines["tts"])
    return SimpleNamespace(voice=app.voices.get("ab" * 16, stored.id), base=base)


async def several(
    app: App, voices: SimpleNamespace, count: int, device: str, turn: int
) -> list[SimpleNamespace]:
    """Let so many visitors send a message at the same moment; return what each got."""
    sessions = [visitor(app, voices) for _ in range(count)]
    try:
        return list(await asyncio.gather(*(said(each, turn) for each in sessions)))
    finally:
        for each in sessions:
            app.cache.forget(each.owner)
        app.residency.wake_all()


def visitor(app: App, voices: SimpleNamespace) -> Session:
    """Return a session of somebody new, who has chosen the cloned voice."""
    session = Session(app, os.urandom(16).hex(), None, live=True)
    session.voice, session.base_voice = voices.voice, voices.base
    session.choices["llm"], session.choices["voice"] = "ura-llama-7b", voice.ENGINES[0].name
    return session


async def said(session: Session, turn: int) -> SimpleNamespace:
    """Send a message; return when it was heard, how fast it was made, and who made it."""
    began, speech, notices, served = time.perf_counter(), 0.0, 0, {}
    heard = ended = float("nan")
    async with aclosing(session.turn(MESSAGE, session.next_reply())) as messages:
        async for message in messages:
            now = 1000 * (time.perf_counter() - began)
            if isinstance(message, Speech):
                speech += len(message.samples) / message.rate
            elif isinstance(message, Notice):
                notices += 1
            elif isinstance(message, TurnEnd):
                heard, served, ended = (
                    message.latency_ms.get("first_audio", heard),
                    message.engines,
                    now,
                )
    return SimpleNamespace(
        heard=heard, seconds=speech, took=ended / 1000, notices=notices, served=served
    )


def rows(count: int, answers: list[SimpleNamespace]) -> list[Figure]:
    """Return the figures of so many visitors at once."""
    heard = [answer.heard for answer in answers]
    kept = sum(
        a.served.get("llm") == "ura-llama-7b" and a.served.get("voice") == voice.ENGINES[0].name
        for a in answers
    )
    return [
        Figure(
            f"message to first audio, {count} at once", median(heard), "ms",
            at_most=FIRST_AUDIO_MS if count == 1 else None, detail=spread(heard),
        ),
        Figure(
            f"answers that model and voice carried to their end, {count} at once",
            100 * kept / len(answers), "%", at_least=100,
            detail=f"{sum(a.notices for a in answers)} notices, n={len(answers)}",
        ),
    ]  # fmt: skip
