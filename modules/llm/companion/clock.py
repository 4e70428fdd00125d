"""What is asked of time, dates and the days between them, answered by Vietnam's clock.

The lunar calendar is not computed.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone

from modules.llm.companion.dates import (
    RELATIVE,
    calendar_table,
    counted_days,
    find_date,
    named_day,
    supposed_weekday,
)
from modules.llm.companion.numbers import number_words, read_number, tokens_of

VIETNAM = timezone(timedelta(hours=7))
"""Indochina Time; Vietnam has no summer time."""

Answer = tuple[str, dict[str, str]]
"""Key of an entry, and its slots."""

_LUNAR = re.compile(
    r"(?<!\w)(?:(?:âm|am) (?:lịch|lich)|(?:lịch|ngày|tháng|lich|ngay|thang) (?:âm|am|ta)"
    r"|(?:mấy|nhiêu|gì|nào|may|nhieu|gi|nao)"
    r"(?: (?:theo|bên|ben))?(?: (?:lịch|lich))? (?:âm|am))(?!\w)"
)
_YEAR = re.compile(r"(?<!\d)([12]\d{3})(?!\d)")


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

    What asks for the lunar calendar is not answered by the solar one. Raises `dates.NoSuchDay` for
    a date that does not exist.
    """
    skill = None if _LUNAR.search(text.lower()) else _SKILLS.get(key)
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
    names: list[str] = calendar_table()["weekdays"]
    return names[day.weekday()]


# --- one function per question --------------------------------------------------------------------


def _time_now(text: str, moment: datetime, bare: bool) -> Answer:
    return "time_now", {"time": say_time(moment)}


def _date_today(text: str, moment: datetime, bare: bool) -> Answer:
    return "date_today", {"date": say_date(moment.date())}


def _date_other(text: str, moment: datetime, bare: bool) -> Answer | None:
    if (supposed := supposed_weekday(text)) is not None:
        return _from_supposed(text, supposed, bare=bare)
    if (named := named_day(text, bare=bare)) is not None:
        day = moment.date() + timedelta(days=named[1])
        return "date_other", {"when": named[0], "date": say_date(day)}
    count = counted_days(text, bare=bare)
    if count is None:
        return None
    day = moment.date() + timedelta(days=count)
    return "date_other", {"when": _away(count), "date": say_date(day)}


def _away(count: int) -> str:
    return f"{abs(count)} ngày {'trước' if count < 0 else 'nữa'}"


def _from_supposed(text: str, weekday: int, *, bare: bool) -> Answer | None:
    count = counted_days(text, bare=bare)
    if count is None:
        named = named_day(text, bare=bare)
        if named is None:
            return None
        count = named[1]
    away = next((name for name, days in RELATIVE.items() if days == count), _away(count))
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
