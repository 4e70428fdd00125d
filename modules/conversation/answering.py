"""One answer of a session: made, handed on, and what stays of it in the conversation."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from modules.conversation.remembering import keep_facts
from modules.conversation.reply import Reply
from modules.conversation.styling import last_sentence, learn
from modules.conversation.turn import front, unasked
from modules.messages import (
    Caption,
    Clause,
    Line,
    MediaChunk,
    Message,
    Notice,
    Prompt,
    Speech,
    TurnEnd,
    Utterance,
)
from modules.text import clean

if TYPE_CHECKING:
    from modules.conversation.session import Session

_INTERRUPTED = "…"


async def answer(
    session: Session, heard: str | Utterance, reply: int, send: MemoryObjectSendStream[Message]
) -> None:
    """Understand what was said, and answer it; raises what `front` raises."""
    current = session.reply = Reply(reply)
    session.renewed.set()
    typed = clean(heard)[: session.app.settings.max_message] if isinstance(heard, str) else ""
    exchange = session.talk.begin(reply, typed, spoken=not isinstance(heard, str))
    request = None
    try:
        async with send:
            began, hits = anyio.current_time(), session.cache.hits
            last = last_sentence(list(session.history))
            request = await front(session, heard, reply, send.send)
            front_ms = (anyio.current_time() - began) * 1000
            session.history.append(Line("user", request.text, reply))
            exchange.understood(request)
            # What somebody says in danger is no fact about them that they would want to meet again.
            memory = None if request.answer else session.memory
            keeping = session.app.spawn(keep_facts(memory, request.text, reply))
            styles, said = session.app.styles, request.text
            learning = session.app.spawn(
                learn(styles, session.keeper, said, last, reply, typed=bool(typed))
            )
            async with aclosing(session.app.back(request)) as messages:
                async for message in messages:
                    if isinstance(message, TurnEnd):
                        for notice in [*await keeping, *await learning, *_warnings(session, reply)]:
                            await send.send(notice)
                        message = _end(message, front_ms, session.cache.hits - hits)
                    await _pass_on(session, message, current, send)
    finally:
        finished = current.close()
        if request is not None:
            _keep(session, current, whole=finished or not session.live)
        else:
            note_unheard(session, heard)
            if not typed:
                session.talk.withdraw(reply)


async def say(
    session: Session, prompt: Prompt, reply: int, send: MemoryObjectSendStream[Message]
) -> None:
    """Say something unasked."""
    current = session.reply = Reply(reply)
    session.renewed.set()
    request = unasked(session, prompt, reply)
    if prompt.kept:
        session.talk.begin(reply, "", spoken=False).understood(request)
    try:
        async with send, aclosing(session.app.back(request)) as messages:
            async for message in messages:
                await _pass_on(session, message, current, send)
    finally:
        finished = current.close()
        if prompt.kept:
            _keep(session, current, whole=finished)


def note_unheard(session: Session, heard: str | Utterance | Prompt) -> None:
    """Keep what the user said in the conversation even if nobody answered it any more."""
    if isinstance(heard, str) and (text := clean(heard)):
        session.history.append(Line("user", text[: session.app.settings.max_message]))


def note_said(session: Session, reply: Reply, *, whole: bool) -> None:
    """Keep what was said of a reply: all of it, or as much as was heard."""
    text = " ".join(clause.text.strip() for clause in reply.clauses)
    said = text if whole else reply.heard()
    cut = "" if said == text else _INTERRUPTED
    if said:
        session.history.append(Line("assistant", said + cut, reply.id))
    session.talk.answered(reply, said + cut if said else "", whole=whole)


def _keep(session: Session, reply: Reply, *, whole: bool) -> None:
    note_said(session, reply, whole=whole)
    if session.live:
        session.app.spawn(session.talk.keep(reply))


def _warnings(session: Session, reply: int) -> list[Notice]:
    return [Notice(reply, "restart_needed")] if session.app.residency.needs_restart else []


async def _pass_on(
    session: Session, message: Message, reply: Reply, send: MemoryObjectSendStream[Message]
) -> None:
    if isinstance(message, Clause):
        reply.add_clause(message)
    elif isinstance(message, Speech):
        reply.add_levels(message)
    elif isinstance(message, Caption):
        reply.add_caption(message)
    elif isinstance(message, MediaChunk):
        if session.live:
            await reply.pace(message, session.app.settings.lead_s)
        reply.add(message)
    elif isinstance(message, TurnEnd):
        if exchange := session.talk.of(reply.id):
            exchange.engines = dict(message.engines)
        reply.finish()
    await send.send(message)


def _end(end: TurnEnd, front_ms: float, hits: int) -> TurnEnd:
    # The back counts from its own beginning; a user counts from theirs.
    latency = {name: round(ms + front_ms, 1) for name, ms in end.latency_ms.items()}
    latency = {"front": round(front_ms, 1), **latency}
    return replace(end, latency_ms=latency, cache_hits=end.cache_hits + hits)
