"""Films of a session: what is in them, who waits, and what becomes of those nobody waits for."""

import asyncio

import av
import pytest

from modules.conversation import filming
from modules.conversation.filming import Film, Progress
from modules.errors import AtCapacity, NotFound, StorageFailed
from tests.conversation.test_session import app_with, collect
from tests.conversation.test_talk import OWNER, session_of, written
from tests.scripted import Scripted, says, shows, speaks


def app_of(path):
    return app_with(
        path,
        Scripted("llm", "llm", says("Chào nhé. ")),
        Scripted("tts", "tts", speaks(0.4)),
        Scripted("avatar", "avatar", shows(colour=90)),
    )


async def talked(path, *texts):
    session = session_of(app_of(path))
    for number, text in enumerate(texts, 1):
        await collect(session, text, number)
    await written(session)
    return session


async def filmed(session, subject="conversation", *, captions=True):
    told = [each async for each in session.app.filming.film(session, subject, captions=captions)]
    assert all(isinstance(each, Progress) for each in told[:-1])
    assert isinstance(told[-1], Film)
    return told[-1]


def frames(path):
    with av.open(str(path)) as file:
        return file.streams.video[0].frames


def test_the_last_answer_is_a_film_of_its_length(tmp_path):
    async def run():
        session = await talked(tmp_path, "Một", "Hai")
        film = await filmed(session, "answer")
        assert frames(film.path) == round(session.talk.exchanges[-1].seconds * 25)
        assert film.path.name == "guong.mp4"
        assert film.path.is_relative_to(session.app.files.root / OWNER)

    asyncio.run(run())


def test_the_whole_conversation_has_every_answer_and_a_card_before_each(tmp_path):
    async def run():
        session = await talked(tmp_path, "Một", "Hai")
        film = await filmed(session)
        answers = sum(round(each.seconds * 25) for each in session.talk.exchanges)
        assert frames(film.path) == answers + 2 * round(1.8 * 25)
        assert film.without_picture == 0

    asyncio.run(run())


def test_an_answer_whose_picture_is_gone_is_read_and_counted(tmp_path):
    async def run():
        session = await talked(tmp_path, "Một", "Hai")
        talk = session.talk
        talk._drop(talk.exchanges[0])
        film = await filmed(session)
        assert film.without_picture == 1
        assert frames(film.path) == round(talk.exchanges[1].seconds * 25) + 3 * 45

    asyncio.run(run())


@pytest.mark.parametrize("subject", ["answer", "conversation"])
def test_where_nothing_was_said_there_is_nothing_to_film(tmp_path, subject):
    async def run():
        session = session_of(app_of(tmp_path))
        with pytest.raises(NotFound, match=subject):
            await filmed(session, subject)

    asyncio.run(run())


def test_too_many_films_at_once_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(filming, "MOST_WAITING", 0)

    async def run():
        session = await talked(tmp_path, "Một")
        with pytest.raises(AtCapacity, match="films"):
            await filmed(session)

    asyncio.run(run())


def test_who_leaves_stops_the_film_and_leaves_no_file(tmp_path):
    async def run():
        session = await talked(tmp_path, "Một", "Hai", "Ba")
        app = session.app
        making = app.filming.film(session, "conversation", captions=True)
        await anext(making)
        await making.aclose()
        assert not list(app.files.root.rglob("*.mp4"))
        assert (await filmed(session, "answer")).path.exists()  # and the next one is made

    asyncio.run(run())


def test_a_disk_that_refuses_is_told(tmp_path, monkeypatch):
    async def run():
        session = await talked(tmp_path, "Một")
        app = session.app
        missing = tmp_path / "missing" / "film.mp4"
        monkeypatch.setattr(app.files, "new", lambda owner, name: missing)
        with pytest.raises(StorageFailed, match="disk"):
            await filmed(session)

    asyncio.run(run())


def test_while_somebody_is_answered_the_film_rests_as_long_as_it_works(tmp_path, monkeypatch):
    rests = []

    async def run():
        session = await talked(tmp_path, "Một")
        monkeypatch.setattr(filming.time, "sleep", rests.append)
        await filmed(session, "answer")
        assert rests == []
        with session.app.one_turn():
            await filmed(session, "answer")
        assert len(rests) == round(session.talk.exchanges[0].seconds * 25)
        assert all(0 < rest < 1 for rest in rests)

    asyncio.run(run())
