import pytest

from modules.messages import Line, Pair
from modules.persona import rewrite_history


def rewritten(text: str, old: Pair, new: Pair) -> str:
    return rewrite_history([Line("assistant", text)], old, new)[0].text


@pytest.mark.parametrize(
    ("text", "old", "new", "after"),
    [
        ("Mình nghĩ bạn nên nghỉ.", Pair(), Pair("em", "chị"), "Em nghĩ chị nên nghỉ."),
        ("Dạ, em chào anh ạ.", Pair("em", "anh"), Pair("chị", "em"), "Chị chào em."),
        ("Mẹ anh khỏe không?", Pair("em", "anh"), Pair("cháu", "bác"), "Mẹ bác khỏe không?"),
        ("Anh ấy nhớ anh.", Pair("em", "anh"), Pair("em", "chị"), "Anh ấy nhớ chị."),
        ("Em bé của anh ngoan.", Pair("em", "anh"), Pair("cô", "cháu"), "Em bé của cháu ngoan."),
        ("Chị Hằng nhắn chị.", Pair("em", "chị"), Pair("em", "anh"), "Chị Hằng nhắn anh."),
    ],
)
def test_what_the_assistant_said_is_put_into_the_new_pair(
    text: str, old: Pair, new: Pair, after: str
) -> None:
    assert rewritten(text, old, new) == after


def test_the_users_lines_and_an_unchanged_pair_stay_as_they_are() -> None:
    lines = (Line("user", "Mình mệt quá."), Line("assistant", "Mình đây bạn."))
    assert rewrite_history(lines, Pair(), Pair("em", "anh"))[0] == lines[0]
    assert rewrite_history(lines, Pair(), Pair()) == lines
