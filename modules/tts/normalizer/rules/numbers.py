"""Plain numbers, strings of digits, ordinals and Roman numerals."""

from __future__ import annotations

import re

from modules.tts.normalizer.context import Context, Rule, follows
from modules.tts.normalizer.numerals import parse_number, roman_value

NUMBER = r"(?:\d{1,3}(?: \d{3}){1,5}(?![\d.,]?\d)|\d{1,40}(?:[.,]\d{1,40}){0,12})"
"""A number with its marks; spaces only between groups of three."""
SCALE = r"(?:trăm|nghìn|ngàn|vạn|triệu|tỷ|tỉ)(?![^\W_])"
RANGE_NEXT = re.compile(r"\s?[-–]\s?\d")
ROUND = re.compile(r"[1-9]\d{0,5}0{5,12}")
"""Ten digits and more without grouping are read one by one, unless they are round."""
BETWEEN = 5
"""Words that may stand between "mã OTP" and its digits."""


def read_amount(text: str, context: Context, money: bool = False, mark: str = "phẩy") -> str | None:
    """Read a number as an amount; None where its marks make no number."""
    number = parse_number(text.replace(" ", ""), money)
    return None if number is None else context.numerals.decimal(number, mark)


def has_digit_cue(context: Context, at: int) -> bool:
    """Return whether the digits that begin here name something: an account, a code, a password."""
    words = context.before(at, BETWEEN + 3)
    if context.text[max(0, at - 2) : at].strip() == ":" or words[-1:] == ["là"]:
        return follows(words, context.tables.cues["digits"], BETWEEN + 2)
    between = context.tables.cues["digits_between"]
    for _ in range(BETWEEN):
        if follows(words, context.tables.cues["digits"]):
            return True
        if not words or words[-1] not in between:
            return False
        words = words[:-1]
    return False


def _long(match: re.Match[str], context: Context) -> str | None:
    digits = match[0]
    return None if ROUND.fullmatch(digits) else context.numerals.spelled(digits)


def _cued_digits(match: re.Match[str], context: Context) -> str | None:
    at = match.start()
    room = len(match[0]) == 4 and context.cued(at, "room")
    if room or (len(match[0]) >= 3 and has_digit_cue(context, at)):
        return context.numerals.spelled(match[0])
    return None


def _padded(match: re.Match[str], context: Context) -> str | None:
    digits, at = match[0], match.start()
    if len(digits) > 2 or digits == "00":
        return context.numerals.spelled(digits)
    counted = context.followed(match.end(), "padded_counted")
    if counted or context.cued(at, "has_day") or context.cued(at, "fourth"):
        return context.numerals.cardinal(digits)
    return context.numerals.spelled(digits)


def _ordinal(match: re.Match[str], context: Context) -> str | None:
    digit, at = match[0], match.start()
    if context.before(at, 2) == ["mỗi", "thứ"] or RANGE_NEXT.match(context.text, match.end()):
        return None  # "mỗi thứ 1-2 cái": one or two of each
    if digit == "1" and context.cued(at, "first"):
        return "nhất"
    return "tư" if digit == "4" and context.cued(at, "fourth") else None


def _dotted(match: re.Match[str], context: Context) -> str | None:
    # A version: "iOS 17.2", "IELTS 6.5". The parts are numbers of their own.
    parts = match[0].split(".")
    if len(parts) == 2 and not context.cued(match.start(), "dotted"):
        return None
    if len(parts) > 2 and parse_number(match[0]) is not None:
        return None
    long = len(parts) == 4  # an address of the net
    return " chấm ".join(
        context.numerals.spelled(part)
        if (long and len(part) > 2) or (part[0] == "0" and len(part) > 1)
        else context.numerals.cardinal(part)
        for part in parts
    )


def _plain(match: re.Match[str], context: Context) -> str | None:
    text = match[0]
    reading = read_amount(text, context)
    if reading is not None:
        return reading
    marks = {".": " chấm ", ",": ", ", " ": " "}
    return "".join(
        marks[part] if part in marks else context.numerals.cardinal(part)
        for part in re.split(r"([., ])", text)
    )


def _days_and_nights(match: re.Match[str], context: Context) -> str:
    days, nights = map(context.numerals.cardinal, match.groups())
    return f"{days} ngày {nights} đêm"


def _stars(match: re.Match[str], context: Context) -> str:
    return f"{context.numerals.cardinal(match[1])} sao"


def _at_least(match: re.Match[str], context: Context) -> str | None:
    # "2+ năm kinh nghiệm"
    if not context.followed(match.end(), "counted"):
        return None
    return f"hơn {context.numerals.cardinal(match[1])}"


def _times_over(match: re.Match[str], context: Context) -> str | None:
    if not context.cued(match.start(), "times_over"):
        return None
    amount = read_amount(match[1], context)
    return f"{amount} lần" if amount else None


def _roman(match: re.Match[str], context: Context) -> str | None:
    text, at = match[0], match.start()
    value = roman_value(text)
    if value is None or (len(text) == 1 and text not in "IVX"):
        return None
    before = context.before(at, 1)
    cued = context.cued(at, "roman") or (context.kind == "range" and context.end <= at)
    cued = cued or (len(text) > 3 and not context.shouted) or (len(text) > 1 and before == ["năm"])
    if not cued and (len(text) == 1 or set(text) - set("IVX") or text == "XX"):
        return None
    if not cued and (not before or context.shouted):
        return _heading(match, context, value)
    if before == ["thứ"] and value in (1, 4):
        return "nhất" if value == 1 else "tư"
    return context.numerals.cardinal(str(value))


def _heading(match: re.Match[str], context: Context, value: int) -> str | None:
    # "II. Nội dung"
    stop = context.text[match.end() : match.end() + 1] in (".", ")", ":")
    return context.numerals.cardinal(str(value)) if stop else None


COUNT_RULES = (
    Rule("measure", re.compile(r"(\d{1,2})[nN](\d{1,2})[đĐ](?![^\W_])"), _days_and_nights),
    Rule("measure", re.compile(r"([1-7])\*(?!\s?[\d(])"), _stars),
    Rule("number", re.compile(r"(\d{1,6})\+(?=\s[^\W\d_])"), _at_least),
    Rule("number", re.compile(r"(\d{1,4}(?:[.,]\d)?)\s?[xX](?![^\W_])(?!\s?\d)"), _times_over),
)
RULES = (
    Rule("code", re.compile(r"\d{10,}"), _long),
    Rule("code", re.compile(r"\d{2,12}(?:[- ]\d{2,12}){1,4}(?![^\W_])"), _cued_digits),
    Rule("code", re.compile(r"\d{3,20}(?![\d.,]\d)(?!\d)"), _cued_digits),
    Rule("number", re.compile(r"0\d{1,20}(?![.,]?\d)"), _padded),
    Rule("number", re.compile(r"[14](?![\d.,/]\d|\d)"), _ordinal),
    Rule("number", re.compile(r"\d{1,6}(?:\.\d{1,6}){1,5}(?![.,]?\d)"), _dotted),
    Rule("number", re.compile(NUMBER), _plain),
)
ROMAN_RULES = (Rule("roman", re.compile(r"[IVXLCDM]{1,15}(?![^\W_])"), _roman),)
