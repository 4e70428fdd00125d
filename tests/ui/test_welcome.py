"""The first meeting: what is offered is known to the rules of address, for any persona."""

from dataclasses import replace

import pytest

from modules import avatar, persona
from modules.errors import InvalidInput, NotFound
from modules.ui import casting, welcome
from tests.conversation.test_session import app_with, session_of
from tests.virtual_time import virtual_time

KNOWN = {f"{c.pair.assistant_self} {c.pair.user_term}" for c in persona.PAIRS}


@pytest.mark.parametrize("age", [1, 18, 39, 40, 59, 60, 120])
@pytest.mark.parametrize("gender", ["female", "male", "other"])
def test_every_persona_has_pairs_to_offer_and_all_are_pairs_of_the_panel(age, gender):
    offered = casting.offered(replace(avatar.avatars()[0], age=age, gender=gender))
    assert len(offered) >= 3
    assert len(set(offered)) == len(offered)
    assert set(offered) <= KNOWN


@virtual_time
async def test_a_chosen_pair_is_used_at_once_and_greeted_in(tmp_path):
    session = session_of(app_with(tmp_path))
    words = await welcome.meet(session, {"avatar": "linh", "pair": "em chị"})
    assert words == "Dạ, em chào chị ạ. Em tên là Linh, em nghe chị đây."
    assert session.persona.avatar == "linh"
    assert session.address.pair.user_term == "chị"
    assert session.address.chosen


@virtual_time
async def test_an_elder_who_is_to_find_out_begins_as_one_and_is_not_bound_to_it(tmp_path):
    session = session_of(app_with(tmp_path))
    words = await welcome.meet(session, {"avatar": "ba-sau", "pair": "auto"})
    assert words.startswith("Chào con, bà Sáu đây.")
    assert not session.address.chosen
    after = persona.advance(session.address, "Cháu chào bà ạ.", card=session.persona)
    assert (after.pair.assistant_self, after.pair.user_term) == ("bà", "cháu")


@virtual_time
@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"avatar": "nobody"}, NotFound),
        ({}, NotFound),
        ({"avatar": "linh", "pair": "tao mày"}, InvalidInput),
        ({"avatar": "linh", "pair": ""}, InvalidInput),
    ],
)
async def test_what_is_not_offered_is_refused_and_nothing_changes(tmp_path, told, error):
    session = session_of(app_with(tmp_path))
    before = session.persona
    with pytest.raises(error):
        await welcome.meet(session, told)
    assert session.persona == before


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_cards_say_who_everybody_is(tmp_path, language):
    session = session_of(app_with(tmp_path))
    session.language = language
    shown = welcome.value(session)
    assert [card["id"] for card in shown["personas"]] == [each.id for each in avatar.avatars()]
    for card in shown["personas"]:
        assert all(
            card[name] for name in ("name", "about", "manner", "poster", "meet", "automatic")
        )
        assert all(pair["term"] and pair["note"] for pair in card["pairs"])
    assert not [code for code, text in shown["texts"].items() if code == text]
