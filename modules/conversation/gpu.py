"""What runs on a GPU that is lent by the call: which work needs it, for how long, and what without.

On ZeroGPU the app's own process has no device. All that may need one goes as a `Task` through one
generator, decorated once: one scheduling for each task, and one pool of workers that hold the
models. What no engine on the card would serve runs here, and spends nobody's quota; where the quota
is spent or every card is taken, the other engines of the ladder answer, with a notice.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import anyio
from anyio import to_thread

from modules import zerogpu
from modules.conversation.back import back
from modules.conversation.cache import Cache
from modules.conversation.speaking import run, say, show
from modules.engines import Stage
from modules.errors import AtCapacity, EngineFailed, EngineUnavailable, GuongError, QuotaExceeded
from modules.messages import (
    LISTEN_RATE,
    SPEECH_RATE,
    MediaChunk,
    Message,
    Notice,
    Speech,
    Transcript,
    TurnEnd,
    TurnRequest,
    Utterance,
)
from modules.residency import Residency
from modules.text.syllables import count_syllables

log = logging.getLogger("guong.gpu")

STARTS_S = 6.0
"""A worker's fork, and the packed models on their way onto the card: some gigabytes a second."""
SYLLABLES_S = 4.5
"""How fast speech is (neutral Vietnamese reading)."""
ANSWER_SYLLABLES, MOST_SYLLABLES = 60, 220
"""What a model says to a short message, and the most that is planned for."""
COST = {"llm": 0.3, "tts": 0.1, "voice": 0.05, "avatar": 0.4}
"""Seconds for a second of speech, where the stage runs on the card: URA-LLaMA spends 2.5 tokens on
a syllable and gives 40 tokens a second, MuseTalk paints 60 pictures a second. Estimates."""
ENCODING = 0.25
HEARING = 0.1
PREPARING_S = 16.0
"""Of a portrait's loop of 300 frames: two encodings each, 270 GFLOP. An estimate."""
MARGIN = 1.5
LEAST_S, MOST_S = 10, 60

_BACK: tuple[Stage, ...] = ("llm", "tts", "voice", "avatar")
_REFUSALS = (QuotaExceeded, AtCapacity, EngineFailed)

Kind = Literal["answer", "hear", "say", "show", "prepare"]


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work as it crosses into a worker; `item` is what is heard or shown."""

    kind: Kind
    request: TurnRequest
    item: Utterance | Speech | None = None


Decorate = Callable[..., Callable[[Any], Any]]
"""`spaces.GPU`."""


def seconds_for(task: Task, on_card: frozenset[str] = frozenset(_BACK)) -> int:
    """Return the GPU seconds to ask for; `on_card` are the stages that run on the card.

    All of it must fit what is left of a visitor's quota, and the platform ends what takes longer.
    The scheduler itself multiplies by 1.5 for the smaller half of a card (`spaces` 0.51.3).
    """
    if task.kind == "hear" and isinstance(task.item, Utterance):
        needed = HEARING * len(task.item.samples) / LISTEN_RATE
    elif task.kind == "show" and isinstance(task.item, Speech):
        needed = (COST["avatar"] + ENCODING) * len(task.item.samples) / SPEECH_RATE
    elif task.kind == "prepare":
        needed = PREPARING_S
    else:
        cost = ENCODING + sum(COST[stage] for stage in on_card if stage in COST)
        needed = cost * _syllables(task) / SYLLABLES_S
    return round(min(MOST_S, max(LEAST_S, STARTS_S + MARGIN * needed)))


def _syllables(task: Task) -> int:
    request = task.request
    if task.kind == "say" or request.answer:
        return count_syllables(request.answer or request.text)
    # Who writes much is answered at some length; who asks briefly may still get a story.
    expected = ANSWER_SYLLABLES + count_syllables(request.text) // 2
    return min(MOST_SYLLABLES, expected)


class LentGpu:
    """The way to a card that is lent for one task at a time."""

    def __init__(self, residency: Residency, cache: Cache, decorate: Decorate) -> None:
        """`cache` is this process's; a worker keeps none: what it kept, `forget` could not reach.

        `decorate` is `spaces.GPU`.
        """
        self._residency = residency
        self._here = partial(back, residency=residency, cache=cache)
        inside = partial(perform, residency=residency, seconds=self.seconds)
        self._call: Callable[[Task], Iterator[Any]] = decorate(duration=self.seconds)(
            zerogpu.worker(inside)
        )

    def seconds(self, task: Task) -> int:
        """Return the GPU seconds to ask for."""
        return seconds_for(task, frozenset(self.on_card(task.request, _BACK)))

    def on_card(self, request: TurnRequest, stages: tuple[Stage, ...]) -> list[Stage]:
        """Return the stages whose serving engine needs the card."""
        asked = [
            stage
            for stage in stages
            if not (stage == "voice" and request.voice is None)
            and not (stage == "llm" and request.answer)
        ]
        best = {stage: request.engines.get(stage, ())[:1] for stage in asked}
        return [stage for stage in asked if any(self._needs(stage, n) for n in best[stage])]

    async def answer(self, request: TurnRequest) -> AsyncGenerator[Message, None]:
        """Yield the messages of an answer, as `back` does, from wherever it can be made."""
        refused: GuongError | None = None
        if self.on_card(request, _BACK):
            begun = False
            try:
                async with aclosing(self._remote(Task("answer", request))) as messages:
                    async for message in messages:
                        begun = True
                        self._learn(message)
                        yield message
                return
            except _REFUSALS as error:
                log.warning("answering without the card: %s", error.code)
                refused = error
            yield refusal(request.reply, refused, begun=begun)
            if begun:  # what was said cannot be said again
                yield TurnEnd(request.reply, "failed")
                return
        async with aclosing(self._here(self.without(request))) as messages:
            async for message in messages:
                yield message

    async def hear(self, request: TurnRequest, utterance: Utterance) -> Transcript:
        """Return what was said. Raises what the recognisers raise, or the refusal of the card
        where no other recogniser is there.
        """
        if self.on_card(request, ("asr",)):
            try:
                found: Transcript = await self._one(Task("hear", request, utterance))
                return found
            except _REFUSALS as error:
                log.warning("hearing without the card: %s", error.code)
                if not self.without(request).engines.get("asr"):
                    raise
        heard = await run(self.without(request), self._residency, "asr", [utterance])
        transcript: Transcript = heard[-1]
        return transcript

    async def say(self, request: TurnRequest) -> Speech:
        """Return `request.text` as speech, as `speaking.say` does."""
        if self.on_card(request, ("tts", "voice")):
            try:
                speech: Speech = await self._one(Task("say", request))
                return speech
            except _REFUSALS as error:
                log.warning("speaking without the card: %s", error.code)
        return await say(self.without(request), self._residency)

    async def show(self, request: TurnRequest, speech: Speech) -> list[MediaChunk]:
        """Return speech as media, as `speaking.show` does."""
        if self.on_card(request, ("avatar",)):
            try:
                chunks: list[MediaChunk] = await self._one(Task("show", request, speech))
                return chunks
            except _REFUSALS as error:
                log.warning("showing without the card: %s", error.code)
        return await show(self.without(request), self._residency, speech)

    async def prepare(self, request: TurnRequest) -> AsyncGenerator[float, None]:
        """Prepare the portrait of a request for the painter that it names; yield the share done.

        Raises what the painter raises, and the refusal of the card.
        """
        yield 0.0
        await self._one(Task("prepare", request))
        yield 1.0

    def without(self, request: TurnRequest) -> TurnRequest:
        """Return a request that no engine on the card serves."""
        return replace(request, engines=self._without(request.engines))

    def _without(self, engines: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {
            stage: tuple(name for name in names if not self._needs(stage, name))
            for stage, names in engines.items()
        }

    def _needs(self, stage: Any, name: str) -> bool:
        try:
            return "cuda" in self._residency.spec(stage, name).needs
        except EngineUnavailable:
            return False

    async def _remote(self, task: Task) -> AsyncGenerator[Any, None]:
        async with aclosing(zerogpu.remote(self._call, task)) as given:
            async for each in given:
                if isinstance(each, GuongError):
                    raise each
                yield each

    async def _one(self, task: Task) -> Any:
        async with aclosing(self._remote(task)) as given:
            async for each in given:
                return each
        raise EngineFailed("nothing", stage="", engine="zerogpu")

    def _learn(self, message: Message) -> None:
        # A worker's residency is a copy: that an engine failed there, this one must be told.
        if isinstance(message, Notice) and message.code == "demoted":
            stage, engine = message.stage, str(message.params.get("engine", ""))
            if self._needs(stage, engine):
                self._residency.rest(stage, engine)  # type: ignore[arg-type]


def refusal(reply: int, error: GuongError, *, begun: bool) -> Notice:
    """Return the notice that tells why the card does not answer, or no longer."""
    code = "gpu_stopped" if begun else "without_gpu"
    return Notice(reply, code, {**error.params, "why": error.code}, "gpu")


async def perform(
    task: Task, residency: Residency, seconds: Callable[[Task], float]
) -> AsyncIterator[Any]:
    """Do a task inside a worker; an error of ours is given, not raised: `spaces` would pass on
    nothing of it but its name.
    """
    request = task.request
    try:
        if task.kind == "answer":
            messages = back(request, residency, Cache(0), hasty=True)
            async with aclosing(in_time(messages, request.reply, seconds(task))) as given:
                async for message in given:
                    yield message
        elif task.kind == "hear":
            yield (await run(request, residency, "asr", [task.item]))[-1]
        elif task.kind == "say":
            yield await say(request, residency)
        elif isinstance(task.item, Speech):
            yield await show(request, residency, task.item)
        elif task.kind == "prepare":
            yield await _prepare(request, residency)
    except GuongError as error:
        yield error


async def _prepare(request: TurnRequest, residency: Residency) -> bool:
    """Let the painter that a request names prepare its portrait, for good."""
    with residency.lease("avatar", request.engines["avatar"][0]) as lent:
        painter: Any = lent
        done: bool = await to_thread.run_sync(painter.prepare, request.portrait)
    return done


async def in_time(
    messages: AsyncGenerator[Message, None], reply: int, seconds: float
) -> AsyncGenerator[Message, None]:
    """Yield messages until the time that was asked for is over: then the answer ends with a notice.

    The platform would end the worker, and the next visitor would wait for a new one.
    """
    deadline = anyio.current_time() + seconds
    async with aclosing(messages):
        while True:
            with anyio.move_on_at(deadline) as limit:
                message = await anext(messages, None)
            if limit.cancelled_caught:
                yield Notice(reply, "gpu_stopped", {"why": "quota_exceeded.gpu_time"}, "gpu")
                yield TurnEnd(reply, "failed")
                return
            if message is None:
                return
            yield message
