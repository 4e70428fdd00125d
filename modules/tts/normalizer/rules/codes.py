"""Letters and digits in one word: A320, U23, H5N1, 12A1, 5G, S2.05, QL1A, T2, P.5."""

from __future__ import annotations

import re

from modules.tts.normalizer.context import Context, Rule
from modules.tts.normalizer.rules.dates import read_month
from modules.tts.normalizer.rules.numbers import has_digit_cue
from modules.tts.normalizer.rules.words import foreign, letter_names, plain_word
from modules.tts.normalizer.syllables import is_syllable

END = r"(?![^\W_])"
RUNS = re.compile(r"[^\W\d_]+|\d+|[.]")
YEAR_NEXT = re.compile(r"[/\-]\s?([12]\d{3})(?!\d)")
DISTRICT_NEXT = re.compile(r",?\s?(?:q\.?\s?\d|quận|tp|gò vấp|bình thạnh|tân bình|phú nhuận)")
WEEKDAYS = {"2": "hai", "3": "ba", "4": "tư", "5": "năm", "6": "sáu", "7": "bảy"}


def _known(match: re.Match[str], context: Context) -> str | None:
    small = match[0].lower()
    return context.tables.acronyms.get(small) or context.tables.chat.get(small)


def _month(match: re.Match[str], context: Context) -> str | None:
    # T4/2025
    if not 1 <= int(match[1]) <= 12:
        return None
    return f"tháng {read_month(match[1], context)} năm {context.numerals.cardinal(match[2])}"


def _weekday(match: re.Match[str], context: Context) -> str | None:
    number, at = match[1], match.start()
    if context.cued(at, "terminal"):
        return None
    near = context.lower[match.end() : match.end() + 6].lstrip(" -–,:(").startswith(("t", "cn"))
    listed = context.kind in ("weekday", "range", "pause") or not context.kind
    return f"thứ {WEEKDAYS[number]}" if near or listed or context.cued(at, "weekday") else None


def _district(match: re.Match[str], context: Context) -> str | None:
    letter, number = match[1], match[2]
    year = YEAR_NEXT.match(context.text, match.end())
    if letter in "Qq":
        return ("quý " if year else "quận ") + context.numerals.cardinal(number)
    near = context.lower[match.end() : match.end() + 14]
    if DISTRICT_NEXT.match(near):
        return f"phường {context.numerals.cardinal(number)}"
    return None


def _code(match: re.Match[str], context: Context) -> str | None:
    first = RUNS.findall(match[0])[0]
    if len(first) > 1 and not first.isupper() and is_syllable(first.lower()):
        return None  # a word and a number that lost their space: "giá100k"
    at = match.start()
    series = context.cued(at, "series") or has_digit_cue(context, at)
    return read_code(match[0], context, series)


def read_code(text: str, context: Context, series: bool = False) -> str:
    """Read the runs of letters and digits of a code one after another."""
    words: list[str] = []
    runs = RUNS.findall(text)
    for at, run in enumerate(runs):
        if run == ".":
            if 0 < at < len(runs) - 1 and runs[at - 1].isdigit():
                words.append("chấm")
        elif run.isdigit():
            words.append(_digits(run, at, runs, context, series))
        else:
            words.append(_letters(run, context))
    return " ".join(word for word in words if word)


def _digits(run: str, at: int, runs: list[str], context: Context, series: bool) -> str:
    # Three digits behind one or two letters are a series (A321, VN253), unless they are round.
    named = at > 0 and len(runs[at - 1]) <= 3 and runs[at - 1].isupper()
    padded = run[0] == "0" and len(run) > 1
    long = len(run) > 4 or (series and len(run) > 2)
    if padded or long or (len(run) == 3 and named and run[1:] != "00"):
        return context.numerals.spelled(run)
    return context.numerals.cardinal(run)


def _letters(run: str, context: Context) -> str:
    known = context.tables.numbered.get(run) or foreign(run, context)
    if known:
        return known
    if len(run) <= 3 or run.isupper():
        return letter_names(run, context)
    return plain_word(run, context)


LETTER_RULES = (
    Rule("code", re.compile(r"[A-Za-z](?:\+\+|#)(?![^\W_])"), _known),
    Rule(
        "code",
        re.compile(rf"[A-Za-z]{{1,4}}(?=[\d.&])\d{{0,3}}[.&]?[A-Za-z\d]{{0,4}}{END}"),
        _known,
    ),
    Rule("date", re.compile(rf"T(\d{{1,2}})[/\-](20\d\d){END}"), _month),
    Rule("weekday", re.compile(rf"T([2-7]){END}(?!/\d)"), _weekday),
    Rule("quarter", re.compile(rf"(Q|P|q(?=\d))\.?\s?(\d{{1,2}}){END}(?!\.\d)"), _district),
    Rule(
        "code",
        re.compile(rf"(?:[^\W\d_]{{1,12}}-?|[A-Z]\.)\d{{1,12}}(?:[.\-]?[^\W_]{{1,8}}){{0,3}}{END}"),
        _code,
    ),
)
DIGIT_RULES = (
    Rule("code", re.compile(rf"\d[A-Za-z][\dA-Za-z]{{1,2}}{END}"), _known),
    Rule(
        "code",
        re.compile(rf"\d{{1,5}}(?![xX]\d)[^\W\d_]{{1,4}}(?:\d{{1,4}}[^\W\d_]{{0,2}})?{END}"),
        _code,
    ),
)
