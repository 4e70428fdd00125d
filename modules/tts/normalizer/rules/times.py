"""Hours, minutes and seconds: 14h30, 7g30, 14:30:05, 9am, 1h45'."""

from __future__ import annotations

import re

from modules.tts.normalizer.context import Context, Rule

HOUR = r"([01]?\d|2[0-4])"
SIXTY = r"([0-5]\d)"
HALF_DAY = r"(?:\s?(am|pm|AM|PM|a\.m\.|p\.m\.|SA|CH)(?![^\W_]))"
MINUTES = r"\s?(?:phút|phut|ph|p|')"


def _clock(hour: str, minute: str, context: Context, said: bool = False) -> str:
    # "phút" is said behind a single figure, or where it is written.
    words = f"{context.numerals.cardinal(hour)} giờ"
    if int(minute) == 0 and not said:
        return words
    words += f" {context.numerals.cardinal(minute)}"
    return f"{words} phút" if said or int(minute) < 10 else words


def part_of_day(hour: int, mark: str) -> str:
    """Return what a Vietnamese speaker says for "am" and "pm" at an hour."""
    if mark.lower().startswith(("a", "s")):
        return "đêm" if hour == 12 else "sáng"
    if hour == 12:
        return "trưa"
    return "chiều" if hour < 6 else "tối"


def _full(match: re.Match[str], context: Context) -> str:
    hour, minute, second = (context.numerals.cardinal(part) for part in match.groups())
    return f"{hour} giờ {minute} phút {second} giây"


def _lettered(match: re.Match[str], context: Context) -> str:
    words = _clock(match[1], match[2], context, bool(match[3]))
    return f"{words} {part_of_day(int(match[1]), match[4])}" if match[4] else words


def _colon(match: re.Match[str], context: Context) -> str | None:
    if context.cued(match.start(), "ratio", 2) or context.cued(match.start(), "score", 2):
        return None
    words = _clock(match[1], match[2], context)
    return f"{words} {part_of_day(int(match[1]), match[3])}" if match[3] else words


def _length(match: re.Match[str], context: Context) -> str | None:
    minutes, seconds, part = match.groups()
    if not part and not context.cued(match.start(), "length", 2):
        return None
    words = f"{context.numerals.cardinal(minutes)} phút {context.numerals.cardinal(seconds)}"
    return f"{words} giây {context.numerals.cardinal(part)}" if part else f"{words} giây"


def _pieces(match: re.Match[str], context: Context) -> str:
    # 9h2m2s, 9h2p
    hour, minute, second = match.groups()
    words = f"{context.numerals.cardinal(hour)} giờ {context.numerals.cardinal(minute)} phút"
    return f"{words} {context.numerals.cardinal(second)} giây" if second else words


def _half_day(match: re.Match[str], context: Context) -> str | None:
    hour = int(match[1])
    if not 1 <= hour <= 12:
        return None
    return f"{context.numerals.cardinal(match[1])} giờ {part_of_day(hour, match[2])}"


RULES = (
    Rule("time", re.compile(rf"{HOUR}:{SIXTY}:{SIXTY}(?![\d:])"), _full),
    Rule(
        "time",
        re.compile(r"(\d{1,3})[hg](\d{1,2})(?:m|ph|p|')(?:(\d{1,2})(?:s|''|\")?)?(?![^\W_])"),
        _pieces,
    ),
    Rule(
        "time",
        re.compile(rf"{HOUR}(?:\s?[hH]\s?|g){SIXTY}({MINUTES})?{HALF_DAY}?(?![^\W_])"),
        _lettered,
    ),
    Rule("time", re.compile(rf"(\d{{1,2}}):{SIXTY}(?:[.,](\d{{1,3}}))?(?![\d:])"), _length),
    Rule("time", re.compile(rf"{HOUR}:{SIXTY}{HALF_DAY}?(?![\d:])"), _colon),
    Rule("time", re.compile(rf"(\d{{1,2}}){HALF_DAY}"), _half_day),
)
