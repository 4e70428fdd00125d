"""A session: turns that interrupt one another, what stays in the history, who may speak."""

import asyncio
from functools import partial

import anyio
import numpy as np
import pytest

from modules.conversation.app import App
from modules.conversation.back import back
from modules.conversation.session import Session
from modules.conversation.turn import unasked
from modules.errors import AtCapacity, EngineUnavailable, InvalidInput, NotFound
from modules.memory import Recollected
from modules.messages import (
    FACE_POINTS,
    FRAME_SIZE,
    Clause,
    MediaChunk,
    Mood,
    Notice,
    Persona,
    Portrait,
    Prompt,
    Transcript,
    TurnEnd,
    Utterance,
)
from modules.settings import Settings
from tests.scripted import Scripted, gives_nothing, hangs, residency, says, shows, speaks, tone
from tests.virtual_time import virtual_time

STORY = tuple(f"Đây là câu số {n}. " for n in ("một", "hai", "ba", "bốn", "năm", "sáu"))


def feels(label="Other"):
    async def play(transcript, request):
        yield Mood(transcript.reply, label, {label: 1.0}, "scripted")

    return play


def understands(text):
    async def play(utterance, request):
        yield Transcript(utterance.reply, text)

    return play


def app_with(path, *engines, **settings):
    made = [
        Scripted("llm", "llm", says(*STORY)),
        Scripted("tts", "tts", speaks(1.0)),
        Scripted("avatar", "avatar", shows()),
        Scripted("emotion", "emotion", feels()),
    ]
    replaced = {engine.spec.stage for engine in engines}
    made = [*engines, *(engine for engine in made if engine.spec.stage not in replaced)]
    app = App(Settings(data=path, **settings))
    app.residency = residency(*made)
    app.back = partial(back, residency=app.residency, cache=app.cache)
    return app


def session_of(app, *, live=True):
    return Session(app, "ab" * 16, None, live=live)


async def collect(session, text, reply, **options):
    return [m async for m in session.turn(text, reply, **options)]


def said(session):
    return [(line.role, line.text) for line in session.history]


@virtual_time
async def test_a_turn_ends_with_who_spoke_in_the_history(tmp_path):
    session = session_of(app_with(tmp_path))
    messages = await collect(session, "Chào bạn", 1)
    assert isinstance(messages[-1], TurnEnd)
    assert said(session)[0] == ("user", "Chào bạn")
    assert said(session)[1][0] == "assistant"
    assert said(session)[1][1].startswith("Đây là câu số một.")
    assert session.reply.state == "done"


@virtual_time
async def test_a_greeting_is_said_as_it_stands_and_asks_no_language_model(tmp_path):
    session = session_of(app_with(tmp_path, Scripted("llm", "llm", gives_nothing)))
    messages = await collect(session, Prompt("Chào bạn, mình là Linh."), 1)
    assert [m.text for m in messages if isinstance(m, Clause)] == ["Chào bạn, mình là Linh."]
    assert any(isinstance(m, MediaChunk) for m in messages)
    assert messages[-1].reason == "done"
    assert said(session) == [("assistant", "Chào bạn, mình là Linh.")]
    (exchange,) = session.talk.exchanges
    assert (exchange.said, exchange.answer) == ("", "Chào bạn, mình là Linh.")


@virtual_time
async def test_what_is_said_unasked_is_said_by_the_same_face_and_voice(tmp_path):
    session = session_of(app_with(tmp_path))
    rgb = np.zeros((FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
    session.portrait = Portrait("photo-1", "Lan", rgb, np.zeros((len(FACE_POINTS), 2), np.float32))
    session.rate, session.pitch = 1.2, 2.0
    request = unasked(session, Prompt("Chào bạn."), 1)
    assert request.portrait is session.portrait
    assert (request.rate, request.pitch) == (1.2, 2.0)
    assert request.answer == "Chào bạn."


@virtual_time
async def test_a_sample_of_the_voice_leaves_nothing_in_the_conversation(tmp_path):
    session = session_of(app_with(tmp_path))
    messages = await collect(session, Prompt("Nghe thử nhé.", kept=False), 1)
    assert messages[-1].reason == "done"
    assert said(session) == []


@virtual_time
async def test_the_front_s_time_counts_in_the_latency(tmp_path):
    async def slow(transcript, request):
        await anyio.sleep(0.2)
        yield Mood(transcript.reply)

    session = session_of(app_with(tmp_path, Scripted("emotion", "slow", slow)))
    end = (await collect(session, "Chào", 1))[-1]
    assert end.latency_ms["front"] == 200
    assert end.latency_ms["first_text"] >= 200


@virtual_time
async def test_interrupting_in_mid_speech_keeps_only_what_was_heard(tmp_path):
    session = session_of(app_with(tmp_path, lead_s=1.0))
    task = asyncio.create_task(collect(session, "Kể chuyện đi", 1))
    await anyio.sleep(2.5)
    session.halt(1)
    messages = await task
    assert messages[-1] == TurnEnd(1, "interrupted")
    role, text = said(session)[-1]
    assert role == "assistant"
    assert text.endswith("…")
    assert "số một" in text
    assert "số sáu" not in text
    assert session.reply.state == "halted"


@virtual_time
async def test_no_media_reaches_a_reader_after_the_halt(tmp_path):
    session = session_of(app_with(tmp_path))
    task = asyncio.create_task(collect(session, "Kể chuyện đi", 1))
    await anyio.sleep(1.0)
    session.halt(1)
    before = len(session.reply.chunks)
    await task
    assert len(session.reply.chunks) == before
    assert [c async for c in session.reply.read()] == []


@virtual_time
async def test_a_halt_that_overtakes_its_turn_still_stops_it(tmp_path):
    llm = Scripted("llm", "llm", says(*STORY))
    session = session_of(app_with(tmp_path, llm))
    session.halt(5)
    assert await collect(session, "Chào", 5) == [TurnEnd(5, "interrupted")]
    assert llm.heard == []
    assert said(session) == [("user", "Chào")]
    assert len(await collect(session, "Chào lại", 6)) > 1


@virtual_time
async def test_a_halt_while_the_model_thinks_ends_the_turn_at_once(tmp_path):
    session = session_of(app_with(tmp_path, Scripted("llm", "llm", hangs(), first_output_s=60)))
    task = asyncio.create_task(collect(session, "Chào", 1))
    await anyio.sleep(1.0)
    session.halt(1)
    began = anyio.current_time()
    assert (await task)[-1].reason == "interrupted"
    assert anyio.current_time() - began < 0.05
    assert said(session) == [("user", "Chào")]


@virtual_time
async def test_of_three_quick_messages_only_the_last_is_answered_and_none_is_lost(tmp_path):
    llm = Scripted("llm", "llm", says(*STORY))
    session = session_of(app_with(tmp_path, llm))
    tasks = []
    for reply in (1, 2, 3):
        tasks.append(asyncio.create_task(collect(session, f"Tin {reply}", reply)))
        await anyio.sleep(0.02)
    ends = [(await task)[-1].reason for task in tasks]
    assert ends == ["interrupted", "interrupted", "done"]
    assert [text for role, text in said(session) if role == "user"] == ["Tin 1", "Tin 2", "Tin 3"]


@virtual_time
async def test_calls_of_the_api_wait_for_one_another(tmp_path):
    session = session_of(app_with(tmp_path), live=False)
    numbers = [session.next_reply() for _ in range(2)]
    ends = await asyncio.gather(*(collect(session, "Chào", n, queue=True) for n in numbers))
    assert [messages[-1].reason for messages in ends] == ["done", "done"]


@virtual_time
async def test_a_reader_that_goes_away_cancels_the_turn(tmp_path):
    engines = [Scripted("llm", "llm", says(*STORY * 50))]
    session = session_of(app_with(tmp_path, *engines))
    stream = session.turn("Chào", 1)
    async for message in stream:
        if isinstance(message, MediaChunk):
            break
    await stream.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert engines[0].open_streams == 0
    assert session.reply.state == "halted"


@virtual_time
async def test_media_is_paced_to_the_lead(tmp_path):
    app = app_with(tmp_path, lead_s=2.0)
    session = session_of(app)
    ahead = []
    async for message in session.turn("Chào", 1):
        if isinstance(message, MediaChunk):
            ahead.append(message.start_s - (anyio.current_time() - session.reply.started_s))
    assert max(ahead) <= 2.0 + 0.01


@virtual_time
async def test_files_are_not_paced(tmp_path):
    session = session_of(app_with(tmp_path), live=False)
    began = anyio.current_time()
    await collect(session, "Chào", 1)
    assert anyio.current_time() - began < 1.0


@virtual_time
async def test_one_turn_too_many_is_told_to_come_back(tmp_path):
    app = app_with(tmp_path, Scripted("llm", "llm", hangs()), max_turns=2)
    sessions = [session_of(app) for _ in range(3)]
    tasks = [asyncio.create_task(collect(s, "Chào", 1)) for s in sessions[:2]]
    await anyio.sleep(0.1)
    with pytest.raises(AtCapacity) as caught:
        await collect(sessions[2], "Chào", 1)
    assert caught.value.params["retry_s"] > 0
    for session, task in zip(sessions, tasks, strict=False):
        session.halt(1)
        await task
    app.residency = residency(*(Scripted(s, s, p) for s, p in WORKING.items()))
    app.back = partial(back, residency=app.residency, cache=app.cache)
    assert (await collect(sessions[2], "Chào", 2))[-1].reason == "done"


WORKING = {
    "llm": says("Chào bạn."),
    "tts": speaks(1.0),
    "avatar": shows(),
    "emotion": feels(),
}


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "empty"), ("   \n", "empty"), ("\u200b\u200d", "empty"), ("a" * 4_001, "too_long")],
)
@virtual_time
async def test_text_that_cannot_be_answered_is_refused_and_the_next_turn_works(
    tmp_path, text, reason
):
    session = session_of(app_with(tmp_path))
    with pytest.raises(InvalidInput) as caught:
        await collect(session, text, 1)
    assert caught.value.reason == reason
    assert (await collect(session, "Chào", 2))[-1].reason == "done"


@virtual_time
async def test_what_the_microphone_heard_is_answered_like_typed_text(tmp_path):
    asr = Scripted("asr", "asr", understands("xin chào bạn"))
    session = session_of(app_with(tmp_path, asr))
    session.keep_utterance(7, tone(1.0).samples)
    messages = await collect(session, session.take_utterance(7, 1), 1)
    assert messages[0] == Transcript(1, "xin chào bạn")
    assert said(session)[0] == ("user", "xin chào bạn")


@virtual_time
async def test_an_utterance_is_taken_once_and_an_older_one_is_dropped(tmp_path):
    session = session_of(app_with(tmp_path))
    session.keep_utterance(1, tone(0.1).samples)
    session.keep_utterance(2, tone(0.1).samples)
    session.take_utterance(2, 1)
    for number in (1, 2):
        with pytest.raises(NotFound):
            session.take_utterance(number, 1)


@virtual_time
async def test_without_a_recogniser_speech_is_refused_with_the_remedy(tmp_path):
    session = session_of(app_with(tmp_path))
    with pytest.raises(EngineUnavailable) as caught:
        await collect(session, Utterance(1, tone(1.0).samples), 1)
    assert caught.value.code == "engine_unavailable.no_recogniser"
    assert "phowhisper" in caught.value.params["remedy"]


@virtual_time
async def test_silence_that_the_recogniser_hears_nothing_in_starts_no_answer(tmp_path):
    llm = Scripted("llm", "llm", says("x."))
    asr = Scripted("asr", "asr", understands("  "))
    session = session_of(app_with(tmp_path, asr, llm))
    with pytest.raises(InvalidInput) as caught:
        await collect(session, Utterance(1, tone(1.0).samples), 1)
    assert caught.value.reason == "nothing_heard"
    assert llm.heard == []


@virtual_time
async def test_a_turn_without_a_mood_is_still_a_turn(tmp_path):
    broken = Scripted("emotion", "broken", gives_nothing())
    session = session_of(app_with(tmp_path, broken))
    assert (await collect(session, "Chào", 1))[-1].reason == "done"


@virtual_time
async def test_the_pair_follows_what_the_user_says_and_reaches_the_model(tmp_path):
    llm = Scripted("llm", "llm", says("Vâng."))
    session = session_of(app_with(tmp_path, llm))
    await collect(session, "Chị ơi, em hỏi chút ạ", 1)
    request = llm.heard[0]
    assert (request.pair.assistant_self, request.pair.user_term) == ("chị", "em")
    assert "chị" in request.instructions


class Remembers:
    """A memory that a test can make slow or broken."""

    def __init__(self, recall=(), error=None, moved=None):
        self.kept, self._recall, self._error = [], recall, error
        self._moved = [moved] if moved else []

    def recollect(self, said, now, limit=5):
        if self._error:
            raise self._error
        return Recollected(tuple(self._recall))

    def remember(self, text, *, source):
        if self._error:
            raise self._error
        self.kept.append(text)
        return type("Memory", (), {"text": text, "id": "1"})()

    def take_notices(self, reply):
        moved, self._moved = self._moved, []
        return [Notice(reply, "memory_moved_aside", {"name": name}, "memory") for name in moved]


@virtual_time
async def test_facts_that_the_user_tells_are_kept_and_told(tmp_path):
    session = session_of(app_with(tmp_path))
    session.memory = Remembers()
    messages = await collect(session, "Mình tên là Nam, mình thích ăn phở.", 1)
    assert session.memory.kept
    assert "remembered" in [m.code for m in messages if isinstance(m, Notice)]


@virtual_time
async def test_a_broken_memory_is_a_notice_and_the_turn_goes_on(tmp_path):
    from modules.errors import StorageFailed

    session = session_of(app_with(tmp_path))
    session.memory = Remembers(error=StorageFailed("locked"))
    messages = await collect(session, "Mình tên là Nam.", 1)
    assert "storage_failed.locked" in [m.code for m in messages if isinstance(m, Notice)]
    assert messages[-1].reason == "done"
    assert any(isinstance(m, Clause) for m in messages)


@virtual_time
async def test_a_memory_that_was_moved_aside_is_told_once(tmp_path):
    session = session_of(app_with(tmp_path))
    session.memory = Remembers(moved="memory.broken-1")
    first = await collect(session, "Chào bạn", 1)
    told = [m.params for m in first if isinstance(m, Notice) and m.code == "memory_moved_aside"]
    assert told == [{"name": "memory.broken-1"}]
    again = await collect(session, "Chào bạn", 2)
    assert not [m for m in again if isinstance(m, Notice)]


class Stuck:
    busy = True


@virtual_time
async def test_an_app_whose_engines_hang_for_good_asks_for_a_restart(tmp_path):
    session = session_of(app_with(tmp_path))
    for _ in range(2):
        session.app.residency.abandon(Stuck())
    assert not [m for m in await collect(session, "Chào", 1) if isinstance(m, Notice)]
    session.app.residency.abandon(Stuck())
    told = [m.code for m in await collect(session, "Chào", 2) if isinstance(m, Notice)]
    assert told == ["restart_needed"]


@virtual_time
async def test_what_is_asked_again_is_felt_and_spoken_from_the_cache(tmp_path):
    emotion = Scripted("emotion", "scripted", feels("Enjoyment"))
    session = session_of(app_with(tmp_path, emotion))
    first = await collect(session, "Kể chuyện đi", 1)
    again = await collect(session, "Kể chuyện đi", 2)
    assert len(emotion.heard) == 1
    assert first[-1].cache_hits == 0
    assert again[-1].cache_hits == 1 + len([m for m in again if isinstance(m, Clause)])
    assert [m.reply for m in again if isinstance(m, Mood)] == [2]


@virtual_time
async def test_an_unknown_voice_or_face_changes_nothing(tmp_path):
    session = session_of(app_with(tmp_path))
    for chosen in (Persona(name="X", voice="0" * 32), Persona(name="X", avatar="nobody")):
        with pytest.raises(NotFound):
            await session.configure(chosen)
    assert session.persona == Persona()


@virtual_time
async def test_a_reset_session_knows_nothing_any_more(tmp_path):
    session = session_of(app_with(tmp_path))
    await collect(session, "Chị ơi, em tên là Nam", 1)
    session.reset()
    assert said(session) == []
    assert session.address.pair.assistant_self == "mình"
    assert session.reply is None


@virtual_time
async def test_a_reply_that_was_made_to_its_end_but_not_heard_to_its_end_is_cut(tmp_path):
    session = session_of(app_with(tmp_path, lead_s=100))
    messages = await collect(session, "Kể chuyện đi", 1)
    assert messages[-1].reason == "done"
    await anyio.sleep(1.5)
    session.halt(1)
    assert said(session)[-1][1].endswith("…")
    assert "số sáu" not in said(session)[-1][1]


@virtual_time
async def test_a_reply_that_was_heard_to_its_end_is_kept_whole(tmp_path):
    session = session_of(app_with(tmp_path))
    await collect(session, "Kể chuyện đi", 1)
    await anyio.sleep(10)
    session.halt(1)
    assert said(session)[-1][1].endswith("số sáu.")
