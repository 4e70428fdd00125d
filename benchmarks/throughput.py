"""How much faster than real time voice, face and encoding are on one core:
`python -m benchmarks.throughput`.

The back of a turn runs as in the app, in this process pinned to one core, not held back to its
playback; the language model's part is a text that is there at once.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.report import Figure, main
from benchmarks.sentences import Sentences
from modules.conversation.app import App
from modules.conversation.speaking import say
from modules.messages import FPS, SPEECH_RATE, Persona, Speech, TextDelta, TurnRequest
from modules.settings import Settings
from tests.scripted import Scripted

ROUNDS = 5
SENTENCES = 6


def run() -> list[Figure]:
    """Measure base and matched voice."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        with tempfile.TemporaryDirectory() as directory:
            base, matched = asyncio.run(_measure(Path(directory)))
    finally:
        os.sched_setaffinity(0, cores)
    return [
        Figure("times real time on one core, base voice", median(base), "x", at_least=6,
               detail=_spread(base)),
        Figure("times real time on one core, matched voice", median(matched), "x", at_least=4,
               detail=_spread(matched)),
    ]  # fmt: skip


async def _measure(directory: Path) -> tuple[list[float], list[float]]:
    app = App(Settings(data=directory))
    async with app.running():
        await app.ready.wait()
        app.residency.adopt(Scripted("llm", "companion", _writes))
        target = await _voice(app)
        base = [await _round(app, seed) for seed in range(ROUNDS)]
        matched = [await _round(app, 100 + seed, target) for seed in range(ROUNDS)]
    return base, matched


async def _writes(item: TurnRequest, _: TurnRequest) -> AsyncIterator[TextDelta]:
    yield TextDelta(item.reply, item.text)


async def _voice(app: App) -> dict[str, Any]:
    """Return a matched voice and the base it starts from, as a request carries them."""
    persona, engines = Persona(voice="north-man"), app.default_engines()
    text = Sentences(9).story(6)
    sample = await say(TurnRequest(0, text, persona=persona, engines=engines), app.residency)
    stored = app.voices.add("ab" * 16, "mẫu", sample.samples, SPEECH_RATE, True)
    return {
        "voice": app.voices.get("ab" * 16, stored.id),
        "base_voice": await app.base_voices.of(Persona(), engines["tts"]),
    }


async def _round(app: App, seed: int, voice: dict[str, Any] | None = None) -> float:
    """Return seconds of media per second of work for one long answer."""
    request = TurnRequest(
        seed, Sentences(seed).story(SENTENCES), engines=app.default_engines(), live=False,
        **(voice or {}),
    )  # fmt: skip
    samples, began = 0, time.perf_counter()
    async for message in app.back(request):
        if isinstance(message, Speech):
            samples += len(message.samples)
    assert samples % (SPEECH_RATE // FPS) == 0
    return samples / SPEECH_RATE / (time.perf_counter() - began)


def _spread(values: list[float]) -> str:
    return f"{min(values):.1f}-{max(values):.1f} x, n={len(values)}"


if __name__ == "__main__":
    main(run)
