"""Dates and days as they are told: "20/11", "ngày hai mươi tháng mười", "ba ngày nữa", "noel"."""

from __future__ import annotations

import calendar
import re
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from modules.llm.companion.numbers import number_words, read_number, tokens_of
from modules.text import strip_diacritics

RELATIVE = {
    "ngày mai": 1, "mai": 1, "ngày mốt": 2, "mốt": 2, "ngày kia": 2, "hôm qua": -1, "bữa qua": -1,
    "hôm kia": -2, "bữa kia": -2,
}  # fmt: skip
"""Days from today."""
_NUMERIC = re.compile(r"(?<![\d/])(\d{1,2})\s*[/-]\s*(\d{1,2})(?:\s*[/-]\s*(\d{4}))?(?![\d/])")
_SUPPOSED = re.compile(
    r"(?:neu|gia su|vi du|cho la|coi nhu)\s+(?:hom nay|bua nay|nay)\s+(?:la\s+)?"
    r"(?P<day>thu\s+(?:hai|ba|tu|nam|sau|bay|[2-7])|chu nhat)(?!\w)"
)
_WEEKDAYS = (
    ("thu hai", "thu 2"), ("thu ba", "thu 3"), ("thu tu", "thu 4"), ("thu nam", "thu 5"),
    ("thu sau", "thu 6"), ("thu bay", "thu 7"), ("chu nhat",),
)  # fmt: skip


class NoSuchDay(ValueError):
    """The 31st of April, say."""


def find_date(text: str, today: date, *, bare: bool) -> tuple[date, str] | None:
    """Return the first date in `text` and its name ("" for none); without a year, the next one.

    Raises `NoSuchDay`.
    """
    if match := _NUMERIC.search(text):
        day, month, year = (int(part) if part else 0 for part in match.groups())
        return _coming(day, month, year, today), ""
    if found := _in_words(text, bare=bare):
        return _coming(*found, today), ""
    for entry in calendar_table()["days"]:
        if any(_holds(text, name, bare=bare) for name in entry["also"]):
            return _coming(entry["day"], entry["month"], 0, today), entry["name"]
    if _holds(text, "cuối tháng", bare=bare) or _holds(text, "hết tháng", bare=bare):
        last = calendar.monthrange(today.year, today.month)[1]
        return today.replace(day=last), "cuối tháng"
    if _holds(text, "cuối tuần", bare=bare):
        return today + timedelta(days=(5 - today.weekday()) % 7), "thứ Bảy này"
    return None


def _in_words(text: str, *, bare: bool) -> tuple[int, int, int] | None:
    """Read "ngày 20 tháng 11 năm 2026" and "hai mươi tháng mười một" as day, month, year or 0."""
    tokens, words = tokens_of(text), number_words(bare)
    month_word, year_word = ("thang", "nam") if bare else ("tháng", "năm")
    for at, token in enumerate(tokens):
        if token != month_word or at == 0:
            continue
        month = read_number(tokens, at + 1, words)
        starts = range(max(0, at - 3), at)
        days = (read_number(tokens, start, words) for start in starts)
        day = next((found[0] for found in days if found and found[1] == at), None)
        if month is None or day is None:
            continue
        year = 0
        if tokens[month[1] : month[1] + 1] == [year_word]:
            given = read_number(tokens, month[1] + 1, words)
            year = int(given[0]) if given else 0
        return int(day), int(month[0]), year
    return None


def _coming(day: int, month: int, year: int, today: date) -> date:
    try:
        found = date(year or today.year, month, day)
        if not year and found < today:
            found = date(today.year + 1, month, day)
    except ValueError:
        if (day, month) == (29, 2) and not year:
            return _next_leap_day(today)
        raise NoSuchDay from None
    return found


def _next_leap_day(today: date) -> date:
    year = next(year for year in range(today.year, today.year + 9) if calendar.isleap(year))
    return date(year, 2, 29)


def named_day(text: str, *, bare: bool) -> tuple[str, int] | None:
    """Return the first of `RELATIVE` in `text`, as its name and its days from today."""
    return next((each for each in RELATIVE.items() if _holds(text, each[0], bare=bare)), None)


def counted_days(text: str, *, bare: bool) -> int | None:
    """Read "10 ngày nữa" as 10 and "ba ngày trước" as -3."""
    tokens, words = tokens_of(text), number_words(bare)
    for at in range(len(tokens)):
        found = read_number(tokens, at, words)
        after = tokens[found[1] : found[1] + 2] if found else []
        if found and len(after) == 2 and strip_diacritics(after[0]) == "ngay" and found[0] < 40_000:
            past = strip_diacritics(after[1]) == "truoc"
            return -int(found[0]) if past else int(found[0])
    return None


def supposed_weekday(text: str) -> int | None:
    """Read "nếu hôm nay là thứ hai" as the days from Monday to that day."""
    match = _SUPPOSED.search(strip_diacritics(text))
    if match is None:
        return None
    said = " ".join(match["day"].split())
    return next(at for at, names in enumerate(_WEEKDAYS) if said in names)


def _holds(text: str, phrase: str, *, bare: bool) -> bool:
    phrase = strip_diacritics(phrase) if bare else phrase
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None


@lru_cache(maxsize=1)
def calendar_table() -> Mapping[str, Any]:
    """Return `calendar.toml`: the names of the weekdays, and the days that have a name."""
    return tomllib.loads(Path(__file__).with_name("calendar.toml").read_text(encoding="utf-8"))
