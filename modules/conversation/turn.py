"""The way of a turn, from what was said to what is answered.

    FRONT: asr -> emotion -> persona and memory -> TurnRequest      (this file)
    BACK:  llm -> guard -> tts -> voice -> avatar -> encoder         (back.py)

The front understands and decides; what it decided is one picklable `TurnRequest`. The back makes
the answer from nothing else, so it may run here or in a GPU worker.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread

from modules import emotion, persona
from modules.asr import ENGINES
from modules.conversation.dictionaries import words_of
from modules.conversation.recollection import recalled
from modules.conversation.speaking import run
from modules.conversation.styling import styled
from modules.engines import Stage
from modules.errors import LADDER_ERRORS, EngineUnavailable, InvalidInput
from modules.llm.care import cared
from modules.messages import (
    LISTEN_RATE,
    Line,
    Message,
    Mood,
    Prompt,
    Transcript,
    TurnRequest,
    Utterance,
)
from modules.text import clean

if TYPE_CHECKING:
    from modules.conversation.session import Session

log = logging.getLogger("guong.turn")

Tell = Callable[[Message], Awaitable[None]]


async def front(session: Session, heard: str | Utterance, reply: int, tell: Tell) -> TurnRequest:
    """Understand what was said and decide how it is answered.

    Tells the transcript, the mood and what went wrong on the way. Raises `InvalidInput` for text
    that cannot be answered, and `EngineUnavailable` where sound cannot be understood.
    """
    text = await _understood(session, heard, reply, tell)
    mood = await _felt(session, text, reply)
    if isinstance(heard, Utterance):
        mood = await _with_voice(session, heard, text, mood)
    session.moods.append(mood)
    await tell(mood)
    session.address = persona.advance(
        session.address, text, *session.given, card=session.persona, stored=session.user
    )
    found = await recalled(session, text, reply, tell)
    session.recalled, session.recollections = found.told, found.items
    style, notices = await styled(session.app.styles, session.keeper, text, reply)
    words, worse = await words_of(session.app.dictionaries, session.keeper, reply)
    for notice in (*notices, *worse):
        await tell(notice)
    overall = emotion.smooth(session.moods)
    instructions = persona.instructions(
        session.persona, session.user, session.address.pair, overall.label, found.dated,
        style.paragraph, words,
    )  # fmt: skip
    request = replace(
        _request(session, text, reply),
        heard_as=persona.restored(text),
        history=_in_pair(session),
        mood=mood,
        overall=overall,
        expression=emotion.expression(overall),
        instructions=instructions,
        recalled=found.told,
        recollections=found.items,
        asked_when=found.asked_when,
        manner=style.manner,
        dictionary=words,
    )
    request = cared(request)  # nobody in danger waits for a language model, or is joked with
    if request.mood is not mood:
        session.moods[-1] = request.mood
        await tell(request.mood)
    return request


def _in_pair(session: Session) -> tuple[Line, ...]:
    """Return what was said so far, the assistant's own lines in the pair that is in use now.

    Only a language model reads them so: the record keeps every line as it was said.
    """
    said_in = {exchange.reply: exchange.pair for exchange in session.talk.exchanges}
    now = session.address.pair
    return tuple(
        rewritten
        for line in session.history
        for rewritten in persona.rewrite_history((line,), said_in.get(line.reply, now), now)
    )


def unasked(session: Session, prompt: Prompt, reply: int) -> TurnRequest:
    """Return the request that lets the assistant say something by itself, in the pair in use."""
    return replace(_request(session, "", reply), answer=prompt.text, expression="Enjoyment")


def _request(session: Session, text: str, reply: int) -> TurnRequest:
    """Return what every turn of a session has in common: who speaks, how, and to whom."""
    speakers, base = session.speakers()
    return TurnRequest(
        reply, text, owner=session.owner, persona=session.persona, user=session.user,
        pair=session.address.pair, engines={**session.engines(), "tts": speakers},
        voice=session.voice, base_voice=base, portrait=session.portrait, rate=session.rate,
        pitch=session.pitch, live=session.live,
    )  # fmt: skip


async def understand(session: Session, utterance: Utterance) -> Transcript:
    """Return what was said, empty where nothing was.

    Raises `EngineUnavailable` where there is no recogniser; its remedy names those to be had.
    """
    if not session.engines()["asr"]:
        remedy = ", ".join(spec.name for spec in reversed(ENGINES))  # the smallest first
        raise EngineUnavailable("no_recogniser", stage="asr", remedy=remedy)
    if session.app.gpu:
        request = _front_request(session, utterance.reply)
        transcript = await session.app.gpu.hear(request, utterance)
    else:
        began = anyio.current_time()
        transcript = await _run_last(session, "asr", utterance, utterance.reply)
        if transcript.text:
            sound_s, took_s = len(utterance.samples) / LISTEN_RATE, anyio.current_time() - began
            session.app.pace.took(session.engines()["asr"][0], sound_s, took_s)
    return replace(transcript, text=clean(transcript.text))


async def _understood(session: Session, heard: str | Utterance, reply: int, tell: Tell) -> str:
    if isinstance(heard, Utterance):
        transcript = await understand(session, heard)
        if not transcript.text:
            raise InvalidInput("nothing_heard", field="audio")
        await tell(transcript)
        return transcript.text
    text = clean(heard)
    limit = session.app.settings.max_message
    if not text:
        raise InvalidInput("empty", field="message")
    if len(text) > limit:
        raise InvalidInput("too_long", field="message", limit=limit)
    return text


async def _felt(session: Session, text: str, reply: int) -> Mood:
    best = session.engines()["emotion"][:1]
    key = ("emotion", best, text)
    known = session.cache.get(key)
    if isinstance(known, Mood):
        return replace(known, reply=reply)
    try:
        mood: Mood = await _run_last(session, "emotion", Transcript(reply, text), reply)
    except LADDER_ERRORS:
        return Mood(reply)  # a turn without a mood is still a turn
    if best == (mood.engine,):
        session.cache.put(key, mood, len(text))
    return mood


async def _with_voice(session: Session, heard: Utterance, text: str, mood: Mood) -> Mood:
    """Return the mood with the hint of how it was said, against how the user usually speaks."""
    manner = await to_thread.run_sync(emotion.measure, heard.samples, text)
    return emotion.hinted(mood, session.baseline.take(manner)) if manner else mood


async def _run_last(session: Session, stage: Stage, item: object, reply: int) -> Any:
    """Run one item through a stage of the front; return the last thing it gave."""
    request = _front_request(session, reply)
    if session.app.gpu:  # lent by the call: a feeling is not worth one
        request = session.app.gpu.without(request)
    outs = await run(request, session.app.residency, stage, [item])
    return outs[-1]


def _front_request(session: Session, reply: int) -> TurnRequest:
    return TurnRequest(reply, "", owner=session.owner, engines=session.engines())
