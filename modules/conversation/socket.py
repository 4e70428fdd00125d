"""The socket of one page: media out, microphone and interruptions in.

It carries what a session makes; it starts no turn (turns are Gradio events, so that queue, quota
and API work as everywhere). The first message binds it to its session by an unguessable token,
since routes of our own stand outside Gradio's authentication. The protocol is in `messages.py`.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread
from starlette.websockets import WebSocket, WebSocketDisconnect

from modules.asr import (
    Endpointer,
    Endpointing,
    Partial,
    SpeechStarted,
    UtteranceEnded,
    silero,
)
from modules.conversation.overhearing import Overhearing
from modules.conversation.reply import Reply
from modules.conversation.session import Session
from modules.errors import GuongError, InvalidInput
from modules.messages import Caption, caption_fields, chunk_bytes

if TYPE_CHECKING:
    from modules.asr.endpointer import Event
    from modules.conversation.app import App

log = logging.getLogger("guong.socket")

PATH = "/gradio_api/guong/socket"
HELLO_S = 5.0
BAD_HELLO, UNKNOWN_TOKEN, TAKEN_OVER = 4400, 4401, 4409


async def serve(app: App, socket: WebSocket) -> None:
    """Serve one connection until either side ends it."""
    await socket.accept()
    try:
        with anyio.fail_after(HELLO_S):
            hello = _read(await socket.receive_text())
        token, reply, have = str(hello["token"]), int(hello["reply"]), int(hello["have"])
    except (KeyError, TypeError, ValueError, TimeoutError, InvalidInput):
        return await _close(socket, BAD_HELLO)
    except WebSocketDisconnect:
        return None
    session = app.sessions.by_token(token)
    if session is None:
        return await _close(socket, UNKNOWN_TOKEN)
    if session.line is not None:
        await session.line.leave()
    line = session.line = Line(session, socket)
    app.sessions.keep(session)
    try:
        await line.run(reply, have)
    except* (WebSocketDisconnect, RuntimeError):
        pass  # the page went away; starlette says RuntimeError if it was in mid-sentence
    finally:
        if session.line is line:
            session.line = None
    return None


class Line:
    """The connection between one page and its session."""

    def __init__(self, session: Session, socket: WebSocket) -> None:
        self._session = session
        self._socket = socket
        self._ears: Endpointer | None = None
        self._utterances = 0
        self._held = False
        self._overhearing = Overhearing(session, self._send_partial)
        self._playing_since: float | None = None
        """When the page began to play the reply, on the event loop's clock."""

    async def run(self, reply: int, have: int) -> None:
        """Carry both ways until the page goes; the page has `have` chunks of `reply` already."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._send_replies, reply, have)
            await self._send(type="ready")
            while (message := await self._socket.receive())["type"] != "websocket.disconnect":
                try:
                    await self._take(message)
                except GuongError as error:
                    await self._send(type="refused", code=error.code)
            tasks.cancel_scope.cancel()

    async def leave(self) -> None:
        """Give way to a newer connection of the same session."""
        await _close(self._socket, TAKEN_OVER)

    async def _send_replies(self, reply: int, have: int) -> None:
        session, sent = self._session, None
        while True:
            current = session.reply
            if current is None or current is sent:
                session.renewed.clear()
                await session.renewed.wait()
                continue
            await self._send_media(current, have if current.id == reply else 0)
            sent = current

    async def _send_media(self, reply: Reply, position: int) -> None:
        async for part in reply.read(position):
            if isinstance(part, Caption):
                await self._send(**caption_fields(part))
            else:
                await self._socket.send_bytes(chunk_bytes(part))
        await self._send(type="end" if reply.state == "done" else "halted", reply=reply.id)

    async def _take(self, message: Any) -> None:
        if sound := message.get("bytes"):
            await self._listen(sound)
            return
        said = _read(message.get("text") or "")
        kind = said.get("type")
        if kind == "halt":
            self._session.halt(_number(said, "upto"))
        elif kind == "microphone":
            await self._open_ears(bool(said.get("open")))
        elif kind == "talk" and self._ears:
            self._held = bool(said.get("held"))
            await self._hear(self._ears.hold(self._held))
        elif kind in ("playing", "played"):
            self._playing_since = anyio.current_time() if kind == "playing" else None
            if self._ears:
                self._ears.playing(kind == "playing")

    async def _listen(self, sound: bytes) -> None:
        ears = self._ears
        if ears is None:
            return
        if self._session.push_to_talk and not self._held:
            if ears.speaking:
                ears.clear()
                self._overhearing.ended()
            return
        if ears.settings.silence_s != self._session.end_of_turn_s:
            ears.set_silence(self._session.end_of_turn_s)
        await self._hear(ears.push(sound, played_db=self._played_db()))
        self._overhearing.heard(ears)

    def _played_db(self) -> float | None:
        reply = self._session.reply
        if reply is None or self._playing_since is None:
            return None
        return reply.level_db(anyio.current_time() - self._playing_since)

    async def _open_ears(self, wanted: bool) -> None:
        if not wanted:
            self._ears, self._held = None, False  # nobody holds a button that is gone
            self._overhearing.ended()
        elif self._ears is None:
            voice = await to_thread.run_sync(silero)
            self._ears = Endpointer(voice, Endpointing(silence_s=self._session.end_of_turn_s))
            self._ears.playing(self._playing_since is not None)

    async def _hear(self, events: list[Event] | Event) -> None:
        for event in events if isinstance(events, list) else [events]:
            if isinstance(event, SpeechStarted):
                self._session.halt(self._session.last_reply)
                await self._send(type="speech")
            elif isinstance(event, UtteranceEnded):
                self._overhearing.ended()
                self._utterances += 1
                self._session.keep_utterance(self._utterances, event.samples)
                await self._send(type="utterance", id=self._utterances)

    async def _send_partial(self, partial: Partial) -> None:
        await self._send(type="partial", firm=partial.firm, light=partial.light)

    async def _send(self, **message: Any) -> None:
        await self._socket.send_text(json.dumps(message))


def _read(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise InvalidInput("not_json", field="socket")
    return message


def _number(message: dict[str, Any], name: str) -> int:
    value = message.get(name)
    if not isinstance(value, int) or not 0 <= value < 2**32:
        raise InvalidInput("not_a_number", field=name)
    return value


async def _close(socket: WebSocket, code: int) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):  # gone already
        await socket.close(code)
