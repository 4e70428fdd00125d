"""Who a page belongs to: keys, sign-in, reloads and twins."""

from types import SimpleNamespace

import pytest

from modules.conversation.app import App
from modules.errors import Forbidden
from modules.settings import Settings
from modules.ui.visitors import Visitors
from tests.scripted import residency


def request(page="p1", account=None, user_id="", forwarded=False):
    signed_in = {"preferred_username": account, "sub": user_id} if account else None
    session = {"oauth_info": {"userinfo": signed_in}} if signed_in else {}
    return SimpleNamespace(
        session_hash=page,
        headers={"x-forwarded-for": "1.2.3.4"} if forwarded else {},
        request=SimpleNamespace(scope={"session": session}),
    )


@pytest.fixture
def visitors(tmp_path):
    app = App(Settings(data=tmp_path))
    app.residency = residency()
    return Visitors(app)


def test_a_first_visitor_gets_a_key_and_comes_back_with_it(visitors):
    first, key = visitors.arrive("", "", "vi", request("p1"))
    assert key
    again, new = visitors.arrive("", key, "vi", request("p2"))
    assert new is None
    assert again is not first
    assert again.owner == first.owner


def test_a_page_that_reloads_gets_its_conversation_back(visitors):
    first, key = visitors.arrive("", "", "vi", request("p1"))
    again, _ = visitors.arrive(first.token, key, "en", request("p2"))
    assert again is first
    assert again.language == "en"


def test_a_duplicated_tab_gets_a_conversation_of_its_own(visitors):
    first, key = visitors.arrive("", "", "vi", request("p1"))
    first.line = object()
    twin, _ = visitors.arrive(first.token, key, "vi", request("p2"))
    assert twin is not first
    assert twin.owner == first.owner


def test_a_forged_key_is_replaced(visitors):
    session, key = visitors.arrive("", "gk1_forged", "vi", request())
    assert key
    assert session.owner == visitors.arrive("", key, "vi", request("p2"))[0].owner


def test_signing_in_and_out_changes_whose_memory_it_is_at_once(visitors):
    guest, key = visitors.arrive("", "", "vi", request("p1"))
    signed_in, new = visitors.arrive(guest.token, key, "vi", request("p2", account="lan"))
    assert new is None
    assert signed_in.owner != guest.owner
    elsewhere, _ = visitors.arrive("", "", "vi", request("p3", account="lan"))
    assert elsewhere.owner == signed_in.owner
    left, _ = visitors.arrive(signed_in.token, key, "vi", request("p4"))
    assert left.owner == guest.owner


def test_on_a_laptop_only_who_sits_at_it_owns_the_app(visitors, monkeypatch):
    for name in ("SPACE_ID", "GRADIO_SERVER_NAME", "GRADIO_SHARE"):
        monkeypatch.delenv(name, raising=False)
    assert visitors.is_owner(request())
    assert not visitors.is_owner(request(forwarded=True))
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    with pytest.raises(Forbidden):
        visitors.require_owner(request())


def test_a_space_belongs_to_who_created_it_also_for_an_organisation(visitors, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "nhom/guong")
    assert not visitors.is_owner(request())
    assert not visitors.is_owner(request(account="lan", user_id="u1"))
    monkeypatch.setenv("SPACE_AUTHOR_NAME", "nhom")
    monkeypatch.setenv("SPACE_CREATOR_USER_ID", "u1")
    assert visitors.is_owner(request(account="lan", user_id="u1"))
    assert not visitors.is_owner(request(account="binh", user_id="u2"))
    monkeypatch.setenv("SPACE_AUTHOR_NAME", "binh")
    assert visitors.is_owner(request(account="binh", user_id="u2"))
