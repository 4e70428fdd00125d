"""From what the user feels to how they are answered: each link of the chain."""

import re

import numpy as np

from modules.conversation.details import Collected
from modules.conversation.session import Session
from modules.conversation.turn import front
from modules.messages import LISTEN_RATE, Mood, Utterance
from modules.tts.prosody import PROSODY
from tests.conversation.test_session import app_with, collect, feels, session_of, understands
from tests.emotion.test_voice import TEXT, spoken
from tests.scripted import Scripted, says
from tests.virtual_time import virtual_time


async def tell(_):
    """Nobody listens."""


@virtual_time
async def test_a_sorrow_reaches_the_prompt_the_companion_and_the_expression(tmp_path):
    session = session_of(app_with(tmp_path, Scripted("emotion", "emotion", feels("Sadness"))))
    plain = session_of(app_with(tmp_path))
    sad, neutral = [await front(s, "hôm nay ăn gì", 1, tell) for s in (session, plain)]
    assert sad.mood.label == sad.overall.label == sad.expression == "Sadness"
    assert neutral.overall.label == neutral.expression == "Other"
    assert sad.instructions != neutral.instructions


@virtual_time
async def test_the_mood_of_the_conversation_outlives_a_short_answer(tmp_path):
    session = session_of(app_with(tmp_path))
    session.moods.append(Mood(1, "Sadness", {"Sadness": 0.9, "Other": 0.1}))
    request = await front(session, "ừ", 2, tell)
    assert request.mood.label == "Other"
    assert request.overall.label == request.expression == "Sadness"


def test_a_sad_answer_is_slower_lower_and_softer_and_a_glad_one_livelier():
    sad, calm, glad = (PROSODY[label] for label in ("Sadness", "Other", "Enjoyment"))
    for name in ("rate", "pitch", "volume"):
        assert getattr(sad, name) < getattr(calm, name) < getattr(glad, name), name
    assert sad.pause > calm.pause > glad.pause


@virtual_time
async def test_the_voice_is_given_the_expression_of_the_answer(tmp_path):
    asked = []

    async def speak(clause, request):
        asked.append(request.expression)
        return
        yield

    app = app_with(
        tmp_path, Scripted("emotion", "emotion", feels("Sadness")), Scripted("tts", "tts", speak)
    )
    await collect(session_of(app), "mình buồn quá", 1)
    assert set(asked) == {"Sadness"}


@virtual_time
async def test_somebody_in_danger_is_answered_with_care_whatever_model_is_configured(tmp_path):
    jester = Scripted("llm", "jester", says("Haha, vui ghê! "))
    glad = Scripted("emotion", "emotion", feels("Enjoyment"))
    session = session_of(app_with(tmp_path, jester, glad))
    collected = Collected()
    for message in await collect(session, "tớ vừa uống hết cả lọ thuốc ngủ rồi haha", 1):
        collected.add(message)
    assert "Haha" not in collected.text
    assert re.search(r"\b115\b", collected.text)
    assert collected.details(session)["emotion"]["label"] == "Sadness"
    assert collected.details(session)["emotion"]["overall"] == "Sadness"
    follow = await front(session, "ừ", 2, tell)
    assert "115" in follow.instructions
    assert follow.expression != "Enjoyment"


@virtual_time
async def test_what_was_said_in_danger_is_not_remembered_as_a_liking(tmp_path):
    app = app_with(tmp_path)
    session = Session(app, "ab" * 16, app.memory_of("ab" * 16), live=True)
    await collect(session, "mình thích ăn phở", 1)
    await collect(session, "minh buon qua, khong muon song nua", 2)
    kept = [memory.text for memory in session.memory.all()]
    assert len(kept) == 1
    assert "phở" in kept[0]


@virtual_time
async def test_how_it_was_said_is_shown_once_it_is_known_what_is_usual(tmp_path):
    session = session_of(app_with(tmp_path, Scripted("asr", "asr", understands(TEXT))))
    for turn in range(1, 6):
        await front(session, Utterance(turn, spoken(150, 0.05, 2.5)), turn, tell)
    assert session.moods[-1].voice["arousal"] == 0
    collected = Collected()

    async def keep(message):
        collected.add(message)

    await front(session, Utterance(6, spoken(260, 0.3, 1.5)), 6, keep)
    assert collected.details(session)["emotion"]["voice"]["arousal"] > 0
    silent = Utterance(7, np.zeros(LISTEN_RATE, np.float32))
    assert (await front(session, silent, 7, tell)).mood.voice == {}
    session.reset()
    assert not session.baseline.past
