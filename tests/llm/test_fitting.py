"""What was told already is not asked for, and a follow-up question knows when it happens."""

import pytest

from modules.llm.companion.answer import answer
from modules.llm.companion.book import book
from modules.llm.companion.fitting import fitting, fitting_data
from modules.llm.companion.hearing import hear, hearing_data
from modules.llm.companion.patterns import compile_patterns
from modules.messages import Line, Pair, TurnRequest
from modules.text import strip_diacritics
from tests.llm.test_dialogues import EVENING

PAST = ("em mới đi Đà Lạt về", "hôm qua mình đi Huế về", "tuần trước em đi Sa Pa vui lắm")
COMING = ("mai em đi Đà Lạt", "tuần sau mình đi Huế chơi", "em sắp đi Phú Quốc")


def said(text: str, turns: int = 0) -> str:
    before = tuple(
        line for n in range(turns) for line in (Line("user", f"{n}"), Line("assistant", f"Dạ {n}."))
    )
    return " ".join(answer(TurnRequest(1, text, history=before, pair=Pair("anh", "em")), EVENING))


@pytest.mark.parametrize("text", PAST)
def test_who_is_back_is_not_asked_what_they_look_forward_to(text: str) -> None:
    for each in (text, strip_diacritics(text)):
        for turns in range(4):
            assert not any(part in said(each, turns) for part in ("mong nhất", "chuẩn bị"))


@pytest.mark.parametrize("text", COMING)
def test_who_has_not_left_yet_is_not_asked_how_it_was(text: str) -> None:
    for each in (text, strip_diacritics(text)):
        for turns in range(4):
            never = ("uyến ấy", "bắt đầu từ bao giờ", "nhớ nhất điều gì ở đó", "vui nhất")
            assert not any(part in said(each, turns) for part in never), said(each, turns)


def test_what_was_told_is_not_asked_for() -> None:
    asked = ("chuyến ấy {you} đi với ai?", "ở đó có gì vui?")
    assert fitting(asked, hear("em đi với tụi bạn cùng lớp")) == [asked[1]]
    assert fitting(asked, hear("em đi hôm qua")) == list(asked)
    assert fitting(asked[:1], hear("em đi với má")) == asked[:1], "better than nothing at all"


def test_each_list_is_a_pattern_and_each_part_is_of_some_template() -> None:
    data = fitting_data()
    tables = [data["past"], data["coming"], *data["told"].values()]
    written = [
        text
        for entry in book().entries.values()
        for text in (*entry.say, *entry.stay, *entry.ask, *entry.me)
    ]
    for table in tables:
        assert compile_patterns(table["when"], hearing_data()["classes"])
        assert any(part in text for part in table["never"] for text in written), table["never"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("nếu hôm nay là thứ hai thì 10 ngày nữa là thứ mấy", "thứ Năm"),
        ("giả sử hôm nay thứ 6 thì ngày mai là thứ mấy", "thứ Bảy"),
        ("nếu hôm nay là chủ nhật thì hôm qua là thứ mấy", "thứ Bảy"),
        ("nếu hôm nay là thứ tư thì 3 ngày trước là thứ mấy", "Chủ nhật"),
    ],
)
def test_days_are_counted_from_the_day_that_is_supposed(text: str, day: str) -> None:
    assert day.lower() in said(text, 1).lower()
    assert day.lower() in said(strip_diacritics(text), 1).lower()
