"""Engines that do what a test says, second by second."""

import anyio
import numpy as np

from modules.engines import STAGES, EngineSpec
from modules.messages import (
    FRAME_SAMPLES,
    SPEECH_RATE,
    Frames,
    Speech,
    TextDelta,
    TurnRequest,
    Viseme,
)
from modules.residency import Residency


class Scripted:
    """An engine whose streams run `play(item, request)`, an async generator."""

    def __init__(self, stage, name, play, first_output_s=5.0, next_output_s=2.0, needs=()):
        self.spec = EngineSpec(
            name,
            stage,
            "",
            frozenset(needs),
            first_output_s=first_output_s,
            next_output_s=next_output_s,
        )
        self.play = play
        self.heard = []
        self.open_streams = 0
        self.closed = False

    def load(self):
        pass

    def close(self):
        self.closed = True

    def open(self, request):
        self.open_streams += 1
        return _Stream(self, request)


class _Stream:
    def __init__(self, engine, request):
        self.engine = engine
        self.request = request
        self.items = []

    async def push(self, item):
        self.engine.heard.append(item)
        self.items.append(item)

    async def clear(self):
        self.items.clear()

    async def aclose(self):
        self.engine.open_streams -= 1

    async def __aiter__(self):
        while self.items:
            async for out in self.engine.play(self.items.pop(0), self.request):
                yield out


def residency(*engines):
    """Return a Residency in which all of these are resident; earlier ones are better."""
    tables = {stage: tuple(e.spec for e in engines if e.spec.stage == stage) for stage in STAGES}
    made = Residency(tables)
    for engine in engines:
        made.adopt(engine)
    return made


def request(*engines, reply=1, **fields):
    names = {}
    for engine in engines:
        names.setdefault(engine.spec.stage, []).append(engine.spec.name)
    return TurnRequest(
        reply, fields.pop("text", "chào"), engines={k: tuple(v) for k, v in names.items()}, **fields
    )


# --- plays: what an engine of each stage does when all is well ------------------------------------


def says(*deltas, every_s=0.0):
    async def play(item, request):
        for delta in deltas:
            await anyio.sleep(every_s)
            yield TextDelta(item.reply, delta)

    return play


def tone(seconds, reply=1, clause=0, last=False):
    """Return audible speech: a mouth that opens for all of it."""
    count = round(seconds * SPEECH_RATE)
    samples = 0.3 * np.sin(2 * np.pi * 200 * np.arange(count) / SPEECH_RATE)
    visemes = (Viseme(0, count, "open"),)
    return Speech(reply, clause, samples.astype(np.float32), visemes, last)


def speaks(seconds=1.0, takes_s=0.01):
    async def play(clause, request):
        await anyio.sleep(takes_s)
        yield tone(seconds, clause.reply, clause.clause, clause.last)

    return play


def repeats(takes_s=0.0):
    async def play(speech, request):
        await anyio.sleep(takes_s)
        yield Speech(speech.reply, speech.clause, speech.samples * 0.9, speech.visemes, speech.last)

    return play


def shows(fps=1000.0, batch=8, colour=0, tail=4):
    """Return a face that draws `fps` frames a second and closes with `tail` frames."""

    async def play(speech, request):
        count = -(-len(speech.samples) // FRAME_SAMPLES)
        padded = np.zeros((count + (tail if speech.last else 0)) * FRAME_SAMPLES, np.float32)
        padded[: len(speech.samples)] = speech.samples
        total = len(padded) // FRAME_SAMPLES
        for first in range(0, total, batch):
            n = min(batch, total - first)
            await anyio.sleep(n / fps)
            sound = padded[first * FRAME_SAMPLES : (first + n) * FRAME_SAMPLES]
            rgb = np.full((n, 512, 512, 3), colour, np.uint8)
            yield Frames(
                speech.reply, speech.clause, rgb, first, Speech(speech.reply, speech.clause, sound)
            )
        if not total:
            rgb = np.full((1, 512, 512, 3), colour, np.uint8)
            yield Frames(speech.reply, speech.clause, rgb, 0, tone(0.04))

    return play


def hangs(after_s=0.0):
    async def play(item, request):
        await anyio.sleep(after_s)
        await anyio.sleep_forever()
        yield

    return play


def raises(error, after=()):
    async def play(item, request):
        for out in after:
            yield out
        raise error

    return play


def gives_nothing():
    async def play(item, request):
        return
        yield

    return play
