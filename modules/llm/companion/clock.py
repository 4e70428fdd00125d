"""Time, dates and the days between them, by Vietnam's clock. The lunar calendar is not computed."""

from __future__ import annotations

import calendar
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from modules.llm.companion.numbers import number_words, read_number, tokens_of
from modules.text import strip_diacritics

VIETNAM = timezone(timedelta(hours=7))
"""Indochina Time; Vietnam has no summer time."""

Answer = tuple[str, dict[str, str]]
"""Key of an entry, and its slots."""

_NUMERIC = re.compile(r"(?<![\d/])(\d{1,2})\s*[/-]\s*(\d{1,2})(?:\s*[/-]\s*(\d{4}))?(?![\d/])")
_YEAR = re.compile(r"(?<!\d)([12]\d{3})(?!\d)")
_RELATIVE = {
    "ngày mai": 1, "mai": 1, "ngày mốt": 2, "mốt": 2, "ngày kia": 2, "hôm qua": -1, "bữa qua": -1,
    "hôm kia": -2, "bữa kia": -2,
}  # fmt: skip


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


def now() -> datetime:
    """Return the time in Vietnam."""
    return datetime.now(VIETNAM)


def part_of_day(moment: datetime) -> str:
    """Return morning, noon, afternoon, evening or night."""
    for until, part in ((4, "night"), (11, "morning"), (13, "noon"), (18, "afternoon")):
        if moment.hour < until:
            return part
    return "evening" if moment.hour < 22 else "night"


def answer(key: str, text: str, moment: datetime, *, bare: bool) -> Answer | None:
    """Return the answer to the question `key` of `skills.toml` in `text`, or None.

    Raises `NoSuchDay` for a date that does not exist.
    """
    skill = _SKILLS.get(key)
    return skill(text.lower(), moment, bare) if skill else None


def say_time(moment: datetime) -> str:
    """Return the time as it is said: "2 giờ 5 phút chiều"."""
    hour, minute = moment.hour, moment.minute
    names = ((1, "đêm"), (4, "sáng sớm"), (11, "sáng"), (13, "trưa"), (18, "chiều"), (22, "tối"))
    part = next((name for until, name in names if hour < until), "đêm")
    twelve = 12 if hour in (0, 12) else hour % 12
    return f"{twelve} giờ{f' {minute} phút' if minute else ''} {part}"


def say_date(day: date) -> str:
    """Return a date with its weekday."""
    return f"{say_weekday(day)}, {say_plain(day)}"


def say_plain(day: date) -> str:
    """Return a date without its weekday."""
    return f"ngày {day.day} tháng {day.month} năm {day.year}"


def say_weekday(day: date) -> str:
    """Return the weekday's name."""
    names: list[str] = _calendar()["weekdays"]
    return names[day.weekday()]


def find_date(text: str, today: date, *, bare: bool) -> tuple[date, str] | None:
    """Return the first date in `text` and its name ("" for none); without a year, the next one.

    Raises `NoSuchDay`.
    """
    if match := _NUMERIC.search(text):
        day, month, year = (int(part) if part else 0 for part in match.groups())
        return _coming(day, month, year, today), ""
    if found := _in_words(text, bare=bare):
        return _coming(*found, today), ""
    for entry in _calendar()["days"]:
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


def _holds(text: str, phrase: str, *, bare: bool) -> bool:
    phrase = strip_diacritics(phrase) if bare else phrase
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None


@lru_cache(maxsize=1)
def _calendar() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("calendar.toml").read_text(encoding="utf-8"))


# --- one function per question --------------------------------------------------------------------


def _time_now(text: str, moment: datetime, bare: bool) -> Answer:
    return "time_now", {"time": say_time(moment)}


def _date_today(text: str, moment: datetime, bare: bool) -> Answer:
    return "date_today", {"date": say_date(moment.date())}


def _date_other(text: str, moment: datetime, bare: bool) -> Answer | None:
    if (supposed := _supposed(text)) is not None:
        return _from_supposed(text, supposed, bare=bare)
    for name, days in _RELATIVE.items():
        if _holds(text, name, bare=bare):
            day = moment.date() + timedelta(days=days)
            return "date_other", {"when": name, "date": say_date(day)}
    count = _days_away(text, bare=bare)
    if count is None:
        return None
    day = moment.date() + timedelta(days=count)
    return "date_other", {"when": _away(count), "date": say_date(day)}


def _days_away(text: str, *, bare: bool) -> int | None:
    """Read "10 ngày nữa" as 10 and "ba ngày trước" as -3."""
    tokens, words = tokens_of(text), number_words(bare)
    for at in range(len(tokens)):
        found = read_number(tokens, at, words)
        after = tokens[found[1] : found[1] + 2] if found else []
        if found and len(after) == 2 and strip_diacritics(after[0]) == "ngay" and found[0] < 40_000:
            past = strip_diacritics(after[1]) == "truoc"
            return -int(found[0]) if past else int(found[0])
    return None


def _away(count: int) -> str:
    return f"{abs(count)} ngày {'trước' if count < 0 else 'nữa'}"


def _supposed(text: str) -> int | None:
    """Read "nếu hôm nay là thứ hai" as the days from Monday to that day."""
    match = _SUPPOSED.search(strip_diacritics(text))
    if match is None:
        return None
    said = " ".join(match["day"].split())
    return next(at for at, names in enumerate(_WEEKDAYS) if said in names)


def _from_supposed(text: str, weekday: int, *, bare: bool) -> Answer | None:
    days = next((n for name, n in _RELATIVE.items() if _holds(text, name, bare=bare)), None)
    count = _days_away(text, bare=bare)
    count = days if count is None else count
    if count is None:
        return None
    away = next((name for name, n in _RELATIVE.items() if n == count), _away(count))
    found = date(2024, 1, 1 + (weekday + count) % 7)  # that 1st of January was a Monday
    today = say_weekday(date(2024, 1, 1 + weekday))
    slots = {"supposed": today, "when": away, "weekday": say_weekday(found)}
    return "weekday_supposed", slots


def _weekday_of(text: str, moment: datetime, bare: bool) -> Answer | None:
    found = find_date(text, moment.date(), bare=bare)
    if found is None:
        return None
    slots = {
        "date_plain": say_plain(found[0]).removeprefix("ngày "),
        "weekday": say_weekday(found[0]),
    }
    return "weekday_of", slots


def _days_until(text: str, moment: datetime, bare: bool) -> Answer | None:
    found = find_date(text, moment.date(), bare=bare)
    if found is None:
        return None
    day, name = found
    days = (day - moment.date()).days
    target = name or say_plain(day)
    if days <= 0:
        return ("day_is_today", {"target": target}) if days == 0 else _since(-days, target)
    return "days_until", {"days": str(days), "target": target}


def _since(days: int, target: str) -> Answer:
    return "days_since", {"days": str(days), "target": target}


def _days_between(text: str, moment: datetime, bare: bool) -> Answer | None:
    head, mark, tail = text.partition(" den " if bare else " đến ")
    if not mark:
        head, mark, tail = text.partition(" toi " if bare else " tới ")
    first = find_date(head, moment.date(), bare=bare)
    second = find_date(tail, first[0] if first else moment.date(), bare=bare)
    if first is None or second is None:
        return None
    slots = {
        "first": say_plain(first[0]),
        "second": say_plain(second[0]),
        "days": str(abs((second[0] - first[0]).days)),
    }
    return "days_between", slots


def _year_now(text: str, moment: datetime, bare: bool) -> Answer:
    return "year_now", {"year": str(moment.year)}


def _month_length(text: str, moment: datetime, bare: bool) -> Answer | None:
    tokens, words = tokens_of(text), number_words(bare)
    month = moment.month
    word = "thang" if bare else "tháng"
    if word in tokens and (found := read_number(tokens, tokens.index(word) + 1, words)):
        month = int(found[0])
    if not 1 <= month <= 12:
        return None
    days = calendar.monthrange(moment.year, month)[1]
    return "month_length", {"month": f"tháng {month} năm {moment.year}", "days": str(days)}


def _leap_year(text: str, moment: datetime, bare: bool) -> Answer:
    match = _YEAR.search(text)
    year = int(match[1]) if match else moment.year
    leap = calendar.isleap(year)
    slots = {"year": str(year), "leap": "là" if leap else "không phải", "days": str(28 + leap)}
    return "leap_year", slots


def _age_of(text: str, moment: datetime, bare: bool) -> Answer | None:
    match = _YEAR.search(text)
    if match is None or not 0 <= moment.year - int(match[1]) <= 130:
        return None
    return "age_of", {"year": match[1], "age": str(moment.year - int(match[1]))}


_SKILLS: Mapping[str, Callable[[str, datetime, bool], Answer | None]] = {
    "time_now": _time_now,
    "date_today": _date_today,
    "date_other": _date_other,
    "weekday_of": _weekday_of,
    "days_until": _days_until,
    "days_between": _days_between,
    "year_now": _year_now,
    "month_length": _month_length,
    "leap_year": _leap_year,
    "age_of": _age_of,
}
QUESTIONS = frozenset(_SKILLS)
"""Entries whose slots only a date can fill."""
