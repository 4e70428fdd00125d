import tomllib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.memory import calendar
from modules.memory.times import TIMES, asked_when
from tests.memory.conftest import rows

VIETNAM = timezone(timedelta(hours=7))
NOW = datetime(2026, 11, 22, 15, 30, tzinfo=VIETNAM)
"""A Sunday afternoon."""
ROWS = rows("times.jsonl")
KEYS = {"hours", "days", "week", "weekday", "month", "year", "season", "part", "first", "ago",
        "date", "month_of"}  # fmt: skip


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize("row", ROWS, ids=[row["say"] for row in ROWS])
def test_the_time_that_a_question_names_is_the_one_that_people_mean(row):
    asked = asked_when(row["say"], NOW)
    if row.get("none"):
        assert asked is None
        return
    assert asked.loose is row.get("loose", False)
    assert asked.first is row.get("first", False)
    if "from" in row:
        assert asked.span == calendar.Span(moment(row["from"]), moment(row["to"]))
    if "phrase" in row:
        assert asked.phrase == row["phrase"]


def test_this_morning_is_yesterday_s_before_today_s_has_begun():
    night = NOW.replace(hour=1)
    asked = asked_when("hồi sáng mình nói gì?", night)
    assert asked.span.start == moment("2026-11-21T04")


def test_a_day_is_the_user_s_day_not_that_of_utc():
    morning = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    here = asked_when("hôm nay mình kể gì?", morning.astimezone(VIETNAM))
    assert here.span.start == moment("2026-11-22")
    assert asked_when("hôm nay mình kể gì?", morning).span.start.day == 21


@pytest.mark.parametrize("say", ["ngày 31 tháng 2 mình kể gì?", "tháng 13 mình kể gì?",
                                 "cách đây 9999 năm mình kể gì?"])  # fmt: skip
def test_a_day_that_never_was_is_asked_about_in_vain(say):
    assert asked_when(say, NOW) is None


@given(st.text(max_size=200))
def test_any_text_may_be_asked(text):
    asked = asked_when(text, NOW)
    assert asked is None or asked.span.start < asked.span.end


@given(
    st.sampled_from([row["say"] for row in ROWS]),
    st.datetimes(datetime(1999, 1, 1), datetime(2090, 1, 1), timezones=st.just(VIETNAM)),
)
def test_whatever_day_it_is_what_is_asked_about_has_begun(say, now):
    asked = asked_when(say, now)
    assert asked is None or asked.span.start <= now


def test_every_row_of_the_table_says_one_thing_and_its_numbers_have_places():
    table = tomllib.loads(TIMES.read_text(encoding="utf-8"))
    phrases = [phrase for row in table["when"] for phrase in row["said"]]
    assert len(phrases) == len(set(phrases))
    for row in table["when"]:
        (meaning,) = KEYS & set(row)
        wanted = {"ago": 1, "date": len(str(row.get("date")).split()),
                  "month_of": len(str(row.get("month_of")).split())}.get(meaning, 0)  # fmt: skip
        for phrase in row["said"]:
            assert phrase.count("#") == wanted or "giêng" in phrase, phrase
            assert ("{weekday}" in phrase) == (meaning == "weekday")
