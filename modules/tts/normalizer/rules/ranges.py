"""What a dash means between, in front of and behind numbers and words."""

from __future__ import annotations

import re

from modules.tts.normalizer.context import QUANTITIES, Context, Rule

TO = re.compile(
    r"\s?(?:-?\d|[$€£¥₫]\s?\d|T\d|[A-Z]{1,2}\d|[IVX]{1,6}\b|chủ nhật|CN\b"
    r"|(?:thứ|tháng|ngày|quý|lớp|mùng|thế kỷ)\s[\dA-ZĐ])"
)
"""What makes a dash behind a quantity mean "to"."""
EQUATION = re.compile(r"\s?[\d.,]{1,20}\s?[=+×*÷x]")
DATE_NEXT = re.compile(r"\s?\d{1,2}/\d")
LETTERED = re.compile(r"\s?(?:T\d|[A-Z]{1,2}\d|\d{1,3}[A-Z](?![^\W_])|CN\b|thứ|chủ nhật)")


def _to(match: re.Match[str], context: Context) -> str | None:
    at, end = match.start(), match.end()
    if not context.joins(at) or not TO.match(context.text, end):
        return None
    if context.kind == "score" or _subtracts(at, end, context):
        return None
    if DATE_NEXT.match(context.text, end) and context.kind != "date" and _names_day(at, context):
        return None
    if context.kind in ("code", "weekday") and not LETTERED.match(context.text, end):
        return None
    return "đến"


def _names_day(at: int, context: Context) -> bool:
    # "21:00 - 20/07", "Thứ 5 - 06/01/2024": the same moment, not a stretch of time
    return context.kind == "time" or context.before(at, 2)[:1] == ["thứ"]


def _minus(match: re.Match[str], context: Context) -> str | None:
    at, end = match.start(), match.end()
    return "trừ" if context.joins(at) and _subtracts(at, end, context) else None


def _subtracts(at: int, end: int, context: Context) -> bool:
    """A dash is a minus where an equation goes on behind it or has begun before it."""
    if EQUATION.match(context.text, end):
        return True
    if context.text[at - 1 : at] != " " or context.text[end : end + 1] != " ":
        return False
    clause = context.text[max(0, at - 24) : at]
    return any(sign in clause for sign in "=+×÷") or context.cued(at, "maths", 3)


def _negative(match: re.Match[str], context: Context) -> str | None:
    before = context.text[match.start() - 1 : match.start()]
    if (before and before not in " (=:<>≤≥,/") or (
        context.kind in QUANTITIES and context.end == match.start()
    ):
        return None
    return "âm"


def _pause(match: re.Match[str], context: Context) -> str:
    return "," if context.kind else ""


RULES = (
    Rule("range", re.compile(r"[-–~](?=\s?\S)"), _to),
    Rule("operator", re.compile(r"[-–](?=\s?[\d(a-z])"), _minus),
    Rule("operator", re.compile(r"[-–](?=\d)"), _negative),
    Rule("pause", re.compile(r"(?:(?<=\s)-+(?=\s)|(?<=\d)-(?=\d{1,2}/)|–+)"), _pause),
)
