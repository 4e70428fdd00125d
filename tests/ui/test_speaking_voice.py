"""The page says whose voice speaks, and where an engine has none for a persona."""

import pytest

from modules import avatar
from modules.api.face import persona_of
from modules.messages import Persona
from modules.tts import find_voice, serving
from modules.ui.speaking_voice import described, misfits, speaking
from tests.conversation.test_session import app_with, session_of
from tests.scripted import Scripted, speaks
from tests.virtual_time import virtual_time

MAN = Persona(gender="male", region="south")


def session_with(path, *names, persona=MAN, language="vi"):
    engines = [Scripted("tts", name, speaks(1.0)) for name in names]
    session = session_of(app_with(path, *engines))
    session.persona, session.language = persona, language
    return session


@virtual_time
async def test_with_the_machines_voice_alone_the_page_says_what_to_get(tmp_path):
    session = session_with(tmp_path, "espeak")
    assert speaking(session) == "Đang nói: Khoa (Nam, miền Nam, giọng máy)."
    assert misfits(session) == [
        "Chỉ có giọng máy cho nam miền Nam. Muốn giọng người, hãy tải VieNeu ở bảng Bộ máy."
    ]


@virtual_time
async def test_where_all_fits_nothing_is_wanting(tmp_path):
    session = session_with(tmp_path, "vieneu", "espeak")
    assert speaking(session) == "Đang nói: Minh Triết (Nam, miền Nam, VieNeu)."
    assert misfits(session) == []


@virtual_time
async def test_an_engine_without_a_voice_of_the_sex_is_named_and_passed_over(tmp_path):
    session = session_with(tmp_path, "piper", "espeak")
    assert session.engines()["tts"] == ("espeak", "piper")
    assert "Piper không có giọng nam nên không nói thay nhân vật này." in misfits(session)


@virtual_time
async def test_another_region_speaks_and_the_page_says_so(tmp_path):
    woman = Persona(gender="female", region="central")
    session = session_with(tmp_path, "piper", "espeak", persona=woman)
    assert session.engines()["tts"][0] == "piper"
    assert misfits(session) == [
        "Piper không có giọng nữ miền Trung: VAIS-1000 (miền Bắc) nói thay."
    ]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("names", [("espeak",), ("piper", "espeak"), ("mms", "piper", "espeak")])
@pytest.mark.parametrize("gender", ["female", "male", "other"])
@virtual_time
async def test_both_languages_have_a_sentence_for_everybody(tmp_path, language, names, gender):
    for region in ("north", "central", "south"):
        persona = Persona(gender=gender, region=region)
        session = session_with(tmp_path, *names, persona=persona, language=language)
        for line in (speaking(session), *misfits(session)):
            assert line and "{" not in line


@virtual_time
async def test_a_licence_that_restricts_stands_beside_the_voice(tmp_path):
    session = session_with(tmp_path, "mms", "piper", "vieneu", "espeak")
    assert "CC-BY-NC-4.0" in described(session, find_voice("mms-vie"))
    assert "research only" in described(session, find_voice("piper-vais1000"))
    assert "Apache" not in described(session, find_voice("vieneu-truc-ly"))
    assert "GPL" not in described(session, find_voice("north-woman"))


def test_every_drawn_persona_has_a_recorded_voice_of_its_sex_and_region_in_the_first_engine():
    for face in avatar.avatars():
        assert serving(("vieneu", "espeak"), persona_of(face))[0] == "vieneu"


@virtual_time
async def test_a_recorded_voice_may_be_named(tmp_path):
    session = session_with(tmp_path, "vieneu", "piper", "espeak")
    await session.configure(Persona(gender="male", voice="piper-vais1000"))
    assert session.voice is None
    assert session.engines()["tts"][0] == "piper"


@virtual_time
async def test_an_engine_that_came_later_waits_until_its_voice_is_measured(tmp_path, monkeypatch):
    session = session_with(tmp_path, "vieneu", "espeak")
    voices = session.app.base_voices
    profile = object()
    voices._known["espeak", "south-man"] = profile
    asked = []

    async def of(persona, engines):
        asked.append(engines)

    monkeypatch.setattr(voices, "of", of)
    session.voice = object()
    engines, base = session.speakers()
    assert (engines, base) == (("espeak", "vieneu"), profile)
    task = next(iter(session.app._tasks))
    await task
    assert asked == [("vieneu", "espeak")]
    voices._known["vieneu", "vieneu-minh-triet"] = other = object()
    assert session.speakers() == (("vieneu", "espeak"), other)
    session.voice = None
    assert session.speakers()[0] == ("vieneu", "espeak")
