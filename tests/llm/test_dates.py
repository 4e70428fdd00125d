"""Dates as they are told."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.llm.companion.dates import NoSuchDay, find_date
from modules.text import strip_diacritics

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20/11/2026", date(2026, 11, 20)),
        ("2/9", date(2027, 9, 2)),
        ("ngày 20 tháng 11", date(2027, 11, 20)),
        ("ngày 20 tháng 11 năm 2026", date(2026, 11, 20)),
        ("ngày hai mươi tháng mười hai", date(2026, 12, 20)),
        ("noel", date(2026, 12, 25)),
        ("cuối năm", date(2026, 12, 31)),
        ("cuối tháng", date(2026, 11, 30)),
        ("cuối tuần", date(2026, 11, 28)),
        ("năm mới", date(2027, 1, 1)),
        ("22/11", date(2026, 11, 22)),
        ("29/2", date(2028, 2, 29)),
        ("hôm nọ", None),
        ("0912/345/678", None),
    ],
)
def test_dates_are_found_and_lie_ahead(text: str, found: date | None) -> None:
    result = find_date(text, TODAY, bare=False)
    assert (result[0] if result else None) == found
    bare = find_date(strip_diacritics(text), TODAY, bare=True)
    assert (bare[0] if bare else None) == found


@pytest.mark.parametrize("text", ["31/4", "ngày 30 tháng 2", "12/13", "0/5"])
def test_a_day_that_does_not_exist_is_told(text: str) -> None:
    with pytest.raises(NoSuchDay):
        find_date(text, TODAY, bare=False)


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)))
def test_every_written_date_is_found(day: date) -> None:
    found = find_date(f"ngày {day.day}/{day.month}/{day.year}", TODAY, bare=False)
    assert found is not None
    assert found[0] == day
