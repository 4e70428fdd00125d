"""When something was told, as a question names it: "hôm trước em kể gì?". Phrases: `times.toml`.

Pure: the same question at the same moment gives the same stretch of time. The moment's time zone
is the user's.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from modules.memory import calendar
from modules.memory.calendar import NoSuchTime, Span
from modules.memory.wording import fold, is_bare, words

TIMES = Path(__file__).with_name("times.toml")

LONGEST = 40
"""Words of the longest question that is looked at."""
_DATE = re.compile(r"(?<![\d/.-])(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?(?![\d/-])")
_MONTH = re.compile(r"(?<=tháng )(\d{1,2})[/.-](\d{4})(?!\d)", re.IGNORECASE)
_PIECE = re.compile(r"\s*(\{weekday\}|\)\??|[(|#]|[^\s(|){}#]+)")
_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for what was told at some time, and which: `phrase` as the user says it."""

    phrase: str
    span: Span
    loose: bool = False
    """The phrase is vague: where nothing was told then, the latest before it is meant."""
    first: bool = False
    """The oldest is meant, not the latest."""


def asked_when(utterance: str, now: datetime) -> Asked | None:
    """Return the time of which an utterance asks what was told then; None where it does not.

    `now` has the user's time zone. Any string is allowed.
    """
    tokens = words(_spelled_out(utterance))
    if not 2 <= len(tokens) <= LONGEST:
        return None
    table = _table(bare=is_bare(tokens))
    text = " ".join(tokens) + " "
    asks = table.verbs.search(text) and (table.questions.search(text) or "?" in utterance)
    if not asks or table.never.search(text):
        return None
    return _asked(table, text, now)


def _asked(table: _Table, text: str, now: datetime) -> Asked | None:
    for row, match in table.matches(text):
        try:
            span = _span(table, row, match, now)
        except NoSuchTime:
            return None
        if span is None or span.start > now:
            continue
        within = bool(row.get("within"))
        phrase, span = _narrowed(table, text, match, span, now, within=within)
        return Asked(phrase, span, bool(row.get("loose")), bool(row.get("first")))
    return None


def _span(table: _Table, row: dict[str, Any], match: re.Match[str], now: datetime) -> Span | None:
    """Return what a row means with the numbers that were said."""
    numbers = [table.number(said) for said in match.groups() if said]
    piece = row.get("piece", "")
    if "hours" in row:
        return calendar.hours(now, row["hours"])
    if "days" in row:
        return calendar.days(now, tuple(row["days"]))
    if "week" in row:
        return calendar.week(now, row["week"], piece)
    if "weekday" in row:
        return calendar.weekday(now, numbers[0], row["weekday"])
    if "month" in row:
        return calendar.month(now, row["month"], piece)
    if "year" in row:
        return calendar.year(now, now.year - row["year"], piece)
    if "season" in row:
        return calendar.season(now, tuple(row["season"]))
    if "part" in row:
        found = table.part_in(match.group())
        return calendar.part(now, found or table.parts[-1][1])
    if row.get("first"):
        return Span(_LONG_AGO, now)
    return _numbered(row, numbers, match, table, now)


def _numbered(
    row: dict[str, Any], numbers: list[int], match: re.Match[str], table: _Table, now: datetime
) -> Span | None:
    if "ago" in row:
        return _ago(now, row["ago"], numbers[0])
    if "month_of" in row:
        found = numbers or [table.number(match.group().split()[-1])]
        given = found[1] if len(found) > 1 else None
        if "year_back" in row:
            given = now.year - row["year_back"]
        return calendar.month_of(now, found[0], given)
    if row["date"] == "year":
        return calendar.year(now, numbers[0]) if numbers[0] > 1900 else None
    if "month_back" in row:
        start = calendar.month(now, row["month_back"]).start
        return calendar.day(now, numbers[0], start.month, start.year)
    return calendar.day(now, *numbers)


def _ago(now: datetime, unit: str, count: int) -> Span:
    if count > 5_000:
        raise NoSuchTime
    if unit == "hour":
        return calendar.hours(now, count + 1)
    if unit == "day":
        return calendar.days(now, (count, count))
    if unit == "week":
        return calendar.week(now, count)
    if unit == "month":
        return calendar.month(now, count)
    return calendar.year(now, now.year - count)


def _narrowed(
    table: _Table, text: str, match: re.Match[str], span: Span, now: datetime, *, within: bool
) -> tuple[str, Span]:
    """Take the part of a day that is named right before it, or (`within`) by the phrase itself:
    "sáng hôm qua", "tối qua".
    """
    phrase, before = match.group().strip(), text[: match.start()].rstrip()
    one_day = span.end - span.start == calendar.DAY
    for name, clock in table.parts if one_day else ():
        if within and phrase.startswith(name):
            return phrase, calendar.part_of(span, clock)
        if re.search(rf"(?<!\S){re.escape(name)}$", before):
            narrow = calendar.part_of(span, clock)
            return f"{name} {phrase}", narrow if narrow.start <= now else span
    return phrase, span


def _spelled_out(utterance: str) -> str:
    """Return the text with its dates in words: "20/11" is "ngày 20 tháng 11"."""
    text = _MONTH.sub(r"\1 năm \2", utterance)

    def spelled(match: re.Match[str]) -> str:
        number, month, year = match.groups()
        full = f"20{year}" if year and len(year) == 2 else year
        return f" {number} tháng {month}{f' năm {full}' if full else ''} "

    return _DATE.sub(spelled, text)


class _Table:
    """What `times.toml` says, for text with marks or without any."""

    def __init__(self, table: dict[str, Any], *, bare: bool) -> None:
        self._bare = bare
        self._numbers = {self._fold(name): value for name, value in table["numbers"].items()}
        self._weekdays = {self._fold(name): value for name, value in table["weekdays"].items()}
        named = sorted(table["parts"].items(), key=lambda part: -len(part[0]))
        self.parts = [(self._fold(name), (first, last)) for name, (first, last) in named]
        self.verbs, self.questions, self.never = (
            self._any(table["asks"][name]) for name in ("verbs", "questions", "never")
        )
        self._rows = [(row, self._any(row["said"])) for row in table["when"]]

    def matches(self, text: str) -> list[tuple[dict[str, Any], re.Match[str]]]:
        """Return the rows found in a text, the longest phrase first."""
        found = [(row, match) for row, pattern in self._rows for match in pattern.finditer(text)]
        return sorted(found, key=lambda each: -len(each[1].group()))

    def number(self, said: str) -> int:
        """Return what a number or a day of the week stands for."""
        if said.isdecimal():
            return int(said)
        found: int = self._weekdays.get(said, self._numbers.get(said, 0))
        return found

    def part_in(self, said: str) -> tuple[int, int] | None:
        """Return the hours of the part of the day that is named."""
        return next((clock for name, clock in self.parts if name in said), None)

    def _fold(self, text: str) -> str:
        return fold(text) if self._bare else " ".join(words(text))

    def _any(self, phrases: list[str]) -> re.Pattern[str]:
        longest_first = sorted(phrases, key=len, reverse=True)
        either = "|".join(self._pattern(phrase) for phrase in longest_first)
        return re.compile(rf"(?<!\S)(?:{either})")

    def _pattern(self, phrase: str) -> str:
        """Return a phrase as a regular expression over words that each end with a space."""
        made = ""
        for piece in _PIECE.findall(phrase):
            if piece == "#":
                made += rf"({'|'.join(sorted(self._numbers, key=len, reverse=True))}|\d{{1,4}}) "
            elif piece == "{weekday}":
                made += f"({'|'.join(self._weekdays)}) "
            elif piece == "(":
                made += "(?:"
            elif piece in ("|", ")", ")?"):
                made += piece
            else:
                made += re.escape(self._fold(piece)) + " "
        return made


@lru_cache(maxsize=2)
def _table(*, bare: bool) -> _Table:
    return _Table(tomllib.loads(TIMES.read_text(encoding="utf-8")), bare=bare)
