"""Stretches of time as people name them, seen from a moment: last week, in October, this morning.

Pure functions of (numbers, now); what is meant is the past, so a month or a day that is still to
come is the last one before now.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

DAY = timedelta(days=1)
_THIRD = 10
"""Days of a month that its beginning, middle and end have each."""
_PIECES_OF_WEEK = {"start": (0, 2), "middle": (2, 5), "end": (5, 7)}


class NoSuchTime(ValueError):
    """The 30th of February, month 13, or a year of long ago."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to `end`, the latter not included; both with a time zone."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Tell whether a moment lies in it."""
        return self.start <= moment < self.end


def days(now: datetime, back: tuple[int, int]) -> Span:
    """Return whole days, from `back[0]` days ago to `back[1]` days ago, both included."""
    today = now.date()
    return _span(now, today - back[0] * DAY, today - (back[1] - 1) * DAY)


def hours(now: datetime, count: int) -> Span:
    """Return the last hours."""
    return Span(now - timedelta(hours=count), now + timedelta(seconds=1))


def week(now: datetime, back: int, piece: str = "") -> Span:
    """Return a week from Monday to Sunday, or its start, middle or end."""
    monday = now.date() - (now.weekday() + 7 * back) * DAY
    first, last = _PIECES_OF_WEEK.get(piece, (0, 7))
    return _span(now, monday + first * DAY, monday + last * DAY)


def weekday(now: datetime, day: int, back: int) -> Span:
    """Return a day of the week (0 is Monday) `back` weeks ago, or for -1 the last before today."""
    ago = now.weekday() - day + 7 * back if back >= 0 else (now.weekday() - day) % 7 or 7
    return days(now, (ago, ago))


def month(now: datetime, back: int, piece: str = "") -> Span:
    """Return a month, or a third of it."""
    months = now.year * 12 + now.month - 1 - back
    return _month(now, months // 12, months % 12 + 1, piece)


def month_of(now: datetime, number: int, year: int | None = None) -> Span:
    """Return a month by its number, without a year the last one that has begun."""
    return _month(now, year or now.year - (number > now.month), number, "")


def year(now: datetime, number: int, piece: str = "") -> Span:
    """Return a year, or its first or last quarter."""
    first, last = {"start": (1, 4), "end": (10, 13)}.get(piece, (1, 13))
    stop = _date(number + 1, 1, 1) if last > 12 else _date(number, last, 1)
    return _span(now, _date(number, first, 1), stop)


def day(now: datetime, number: int, month: int | None = None, year: int | None = None) -> Span:
    """Return a day by its number, without month and year the last one that has begun."""
    if month is None:
        start = now.date().replace(day=1)
        for _ in range(3):  # the 31st may be two months back
            if number <= calendar.monthrange(start.year, start.month)[1]:
                found = _date(start.year, start.month, number)
                if found <= now.date():
                    return _span(now, found, found + DAY)
            start = (start - DAY).replace(day=1)
        raise NoSuchTime
    found = _date(year or now.year, month, number)
    if year is None and found > now.date():
        found = _date(now.year - 1, month, number)
    return _span(now, found, found + DAY)


def season(now: datetime, bounds: tuple[int, int, int, int]) -> Span:
    """Return the stretch from one day of the year to another, the last one that has begun."""
    first_month, first_day, last_month, last_day = bounds
    start = _date(now.year, first_month, first_day)
    if start > now.date():
        start = _date(now.year - 1, first_month, first_day)
    stop = _date(start.year + (last_month < first_month), last_month, last_day)
    return _span(now, start, stop + DAY)


def part(now: datetime, clock: tuple[int, int]) -> Span:
    """Return a part of the day (hours from and to), the last one that has begun."""
    span = part_of(days(now, (0, 0)), clock)
    return span if span.start <= now else part_of(days(now, (1, 1)), clock)


def part_of(day: Span, clock: tuple[int, int]) -> Span:
    """Return a part of a day."""
    first, last = (timedelta(hours=hour) for hour in clock)
    return Span(day.start + first, day.start + last)


def _month(now: datetime, year: int, number: int, piece: str) -> Span:
    start = _date(year, number, 1)
    length = calendar.monthrange(start.year, start.month)[1]
    first, last = {"start": (0, _THIRD), "middle": (_THIRD, 2 * _THIRD),
                   "end": (2 * _THIRD, length)}.get(piece, (0, length))  # fmt: skip
    return _span(now, start + first * DAY, start + last * DAY)


def _span(now: datetime, first: date, after: date) -> Span:
    return Span(*(datetime.combine(each, time(), now.tzinfo) for each in (first, after)))


def _date(year: int, month: int, number: int) -> date:
    try:
        return date(year, month, number)
    except (ValueError, OverflowError) as error:
        raise NoSuchTime from error
