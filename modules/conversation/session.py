"""One conversation: who talks, in which words, what was said, and what is being said now."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from modules import avatar, emotion, persona, tts
from modules.conversation import answering
from modules.conversation.reply import Reply
from modules.conversation.talk import Talk
from modules.engines import STAGES, Stage
from modules.errors import NotFound
from modules.memory import UserMemory
from modules.messages import (
    FloatArray,
    Line,
    Message,
    Mood,
    Persona,
    Portrait,
    Prompt,
    Recollection,
    TurnEnd,
    User,
    Utterance,
    VoiceProfile,
)
from modules.text import clean

if TYPE_CHECKING:
    from modules.conversation.app import App
    from modules.conversation.socket import Line as SocketLine

VIETNAM = timezone(timedelta(hours=7))
"""Of whom no other zone is known."""
_HISTORY_LINES = 40
_MOODS = 6


class Session:
    """A conversation of one owner. Used on the event loop only."""

    def __init__(self, app: App, owner: str, memory: UserMemory | None, *, live: bool) -> None:
        self.app = app
        self.owner = owner
        self.memory = memory
        """What is remembered of the owner; None for somebody without a key."""
        self.cache = app.cache.of(owner)
        self.live = live
        """Whether replies are played while they are made (the page) or handed over as files."""
        self.token = secrets.token_urlsafe(24)
        self.language = app.settings.language
        self.persona = Persona()
        self.user = User()
        self.given: tuple[Persona | None, User | None] = (None, None)
        """What a caller of the API fixed for this turn: it counts more than what is heard."""
        self.voice: VoiceProfile | None = None
        self.base_voice: VoiceProfile | None = None
        self.portrait: Portrait | None = None
        """The photographed face that speaks; None for a drawn persona."""
        self.rate = 1.0
        self.pitch = 0.0
        self.push_to_talk = False
        self.end_of_turn_s = app.settings.end_of_turn_s
        self.choices: dict[str, str] = {}
        self.address = persona.AddressState()
        self.history: deque[Line] = deque(maxlen=_HISTORY_LINES)
        self.recalled: tuple[str, ...] = ()
        """What was remembered for the last turn, in the user's own words."""
        self.recollections: tuple[Recollection, ...] = ()
        """The same with its dates, and what was found in documents and pictures."""
        self.zone: tzinfo = VIETNAM
        """Where the user's days begin: what they told "hôm qua" depends on it."""
        self.moods: deque[Mood] = deque(maxlen=_MOODS)
        self.baseline = emotion.Baseline()
        """How the user usually sounds."""
        self.talk = Talk(app.files, owner, app.media_budget)
        """The record of the conversation, with the media of the page's answers."""
        self.line: SocketLine | None = None
        """The page's socket, while it is open."""
        self.reply: Reply | None = None
        self.renewed = asyncio.Event()
        """Set when `reply` is another one; whoever waits for it clears it."""
        self._utterances: dict[int, FloatArray] = {}
        self._floor = 0
        self._latest = 0
        self._turn = asyncio.Lock()
        self._running: tuple[int, asyncio.Task[None]] | None = None

    @property
    def last_reply(self) -> int:
        """The highest reply id so far: a page that comes back counts on from it."""
        return max(self._floor, self._latest, self.reply.id if self.reply else 0)

    @property
    def keeper(self) -> str | None:
        """Whom something may be kept of: None for somebody without a key."""
        return self.owner if self.memory is not None else None

    # --- settings ---------------------------------------------------------------------------------

    async def configure(self, chosen: Persona, user: User | None = None) -> None:
        """Change who the assistant is, and who the user.

        Raises `NotFound` for a voice or an avatar that does not exist or belongs to another; then
        nothing has changed.
        """
        voice = base = None
        if chosen.voice and tts.find_voice(chosen.voice) is None:
            voice = await to_thread.run_sync(self.app.voices.get, self.owner, chosen.voice)
            speakers = tts.serving(self._resident("tts"), chosen)
            base = await self.app.base_voices.at_once(chosen, speakers)
        portrait = await self._portrait(chosen.avatar)
        self.persona, self.voice, self.base_voice = chosen, voice, base
        self.portrait = portrait
        if portrait is not None:
            self.app.preparing.again(self.owner, portrait)
        if user is not None:
            self.user = user

    async def _portrait(self, face: str) -> Portrait | None:
        """Return the photographed face of an id, None for a drawn persona's or for none."""
        if not face or face in {each.id for each in avatar.avatars()}:
            return None
        return await to_thread.run_sync(self.app.faces.get, self.owner, face)

    def now(self) -> datetime:
        """Return the moment by the user's clock."""
        return datetime.now(self.zone)

    def reset(self) -> None:
        """Forget the conversation and all choices, as if it had just begun."""
        self.persona, self.user, self.given = Persona(), User(), (None, None)
        self.voice = self.base_voice = self.portrait = None
        self.rate, self.pitch = 1.0, 0.0
        self.choices.clear()
        self.address = persona.AddressState()
        self.history.clear()
        self.recalled, self.recollections = (), ()
        self.talk.clear()
        self.moods.clear()
        self.baseline = emotion.Baseline()
        self._utterances.clear()
        self.reply = None

    def engines(self) -> dict[str, tuple[str, ...]]:
        """Return who may serve now in each stage, best first."""
        able: dict[str, tuple[str, ...]] = {stage: self._resident(stage) for stage in STAGES}
        return {
            **able,
            "tts": tts.serving(able["tts"], self.persona),
            "avatar": avatar.serving(able["avatar"], self.portrait),
        }

    def speakers(self) -> tuple[tuple[str, ...], VoiceProfile | None]:
        """Return who may speak now, best first, and what a matched voice starts from."""
        engines = self.engines()["tts"]
        if self.voice is None:
            return engines, self.base_voice
        ordered, base = self.app.base_voices.ready(self.persona, engines)
        if ordered != engines or base is None:  # an engine came or went since the voice was chosen
            self.app.spawn(self.app.base_voices.of(self.persona, engines))
        return ordered, base or self.base_voice

    def _resident(self, stage: Stage) -> tuple[str, ...]:
        chosen = (self.choices.get(stage, ""), *self.app.settings.preferred(stage))
        return self.app.residency.resident(stage, chosen)

    # --- what the microphone heard ----------------------------------------------------------------

    def keep_utterance(self, number: int, samples: FloatArray) -> None:
        """Keep what the user said until the page asks for its turn; an older one is dropped."""
        self._utterances = {number: samples}

    def take_utterance(self, number: int, reply: int) -> Utterance:
        """Return what the user said. Raises `NotFound` where it was dropped."""
        samples = self._utterances.pop(number, None)
        if samples is None:
            raise NotFound("utterance", id=number)
        return Utterance(reply, samples)

    # --- the turn ---------------------------------------------------------------------------------

    async def turn(
        self, heard: str | Utterance | Prompt, reply: int, *, queue: bool = False
    ) -> AsyncGenerator[Message, None]:
        """Yield the messages of one turn, the last of which is a `TurnEnd`.

        A newer turn interrupts an older one, unless `queue` asks to wait for it. A turn that was
        interrupted before it began gives only its end. Raises what `front` raises, and
        `AtCapacity`.
        """
        self._latest = max(self._latest, reply)
        if not queue:
            self.halt(reply - 1)
        async with self._turn:
            if reply <= self._floor:
                answering.note_unheard(self, heard)
                if isinstance(heard, str) and (text := clean(heard)):
                    self.talk.begin(reply, text[: self.app.settings.max_message], spoken=False)
                yield TurnEnd(reply, "interrupted")
                return
            with self.app.one_turn():
                async with aclosing(self._answer(heard, reply)) as messages:
                    async for message in messages:
                        yield message

    def next_reply(self) -> int:
        """Return a new reply id, for callers who do not count replies themselves."""
        self._latest = self.last_reply + 1
        return self._latest

    def halt(self, upto: int) -> None:
        """Interrupt every reply up to this id: the one being made as well as any to come."""
        self._floor = max(self._floor, upto)
        if self.reply and self.reply.id <= upto:
            spoken = bool(self.history) and self.history[-1].role == "assistant"
            if spoken and self.reply.state == "done" and self.reply.playing:
                self.history.pop()  # it was made to its end, but not heard to its end
                answering.note_said(self, self.reply, whole=False)
            self.reply.halt()
        if self._running and self._running[0] <= upto:
            self._running[1].cancel()

    async def _answer(
        self, heard: str | Utterance | Prompt, reply: int
    ) -> AsyncGenerator[Message, None]:
        # A task of its own: whoever halts the reply cancels it, wherever its messages are read.
        send, receive = anyio.create_memory_object_stream[Message](8)
        if isinstance(heard, Prompt):
            speaking = answering.say(self, heard, reply, send)
        else:
            speaking = answering.answer(self, heard, reply, send)
        task = asyncio.create_task(speaking, name=f"reply-{reply}")
        self._running = (reply, task)
        try:
            async with receive:
                async for message in receive:
                    yield message
        finally:
            task.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait([task])
            self._running = None
        if task.cancelled():
            yield TurnEnd(reply, "interrupted")
        elif error := task.exception():
            raise error
