"""Telephone numbers: read digit by digit, whatever stands between the digits."""

from __future__ import annotations

import re

from modules.tts.normalizer.context import Context, Rule

END = r"(?![^\W_])(?![.,-]\d)"
SERVICE = frozenset({"111", "112", "113", "114", "115", "116", "117", "119", "911", "1022", "1080"})
"""Numbers of three or four digits that everybody knows; others need "tổng đài" beside them."""
EMERGENCY = frozenset({"111", "113", "114", "115"})
EMERGENCY_NEXT = re.compile(r"(?:,|\s(?:và|hoặc|hay))\s11[1345](?!\d)")


def _digits(match: re.Match[str], context: Context) -> str | None:
    count = sum(c.isdigit() for c in match[0])
    return context.numerals.spelled(match[0]) if 9 <= count <= 14 else None


def _free_line(match: re.Match[str], context: Context) -> str | None:
    digits = "".join(c for c in match[0] if c.isdigit())
    if len(digits) not in (8, 10) or not digits[4:].strip("0"):
        return None
    return context.numerals.spelled(digits)


def _international(match: re.Match[str], context: Context) -> str | None:
    digits = _digits(match, context)
    return f"cộng {digits}" if digits else None


def _short(match: re.Match[str], context: Context) -> str | None:
    number, at, end = match[0], match.start(), match.end()
    known = number in SERVICE
    if (not known and not _is_line(match, context)) or (known and context.counts(end)):
        return None
    paired = number in EMERGENCY and EMERGENCY_NEXT.match(context.text, end) is not None
    called = paired or context.cued(at, "call", 6 if known else 1)
    return context.numerals.spelled(number) if called else None


def _is_line(match: re.Match[str], context: Context) -> bool:
    return match[0][0] == "1" and context.before(match.start(), 2)[-2:] in (
        ["tổng", "đài"], ["đầu", "số"],
    )  # fmt: skip


DIGIT_RULES = (
    Rule("phone", re.compile(rf"0\d{{8,10}}{END}"), _digits),
    Rule("phone", re.compile(rf"0\d{{1,3}}(?:[ .\-]\d{{1,4}}){{2,4}}{END}"), _digits),
    Rule("phone", re.compile(rf"84\d{{9}}{END}"), _digits),
    Rule("phone", re.compile(rf"1[89]00[ .]?\d{{2,4}}(?:[ .]?\d{{2,3}}){{0,2}}{END}"), _free_line),
    Rule("phone", re.compile(rf"1[0-9]{{2,3}}{END}|911{END}"), _short),
)
MARK_RULES = (
    Rule(
        "phone",
        re.compile(rf"\(?\+\d{{1,3}}\)?(?:[ .\-]?\(?\d{{1,4}}\)?){{2,6}}{END}"),
        _international,
    ),
    Rule(
        "phone",
        re.compile(rf"\(0\d{{1,3}}\)[ .\-]?\d{{3,4}}(?:[ .\-]?\d{{2,4}}){{1,2}}{END}"),
        _digits,
    ),
)
