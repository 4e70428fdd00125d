"""With another face comes who it shows; what the visitor wrote stays."""

import pytest

from modules import avatar, persona, tts
from modules.errors import NotFound
from modules.messages import Pair
from modules.ui.casting import card_of, put_on, with_face
from tests.conversation.test_session import app_with, session_of
from tests.virtual_time import virtual_time

CARDS = {each.id: card_of(each) for each in avatar.avatars()}


@pytest.mark.parametrize("before", CARDS)
@pytest.mark.parametrize("after", CARDS)
def test_a_drawn_face_brings_the_whole_person(before, after):
    assert with_face(CARDS[before], after) == CARDS[after]


def test_every_person_has_a_voice_of_their_own_sex_and_region():
    voices = {voice.id: voice for voice in tts.VOICES}
    for card in CARDS.values():
        assert voices[card.voice].gender == card.gender
        assert voices[card.voice].region == card.region


def test_what_the_visitor_wrote_and_their_own_voice_stay():
    mine = CARDS["linh"].model_copy(
        update={
            "name": "Cô Ba",
            "age": 50,
            "style": "Hay hát.",
            "voice": "voice-1",
            "self_term": "tớ",
        }
    )
    worn = with_face(mine, "khoa")
    assert (worn.name, worn.age, worn.style) == ("Cô Ba", 50, "Hay hát.")
    assert (worn.voice, worn.self_term) == ("voice-1", "tớ")
    assert (worn.avatar, worn.gender, worn.region) == ("khoa", "male", "central")


def test_a_portrait_changes_the_face_alone():
    worn = with_face(CARDS["linh"], "photo-1")
    assert worn == CARDS["linh"].model_copy(update={"avatar": "photo-1"})


@virtual_time
async def test_an_elder_is_no_younger_sister_of_whom_she_meets(tmp_path):
    session = session_of(app_with(tmp_path))
    session.address = persona.advance(session.address, "Chào em, anh tên Minh.", card=CARDS["linh"])
    assert session.address.pair == Pair("em", "anh")
    await put_on(session, "ba-sau")
    assert session.address.pair == Pair("bà", "con")
    await put_on(session, "khoa")
    assert session.address.pair == Pair("mình", "bạn")


@virtual_time
async def test_a_pair_that_was_chosen_outlives_a_change_of_face(tmp_path):
    session = session_of(app_with(tmp_path))
    session.address = persona.choose(session.address, Pair("tớ", "cậu"))
    await put_on(session, "khoa")
    assert session.address.pair == Pair("tớ", "cậu")
    assert session.persona.name == "Khoa"


@virtual_time
async def test_a_face_that_is_not_there_changes_nothing(tmp_path):
    session = session_of(app_with(tmp_path))
    before = session.persona
    with pytest.raises(NotFound):
        await put_on(session, "photo-" + "0" * 32)
    assert session.persona == before
