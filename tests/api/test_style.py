"""`/learn_style` and `/feedback`, called as a notebook calls them."""

import json

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from tests.style.proof import messages


@pytest.fixture
def chat(tmp_path):
    """A chat of two, as Telegram exports it."""
    rows = [
        {"type": "message", "from": who, "from_id": who, "text": text}
        for pair in zip(messages("ha"), messages("bao"), strict=False)
        for who, text in zip(("Hà", "Bảo"), pair, strict=True)
    ]
    path = tmp_path / "result.json"
    path.write_text(json.dumps({"name": "x", "messages": rows}, ensure_ascii=False), "utf-8")
    return handle_file(str(path))


def refused(client, *arguments, api_name):
    with pytest.raises(AppError) as caught:
        client.predict(*arguments, api_name=api_name)
    return str(caught.value)


def test_a_chat_export_becomes_a_profile_and_the_answers_sound_like_it(client, key, chat):
    asked = client.predict(chat, key, None, api_name="/learn_style")
    assert asked["author"] is None
    assert asked["authors"] == {"Hà": 129, "Bảo": 129}
    found = client.predict(chat, key, "Bảo", api_name="/learn_style")
    assert (found["format"], found["messages"], found["learned"]) == ("telegram", 258, 129)
    assert found["profile"]["region"] == "south"
    client.predict("Chào bạn", None, None, key, api_name="/chat")
    said, *_ = client.predict("Mình vừa được tăng lương!", None, None, key, api_name="/chat")
    plain, *_ = client.predict("Mình vừa được tăng lương!", api_name="/chat")
    assert said != plain
    assert said[0].islower()


def test_feedback_is_kept_and_obeyed(client, key):
    said, *_ = client.predict("Cảm ơn bạn nhé", None, None, key, api_name="/chat")
    found = client.predict('đừng nói thế, nói là "chuyện nhỏ mà"', key, api_name="/feedback")
    assert (found["kind"], found["new"]) == ("replace", "chuyện nhỏ mà")
    assert found["old"] and found["old"] in said
    assert client.predict("đừng nói chữ tuyệt vời", key, api_name="/feedback")["kind"] == "avoid"
    assert found["profile"]["replacements"][0]["new"] == "chuyện nhỏ mà"


def test_what_cannot_be_learned_is_refused_with_its_reason(client, key, chat, tmp_path):
    path = tmp_path / "chat.txt"
    wrong = {
        b"PK\x03\x04xx": "archive",
        b"\x00\x01\x02": "not_text_file",
        b'{"messages": [{"from': "cut_off",
        b"{}": "no_messages",
    }
    for content, code in wrong.items():
        path.write_bytes(content)
        error = refused(client, handle_file(str(path)), key, None, api_name="/learn_style")
        assert error.startswith(f"invalid_input.{code}:"), error
    error = refused(client, chat, key, "Nam", api_name="/learn_style")
    assert error.startswith("invalid_input.unknown_author")
    assert "Nam" in error
    error = refused(client, chat, "", "Bảo", api_name="/learn_style")
    assert error.startswith("invalid_input.key_needed")
    assert refused(client, "hôm nay trời đẹp", key, api_name="/feedback").startswith(
        "invalid_input.no_correction"
    )


def test_the_export_is_not_kept_and_the_style_goes_with_the_user(client, server, key, chat):
    client.predict(chat, key, "Bảo", api_name="/learn_style")
    uploads = list(server.data.rglob("result.json"))
    assert uploads == []
    assert client.predict(key, api_name="/delete")["style"] == 3
