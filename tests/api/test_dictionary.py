"""`/dictionary`, called as a notebook calls it."""

import pytest
from gradio_client.exceptions import AppError

EMPTY = {"always": [], "never": {}, "say": {}}
WORDS = {"always": ["trái"], "never": {"khỏe": "mạnh giỏi"}, "say": {"Gương": "gương soi"}}


def test_words_are_kept_read_back_obeyed_and_gone_with_the_user(client, key):
    assert client.predict(None, key, api_name="/dictionary") == EMPTY
    assert client.predict(WORDS, key, api_name="/dictionary") == WORDS
    assert client.predict(None, key, api_name="/dictionary") == WORDS
    said, *_ = client.predict("Bạn khỏe không?", None, None, key, api_name="/chat")
    assert "khỏe" not in said.lower()
    assert client.predict({"always": ["chén"]}, key, api_name="/dictionary") == {
        **EMPTY,
        "always": ["chén"],
    }
    assert client.predict(key, api_name="/delete")["dictionary"] == 1
    assert client.predict(None, key, api_name="/dictionary") == EMPTY


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"sometimes": []}, "invalid_input.unknown_key: There is no key 'words.sometimes'."),
        ({"always": "trái"}, "invalid_input.not_a_list: 'words.always' must be a list."),
        ({"never": {"ok": 3}}, "invalid_input.not_text: 'words.never.ok' must be text."),
        ({"say": {"Huế": " "}}, "invalid_input.empty: 'words.say.Huế' is empty."),
        ([1], "invalid_input.not_an_object: 'words' must be an object"),
    ],
)
def test_what_is_wrong_is_named(client, key, words, code):
    with pytest.raises(AppError) as caught:
        client.predict(words, key, api_name="/dictionary")
    assert code in str(caught.value)
    assert client.predict(None, key, api_name="/dictionary") == EMPTY


def test_without_a_key_nothing_is_kept(client):
    for key, code in ((None, "key_needed"), ("invented", "")):
        with pytest.raises(AppError) as caught:
            client.predict(WORDS, key, api_name="/dictionary")
        assert code in str(caught.value)
