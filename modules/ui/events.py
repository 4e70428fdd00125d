"""What happens on the page in a conversation: a page arrives, something is said, it is answered."""

from __future__ import annotations

import base64
import html
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

import anyio
import gradio as gr
import numpy as np
from anyio import to_thread

from modules import avatar, persona
from modules.api.face import persona_of
from modules.conversation.app import App
from modules.conversation.details import Collected
from modules.conversation.session import Session
from modules.errors import GuongError, InvalidInput
from modules.messages import (
    LISTEN_RATE,
    Caption,
    FloatArray,
    MediaChunk,
    Prompt,
    Speech,
    Utterance,
    caption_fields,
    chunk_bytes,
)
from modules.text.catalogue import tell
from modules.ui import welcome
from modules.ui.latency import last_turn
from modules.ui.recalled import recalled
from modules.ui.routes import face_addresses
from modules.ui.stage import session_value
from modules.ui.visitors import Visitors

FALLBACK_S = 2.0
"""Without a socket by then, media goes over Gradio's own queue."""
BURST = 24
"""Chunks that go over the queue at once: Chromium plays from about eight frames on."""

_LONGEST_S = 90

Update = tuple[Any, Any, Any]
"""Of the chat, the stage, and the footer of the conversation."""


class Events:
    """Handlers of the page's events; all of them private."""

    def __init__(self, app: App, visitors: Visitors) -> None:
        self._app = app
        self._visitors = visitors

    async def arrive(
        self, request: gr.Request, token: str, key: str, language: str
    ) -> tuple[Session, dict[str, Any]]:
        """Return the session of a page that loads, and what the stage must know of it."""
        session, new_key = self._visitors.arrive(token, key, language, request)
        if not session.persona.avatar:
            await session.configure(persona_of(avatar.avatars()[0]))
        return session, self.stage_value(session, new_key)

    def stage_value(self, session: Session, key: str | None = None) -> dict[str, Any]:
        """Return everything the stage must know of a session."""
        recogniser = bool(session.engines()["asr"])
        return {
            **session_value(session, key=key, recogniser=recogniser),
            "face": face_addresses(self._app, session),
        }

    async def said(self, request: gr.Request, event: gr.EventData) -> AsyncGenerator[Update, None]:
        """Answer what was typed, heard, or understood by the browser's own recogniser."""
        session = self._visitors.session(request)
        told: dict[str, Any] = event._data or {}
        reply = int(told.get("reply", 0))
        heard: str | Utterance | Prompt = str(told.get("text", ""))
        if "greet" in told:
            heard = Prompt(await welcome.meet(session, dict(told["greet"])))
            yield gr.skip(), {"face": self.stage_value(session)["face"]}, gr.skip()
        elif "sample" in told:
            heard = _sample(session)
        elif "utterance" in told:
            heard = session.take_utterance(int(told["utterance"]), reply)
        elif "sound" in told:  # recorded on the page: there was no socket to send it through
            heard = Utterance(reply, _sound(told["sound"]))
        async for update in self._turn(session, heard, reply):
            yield update

    async def leave(self, request: gr.Request) -> None:
        """Be silent at once when a page closes."""
        self._visitors.leave(request)

    async def _turn(
        self, session: Session, heard: str | Utterance | Prompt, reply: int
    ) -> AsyncGenerator[Update, None]:
        collected, relay = Collected(), _Relay(session, reply)
        unasked = isinstance(heard, Prompt) and not heard.kept
        try:
            async with aclosing(session.turn(heard, reply)) as messages:
                async for message in messages:
                    collected.add(message)
                    if isinstance(message, MediaChunk | Caption):
                        if update := relay.add(message):
                            yield gr.skip(), update, gr.skip()
                    elif not isinstance(message, Speech) and not unasked:
                        yield chat(session, collected), gr.skip(), gr.skip()
        except GuongError as error:
            refused = heard if isinstance(heard, str) else ""
            yield gr.skip(), {"end": reply, "refused": refused}, gr.skip()
            if error.code != "invalid_input.nothing_heard":
                raise
            gr.Info(tell(session.language, error.code, **error.params))
            return
        told = gr.skip() if isinstance(heard, Prompt) else await self._told(session, collected)
        yield chat(session, collected), relay.end(), told

    async def _told(self, session: Session, collected: Collected) -> str:
        """Return what the page tells of a turn, with what was remembered for it."""
        found = session.recollections
        pictures: dict[str, bytes] = {}
        for each in found:
            if each.kind == "picture":
                with suppress(GuongError):  # deleted meanwhile
                    small = self._app.pictures.small
                    pictures[each.id] = await to_thread.run_sync(small, session.owner, each.id)
        remembered = recalled(session.language, found, pictures)
        return last_turn(session.language, collected, remembered)


def _sample(session: Session) -> Prompt:
    """Return a sentence that lets a voice, a pair and a face be heard and seen."""
    who = session.persona
    return Prompt(persona.preview(session.address.pair, who.tone, who.region), kept=False)


def _sound(recorded: object) -> FloatArray:
    """Return 16 kHz samples from base64 of signed 16-bit little-endian ones."""
    try:
        data = base64.b64decode(str(recorded), validate=True)
        samples = np.frombuffer(data, "<i2")
    except ValueError as error:
        raise InvalidInput("frame_type", field="audio") from error
    if len(samples) > _LONGEST_S * LISTEN_RATE:
        raise InvalidInput("too_long", field="audio", limit=f"{_LONGEST_S} s")
    return samples.astype(np.float32) / np.float32(32_768)


def chat(session: Session, collected: Collected) -> list[dict[str, str]]:
    """Return the conversation as Gradio's chatbot shows it, the answer so far included.

    The chatbot takes HTML even where it renders no Markdown: what was said is text, and stays so.
    """
    lines = [(line.role, line.text) for line in session.history]
    if collected.end is None and collected.text:
        lines.append(("assistant", collected.text))
    return [{"role": role, "content": html.escape(text)} for role, text in lines]


class _Relay:
    """Media over Gradio's queue, for a page whose socket does not come."""

    def __init__(self, session: Session, reply: int) -> None:
        self._session = session
        self._reply = reply
        self._began = anyio.current_time()
        self._waiting: list[MediaChunk] = []
        self._captions: list[Caption] = []
        self._used = False

    def add(self, part: MediaChunk | Caption) -> dict[str, Any] | None:
        """Take in a chunk or a caption; return an update of the stage when it is time for one."""
        if isinstance(part, Caption):
            self._captions.append(part)
            return None
        self._waiting.append(part)
        waited_s = anyio.current_time() - self._began
        if self._session.line is not None or waited_s < FALLBACK_S or len(self._waiting) < BURST:
            return None
        return self._flush()

    def end(self) -> Any:
        """Return the last update of the stage, if any was needed."""
        if self._session.line is not None and not self._used:
            return gr.skip()
        return {**self._flush(), "end": self._reply}

    def _flush(self) -> dict[str, Any]:
        self._used = True
        chunks = [base64.b64encode(chunk_bytes(chunk)).decode() for chunk in self._waiting]
        captions = [
            [caption.clause, caption_fields(caption)["words"]] for caption in self._captions
        ]
        self._waiting, self._captions = [], []
        return {"reply": self._reply, "chunks": chunks, "captions": captions}
