"""The record of a conversation: what is kept of each turn, how much, and when it goes."""

import asyncio
import itertools
import os
import time

import anyio
import av
import pytest

from modules.conversation import talk as talks
from modules.conversation.files import KEEP_S, Files
from modules.conversation.reply import Reply
from modules.conversation.talk import Budget, Talk
from modules.messages import FRAME_SAMPLES, MediaChunk, Prompt, Speech, Utterance
from tests.conversation.test_session import app_with, collect, understands
from tests.scripted import Scripted, says, tone
from tests.virtual_time import virtual_time

OWNER = "ab" * 16


def session_of(app, *, live=True):
    return app.open_session("page:1", OWNER, live=live)


async def written(session):
    """Wait until what the turns left is on disk."""
    while any("keep" in repr(task.get_coro()) for task in session.app._tasks):
        await anyio.sleep(0.01)


def media_files(app):
    return sorted(path for path in app.files.root.rglob("*") if path.is_file())


def decoded(exchange):
    with av.open(str(exchange.media.video)) as file:
        return sum(1 for _ in file.decode(video=0))


def test_an_exchange_holds_what_was_said_and_answered_and_its_media(tmp_path):
    async def talk():
        app = app_with(tmp_path, Scripted("llm", "llm", says("Chào Nam nhé. ")))
        session = session_of(app)
        await collect(session, "  Chào bạn ", 1)
        await written(session)
        (exchange,) = session.talk.exchanges
        assert (exchange.said, exchange.answer, exchange.whole) == (
            "Chào bạn", "Chào Nam nhé.", True,
        )  # fmt: skip
        assert exchange.pair.assistant_self == "mình"
        assert exchange.mood.label == "Other"
        assert exchange.engines["tts"] == "tts"
        assert not exchange.spoken
        assert decoded(exchange) == round(exchange.seconds * 25)
        assert exchange.media.size == sum(p.stat().st_size for p in media_files(app))

    asyncio.run(talk())


@virtual_time
async def test_of_an_interrupted_answer_only_what_was_heard_is_kept(tmp_path):
    session = session_of(app_with(tmp_path))
    task = asyncio.create_task(collect(session, "Kể chuyện đi", 1))
    await anyio.sleep(2.6)
    session.halt(1)
    await task
    (exchange,) = session.talk.exchanges
    assert not exchange.whole
    assert exchange.answer.endswith("…")
    assert exchange.seconds == pytest.approx(2.5, abs=0.2)


@virtual_time
async def test_an_answer_that_is_interrupted_while_it_still_plays_is_shortened_later(tmp_path):
    session = session_of(app_with(tmp_path, Scripted("llm", "llm", says("Một. ", "Hai. "))))
    await collect(session, "Chào", 1)
    exchange = session.talk.exchanges[0]
    whole, answer = exchange.seconds, exchange.answer
    session.halt(1)
    assert exchange.seconds < whole
    assert exchange.answer != answer
    assert not exchange.whole


@virtual_time
async def test_what_was_heard_is_a_spoken_exchange_and_what_nobody_understood_is_none(tmp_path):
    session = session_of(app_with(tmp_path, Scripted("asr", "asr", understands("Xin chào"))))
    await collect(session, Utterance(1, tone(0.5).samples), 1)
    assert [(each.said, each.spoken) for each in session.talk.exchanges] == [("Xin chào", True)]
    session.app.residency.adopt(Scripted("asr", "asr", understands("")))
    with pytest.raises(Exception, match="nothing_heard"):
        await collect(session, Utterance(2, tone(0.5).samples), 2)
    assert len(session.talk.exchanges) == 1


@virtual_time
async def test_what_was_said_and_never_answered_stays(tmp_path):
    session = session_of(app_with(tmp_path))
    session.halt(5)
    await collect(session, "Có ai không?", 3)
    assert [(each.said, each.answer) for each in session.talk.exchanges] == [("Có ai không?", "")]


def test_the_api_keeps_no_media(tmp_path):
    async def talk():
        session = session_of(app_with(tmp_path), live=False)
        await collect(session, "Chào", 1)
        await written(session)
        assert session.talk.exchanges[0].media is None
        assert media_files(session.app) == []

    asyncio.run(talk())


def test_the_media_go_with_the_session_and_with_everything_of_the_owner(tmp_path):
    async def talk():
        app = app_with(tmp_path, Scripted("llm", "llm", says("Chào. ")))
        session = session_of(app)
        await collect(session, "Chào", 1)
        await written(session)
        assert len(media_files(app)) == 2
        app.sessions.close(session)
        assert media_files(app) == []
        assert app.media_budget.held == 0
        session = session_of(app)
        await collect(session, "Chào", 1)
        await written(session)
        await app.forget(OWNER)
        assert media_files(app) == []
        assert session.talk.exchanges == []
        assert app.media_budget.held == 0

    asyncio.run(talk())


# --- bounds ---------------------------------------------------------------------------------------


def reply_of(number, size=1_000):
    reply = Reply(number)
    silence = tone(1.0).samples * 0
    for k, track in itertools.product(range(25), ("video", "audio")):
        reply.chunks.append(MediaChunk(number, 0, track, k, k / 25, b"x" * (size // 50), not k))
    reply.add_levels(Speech(number, 0, silence[: 25 * FRAME_SAMPLES]))
    return reply


async def keep(talk, number, size=1_000):
    talk.begin(number, f"câu {number}", spoken=False)
    reply = reply_of(number, size)
    talk.answered(reply, f"đáp {number}", whole=True)
    await talk.keep(reply)


def kept(talk):
    return [each.reply for each in talk.exchanges if each.media]


def test_the_oldest_answers_lose_their_picture_first_and_keep_their_text(tmp_path):
    async def run():
        talk = Talk(Files(tmp_path), OWNER, Budget(), most_bytes=3_500)
        for number in range(1, 6):
            await keep(talk, number)
        assert kept(talk) == [3, 4, 5]
        assert [each.answer for each in talk.exchanges] == [f"đáp {n}" for n in range(1, 6)]
        assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 6
        assert talk.held == 3_000

    asyncio.run(run())


def test_one_answer_that_is_larger_than_the_bound_is_kept_all_the_same(tmp_path):
    async def run():
        talk = Talk(Files(tmp_path), OWNER, Budget(), most_bytes=500)
        await keep(talk, 1)
        await keep(talk, 2)
        assert kept(talk) == [2]

    asyncio.run(run())


def test_all_sessions_share_one_budget_and_who_adds_gives_up_their_own(tmp_path):
    async def run():
        budget = Budget(4_000)
        first, second = (Talk(Files(tmp_path), OWNER, budget) for _ in range(2))
        for number in (1, 2):
            await keep(first, number)
        for number in (1, 2, 3):
            await keep(second, number)
        assert kept(first) == [1, 2]
        assert kept(second) == [2, 3]
        first.clear()
        assert budget.held == 2_000

    asyncio.run(run())


def test_after_many_turns_the_oldest_text_goes_too_and_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(talks, "MOST_EXCHANGES", 3)
    talk = Talk(Files(tmp_path), OWNER, Budget())
    for number in range(5):
        talk.begin(number, "x", spoken=False)
    assert [each.reply for each in talk.exchanges] == [2, 3, 4]
    assert talk.forgotten == 2


def test_lent_files_stay_until_they_are_given_back(tmp_path):
    async def run():
        talk = Talk(Files(tmp_path), OWNER, Budget(), most_bytes=1_000)
        await keep(talk, 1)
        with talk.lent() as exchanges:
            media = exchanges[0].media
            await keep(talk, 2)
            assert kept(talk) == [2]
            assert media.video.exists()
        assert not media.video.exists()
        assert not media.audio.exists()

    asyncio.run(run())


def test_a_full_disk_costs_the_picture_and_not_the_turn(tmp_path):
    async def run():
        blocked = tmp_path / "file"
        blocked.write_text("no directory")
        talk = Talk(Files(blocked), OWNER, Budget())
        await keep(talk, 1)
        assert kept(talk) == []
        assert talk.exchanges[0].answer == "đáp 1"

    asyncio.run(run())


def test_what_was_deleted_while_it_was_written_does_not_come_back(tmp_path):
    async def run():
        talk = Talk(Files(tmp_path), OWNER, Budget())
        talk.begin(1, "x", spoken=False)
        reply = reply_of(1)
        talk.answered(reply, "y", whole=True)
        task = asyncio.create_task(talk.keep(reply))
        await asyncio.sleep(0)
        talk.clear()
        await task
        assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
        assert talk.held == 0

    asyncio.run(run())


def test_a_conversation_is_not_swept_while_it_lasts_and_leftovers_of_a_crash_are(tmp_path):
    async def run():
        files = Files(tmp_path)
        talk = Talk(files, OWNER, Budget())
        await keep(talk, 1)
        media = talk.exchanges[0].media
        old = time.time() - 2 * KEEP_S
        for path in (media.video, media.audio):
            os.utime(path, (old, old))
        files.sweep()
        assert media.video.exists()
        Files(tmp_path).sweep()  # of the next process
        assert not media.video.exists()

    asyncio.run(run())


def test_a_greeting_is_kept_and_a_sample_of_a_voice_is_not(tmp_path):
    async def run():
        session = session_of(app_with(tmp_path))
        await collect(session, Prompt("Chào bạn nhé.", kept=False), 1)
        await collect(session, Prompt("Chào bạn, mình đây."), 2)
        await written(session)
        (exchange,) = session.talk.exchanges
        assert (exchange.said, exchange.answer) == ("", "Chào bạn, mình đây.")
        assert exchange.media is not None

    asyncio.run(run())
