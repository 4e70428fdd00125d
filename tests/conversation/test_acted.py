"""The last answer acted anew by a head that moves, with progress; refused where none can."""

import asyncio
from dataclasses import replace

import av
import numpy as np
import pytest

from modules.conversation.acted import filmers
from modules.conversation.filming import Film, Progress
from modules.errors import EngineUnavailable
from modules.messages import FACE_POINTS, Portrait
from tests.conversation.test_session import app_with, collect
from tests.conversation.test_talk import session_of, written
from tests.scripted import Scripted, says, shows, speaks

FACE = Portrait(
    "face", "Linh", np.zeros((512, 512, 3), np.uint8), np.zeros((len(FACE_POINTS), 2), np.float32)
)


async def talked(path, heads=("sadtalker",)):
    engines = [Scripted("avatar", "avatar", shows(colour=90))]
    engines += [Scripted("avatar", name, shows(colour=200)) for name in heads]
    app = app_with(
        path, Scripted("llm", "llm", says("Chào nhé. ")), Scripted("tts", "tts", speaks(0.4)),
        *engines,
    )  # fmt: skip
    session = session_of(app)
    await collect(session, "Một", 1)
    await written(session)
    session.portrait = FACE
    last = session.talk.exchanges[-1]
    last.persona = last.persona.model_copy(update={"avatar": "face"})
    return session


async def acted(session):
    return [each async for each in session.app.filming.film(session, "acted", captions=False)]


def brightness(path):
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24").mean() for frame in file.decode(video=0)]


def test_the_last_answer_is_shown_by_the_head_and_lasts_as_long(tmp_path):
    async def run():
        session = await talked(tmp_path)
        told = await acted(session)
        assert all(isinstance(each, Progress) for each in told[:-1])
        shares = [each.share for each in told[:-1]]
        assert shares == sorted(shares)
        assert isinstance(told[-1], Film)
        bright = brightness(told[-1].path)
        assert len(bright) == round(session.talk.exchanges[-1].seconds * 25)
        assert np.mean(bright) > 150
        assert [p.name for p in told[-1].path.parent.iterdir()] == ["guong.mp4"]

    asyncio.run(run())


@pytest.mark.parametrize("missing", ["engine", "portrait", "face"])
def test_without_a_head_it_is_refused(tmp_path, missing):
    async def run():
        session = await talked(tmp_path, heads=() if missing == "engine" else ("sadtalker",))
        if missing == "portrait":
            session.portrait = None
        if missing == "face":  # another face gave the answer
            session.portrait = replace(FACE, id="other")
        with pytest.raises(EngineUnavailable, match="no_filmer"):
            await acted(session)

    asyncio.run(run())


def test_the_engine_that_was_chosen_for_the_face_acts_first(tmp_path):
    async def run():
        session = await talked(tmp_path, ("sadtalker", "sadtalker-still"))
        chosen = replace(FACE, engine="sadtalker-still")
        assert filmers(session.app, FACE)[0] == "sadtalker"
        assert filmers(session.app, chosen)[0] == "sadtalker-still"
        assert filmers(session.app, None) == ()

    asyncio.run(run())
