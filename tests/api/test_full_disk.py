"""The disk is full: nothing that was kept is lost, what can go on goes on, and it says so."""

import pytest
from gradio_client.exceptions import AppError

LIKES = "Mình thích ăn bún chả."


@pytest.fixture
def key(client):
    """A user of whom something is remembered."""
    made = client.predict(api_name="/new_user")["user_key"]
    client.predict(LIKES, made, api_name="/remember")
    return made


@pytest.fixture
def full(server, key):
    server.disk("full")
    yield
    server.disk("free")


def codes(details):
    return [notice["code"] for notice in details["notices"]]


def test_an_answer_is_given_without_its_files(client, full, key):
    text, details, wav, mp4 = client.predict("Chào bạn", user_key=key, api_name="/chat")
    assert text
    assert wav is None
    assert mp4 is None
    assert "storage_failed.disk" in codes(details)


@pytest.mark.parametrize(
    ("call", "arguments"),
    [("/remember", ("Mình sống ở Huế.",)), ("/speak", ("Xin chào",))],
)
def test_what_cannot_be_written_is_refused_by_name(client, full, key, call, arguments):
    named = {} if call == "/speak" else {"user_key": key}
    with pytest.raises(AppError, match=r"^storage_failed\."):
        client.predict(*arguments, **named, api_name=call)


def test_what_was_remembered_is_still_there(client, full, key):
    (found,) = client.predict("Mình thích ăn gì?", key, api_name="/recall")
    assert found["text"] == LIKES


def test_a_turn_that_would_remember_says_that_it_could_not(client, full, key):
    _, details, _, _ = client.predict("Mình tên là Tâm.", user_key=key, api_name="/chat")
    assert any(code.startswith("storage_failed.") for code in codes(details))
    assert "remembered" not in codes(details)


def test_everything_works_again_when_there_is_room(client, server, key):
    server.disk("full")
    client.predict("Chào bạn", user_key=key, api_name="/chat")
    server.disk("free")
    text, details, wav, mp4 = client.predict("Mình tên là Tâm.", user_key=key, api_name="/chat")
    assert text
    assert wav
    assert mp4
    assert "remembered" in codes(details)
    assert len(client.predict("", key, api_name="/recall")) == 2


def test_deleting_needs_no_room(client, server, full, key):
    client.predict(key, api_name="/delete")
    assert client.predict("Mình thích ăn gì?", key, api_name="/recall") == []
