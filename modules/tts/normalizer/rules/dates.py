"""Days, months and years: 2/9/2025, 02-09-2025, 2025-09-02, 30/4, 12/2024."""

from __future__ import annotations

import re

from modules.tts.normalizer.context import Context, Rule

LISTED = 5
"""Characters between dates of one list: "30-4, 1-5", "30/4 và 1/5"."""
LAST_DAY = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
HOLIDAYS = frozenset(
    {
        (1, 1), (14, 2), (8, 3), (10, 3), (26, 3), (30, 4), (1, 5), (1, 6), (27, 7), (19, 8),
        (2, 9), (10, 10), (20, 10), (20, 11), (22, 12), (24, 12), (25, 12),
    }
)  # fmt: skip
"""Days that need no other sign to be understood as such."""
SUM_NEXT = re.compile(r"\s?[+=×*]\s?\d")
DAY_TO_DAY = re.compile(
    r"\s(?:đến|tới)\s(?:hết\s)?\d{1,2}-\d{1,2}(?![\d.,-])"
    r"(?!\s(?:ngày|năm|tháng|tuần|giờ|người|lần)\b)"
)
"""The rest of "từ 1-5 đến 10-5"."""
END = r"(?![^\W_])(?![/.,-]\d)"
DAY_END = r"(?![^\W_])(?![/.,]\d)(?!-\d(?!\d?[/.]\d))"
"""A day may be followed by a dash and another day: "30/4-1/5"."""


def is_day(day: str, month: str) -> bool:
    """Return whether a day and a month, given as digits, make a date."""
    return 1 <= int(month) <= 12 and 1 <= int(day) <= LAST_DAY[int(month) - 1]


def read_day(day: str, month: str, context: Context, at: int, end: int, full: bool = False) -> str:
    """Read a day and a month; "ngày" is added where a reader would add it."""
    lunar = context.after(end, 2) == ["âm", "lịch"]
    name = f"{context.numerals.cardinal(day)} tháng {read_month(month, context, lunar)}"
    if context.kind == "range" or context.cued(at, "has_day"):
        return name
    return f"ngày {name}" if full or context.cued(at, "wants_day") else name


def read_month(month: str, context: Context, lunar: bool = False) -> str:
    """Read a month's number: four is "tư"; by the moon the first is "giêng", the last "chạp"."""
    number = int(month)
    if lunar and number in (1, 12):
        return "giêng" if number == 1 else "chạp"
    return "tư" if number == 4 else context.numerals.cardinal(month)


def _full(match: re.Match[str], context: Context) -> str | None:
    day, month, year = match[1], match[3], match[4]
    if not is_day(day, month):
        return None
    if len(year) == 2:
        if context.cued(match.start(), "house"):
            return None
        year = ("20" if int(year) < 60 else "19") + year
    words = read_day(day, month, context, match.start(), match.end(), full=True)
    return f"{words} năm {context.numerals.cardinal(year)}"


def _iso(match: re.Match[str], context: Context) -> str | None:
    year, month, day = match[1], match[3], match[4]
    if not is_day(day, month):
        return None
    words = read_day(day, month, context, match.start(), match.end(), full=True)
    return f"{words} năm {context.numerals.cardinal(year)}"


def _month(match: re.Match[str], context: Context) -> str | None:
    month, year = match[1], match[2]
    before = context.before(match.start(), 1)
    if before == ["quý"] and 1 <= int(month) <= 4:
        return f"{context.numerals.cardinal(month)} năm {context.numerals.cardinal(year)}"
    if not 1 <= int(month) <= 12 or before == ["số"]:
        return None
    if "-" in match[0] and before != ["tháng"]:
        return None if before or " " in match[0] else _as_month(month, year, context)
    known = before == ["tháng"] or context.kind == "range"
    words = _as_month(month, year, context)
    return words.removeprefix("tháng ") if known else words


def _numbered(match: re.Match[str], context: Context) -> str | None:
    # "Thông tư 64/2017"
    if not context.cued(match.start(), "document", 2):
        return None
    number, year = map(context.numerals.cardinal, match.groups())
    return f"{number} năm {year}"


def _as_month(month: str, year: str, context: Context) -> str:
    return f"tháng {read_month(month, context)} năm {context.numerals.cardinal(year)}"


def _season(match: re.Match[str], context: Context) -> str | None:
    first, second = match[1], match[2]
    if int(second) % 100 != (int(first) + 1) % 100:
        return None
    return f"{context.numerals.cardinal(first)}, {context.numerals.cardinal(second)}"


def _day_month(match: re.Match[str], context: Context) -> str | None:
    day, month, at, end = match[1], match[3], match.start(), match.end()
    if not is_day(day, month) or context.cued(at, "dotted") or in_sum(match, context):
        return None
    if not _means_day(match, context):
        return None
    if _is_share(match, context) and not context.cued(at, "has_day"):
        return None
    context.date_end = end
    return read_day(day, month, context, at, end)


def _spaced(match: re.Match[str], context: Context) -> str | None:
    # "mùng 8/ 3"
    return _day_month(match, context) if context.cued(match.start(), "has_day") else None


def _means_day(match: re.Match[str], context: Context) -> bool:
    """Return whether the neighbourhood says that d/m, d-m or d.m is a day of a month."""
    at, end = match.start(), match.end()
    listed = at - context.date_end <= LISTED
    sure = listed or context.cued(at, "has_day")
    if match[2] == ".":
        return context.before(at, 1) == ["ngày"] or (listed and context.kind == "range")
    if match[2] == "-":  # "ngày 8-3" is one, "ngày 2-3 lần" is not
        sure = (
            sure or context.cued(at, "day_range") or DAY_TO_DAY.match(context.text, end) is not None
        )
        return sure and not context.counts(end)
    bracketed = context.text[at - 1 : at] == "(" and context.text[end : end + 1] == ")"
    holiday = (int(match[1]), int(match[3])) in HOLIDAYS
    return sure or holiday or bracketed or context.kind == "range" or context.cued(at, "date")


def in_sum(match: re.Match[str], context: Context) -> bool:
    """Return whether a fraction is part of a sum ("2/5 + 1/5") or hangs on a number ("23 1/5")."""
    if context.kind == "operator" or SUM_NEXT.match(context.text, match.end()):
        return True
    return context.kind == "number" and context.joins(match.start())


def _is_share(match: re.Match[str], context: Context) -> bool:
    # "giảm 1/2 giá": half, although the second of January exists.
    after = match.end()
    small = int(match[1]) < int(match[3])
    return (small and match[2] == "/") and (
        context.followed(after, "fraction_after") or context.followed(after, "over_after")
    )


FULL_RULES = (
    Rule("date", re.compile(rf"(\d{{1,2}})\s?([/.\-])\s?(\d{{1,2}})\s?\2\s?(\d{{4}}){END}"), _full),
    Rule("date", re.compile(rf"(\d{{1,2}})(/)(\d{{1,2}})/(\d{{2}}){END}"), _full),
    Rule("date", re.compile(rf"((?:19|20)\d{{2}})([/.\-])(\d{{1,2}})\2(\d{{1,2}}){END}"), _iso),
)
RULES = (
    Rule("number", re.compile(rf"(\d{{1,4}})/((?:19|20)\d{{2}}){END}"), _numbered),
    Rule("date", re.compile(rf"(\d{{1,2}})\s?[/\-]\s?([12]\d{{3}}){END}"), _month),
    Rule("date", re.compile(rf"(?<=tháng )(\d{{1,2}})\.((?:19|20)\d{{2}}){END}"), _month),
    Rule("number", re.compile(rf"([12]\d{{3}})/(\d{{2}}|\d{{4}}){END}"), _season),
    Rule("date", re.compile(rf"(\d{{1,2}})([/.])(\d{{1,2}}){DAY_END}"), _day_month),
    Rule("date", re.compile(rf"(\d{{1,2}})(-)(\d{{1,2}}){END}"), _day_month),
    Rule("date", re.compile(rf"(\d{{1,2}})\s?(/)\s?(\d{{1,2}}){END}"), _spaced),
)
