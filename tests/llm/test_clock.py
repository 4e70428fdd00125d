"""Time, dates, and the days between them."""

from datetime import date, datetime, timedelta

import pytest

from modules.llm.companion.answer import answer as reply
from modules.llm.companion.clock import (
    VIETNAM,
    answer,
    now,
    part_of_day,
    say_date,
    say_time,
)
from modules.messages import Pair, TurnRequest

MOMENT = datetime(2026, 11, 22, 14, 5, tzinfo=VIETNAM)


def test_the_clock_is_vietnams() -> None:
    assert now().utcoffset() == timedelta(hours=7)


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (0, 0, "12 giờ đêm"),
        (3, 30, "3 giờ 30 phút sáng sớm"),
        (9, 0, "9 giờ sáng"),
        (12, 5, "12 giờ 5 phút trưa"),
        (14, 5, "2 giờ 5 phút chiều"),
        (19, 0, "7 giờ tối"),
        (23, 59, "11 giờ 59 phút đêm"),
    ],
)
def test_the_time_is_said_by_its_part_of_the_day(hour: int, minute: int, said: str) -> None:
    assert say_time(MOMENT.replace(hour=hour, minute=minute)) == said


def test_every_hour_has_a_part() -> None:
    parts = {part_of_day(MOMENT.replace(hour=hour)) for hour in range(24)}
    assert parts == {"morning", "noon", "afternoon", "evening", "night"}


def test_a_date_is_said_with_its_weekday() -> None:
    assert say_date(date(2026, 11, 22)) == "Chủ nhật, ngày 22 tháng 11 năm 2026"


@pytest.mark.parametrize(
    ("key", "text", "slots"),
    [
        ("days_until", "còn mấy ngày nữa đến noel", {"days": "33"}),
        ("days_until", "còn mấy ngày tới 20/11/2027", {"days": "363"}),
        ("days_between", "từ 1/1/2027 đến 20/3/2027 có bao nhiêu ngày", {"days": "78"}),
        ("date_other", "ngày mai là thứ mấy", {"date": "thứ Hai, ngày 23 tháng 11 năm 2026"}),
        ("date_other", "100 ngày nữa là ngày nào", {"date": "thứ Ba, ngày 2 tháng 3 năm 2027"}),
        ("weekday_of", "30/4 là thứ mấy", {"weekday": "thứ Sáu"}),
        ("leap_year", "năm 2028 có nhuận không", {"days": "29"}),
        ("leap_year", "năm 2100 có nhuận không", {"days": "28"}),
        ("month_length", "tháng 2 có mấy ngày", {"days": "28"}),
        ("age_of", "sinh năm 1990 thì bao nhiêu tuổi", {"age": "36"}),
    ],
)
def test_questions_are_answered(key: str, text: str, slots: dict[str, str]) -> None:
    found = answer(key, text, MOMENT, bare=False)
    assert found is not None
    assert slots.items() <= found[1].items()


def test_a_day_gone_by_is_not_counted_towards() -> None:
    found = answer("days_until", "còn mấy ngày tới 1/1/2020", MOMENT, bare=False)
    assert found is not None
    assert found[0] == "days_since"


def test_today_is_today() -> None:
    found = answer("days_until", "còn mấy ngày tới 22/11", MOMENT, bare=False)
    assert found is not None
    assert found[0] == "day_is_today"


def test_what_it_cannot_answer_it_leaves() -> None:
    assert answer("days_until", "còn mấy ngày tới ngày ấy", MOMENT, bare=False) is None
    assert answer("age_of", "sinh năm nào", MOMENT, bare=False) is None
    assert answer("greet", "chào", MOMENT, bare=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "hôm nay là ngày bao nhiêu âm lịch?",
        "hom nay la ngay bao nhieu am lich",
        "hôm nay ngày mấy âm vậy em",
        "mai là mùng mấy âm lịch",
        "âm lịch hôm nay là ngày mấy",
        "ngày mai là ngày mấy lịch âm",
        "ngày âm hôm nay là ngày mấy",
    ],
)
def test_who_asks_for_the_lunar_date_is_not_told_the_solar_one(text: str) -> None:
    said = " ".join(reply(TurnRequest(1, text, pair=Pair("em", "anh")), MOMENT))
    assert "2026" not in said
    assert "âm" in said
