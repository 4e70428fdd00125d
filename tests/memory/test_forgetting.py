import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.memory import is_forget_request
from modules.memory.wording import words
from tests.memory.conftest import rows


def plain(text):
    return text and " ".join(words(text))


@pytest.mark.parametrize(
    ("said", "query"),
    [(row["say"], row["query"]) for row in rows("forget.jsonl")],
    ids=[row["say"] for row in rows("forget.jsonl")],
)
def test_a_request_to_forget_is_told_from_everything_else(said, query):
    assert plain(is_forget_request(said)) == plain(query)


@pytest.mark.parametrize(
    "said",
    [
        "Quên đi em",
        "Quên chuyện học hành đi mà chơi",
        "Em đừng nhớ nhung nữa",
        "Đừng nhớ em nhiều nữa",
        "Chị quên hết mọi chuyện rồi",
        "Quên tất cả đi mà sống",
        "Xóa hết đi",
        "Bạn quên chuyện đó đi được không",
        "Mình quên hết rồi. Quên hết đi.",
        "",
    ],
)
def test_consolation_and_figures_of_speech_forget_nothing(said):
    assert is_forget_request(said) is None


@given(st.text())
def test_any_text_is_allowed(said):
    is_forget_request(said)
