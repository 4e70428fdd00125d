"""Abbreviations, with or without dots: TP.HCM, PGS.TS, v.v., Q. Bình Thạnh, tr. 45."""

from __future__ import annotations

import re

from modules.tts.normalizer.characters import CAPITAL
from modules.tts.normalizer.context import Context, Rule, follows
from modules.tts.normalizer.syllables import is_syllable

FORM = re.compile(
    r"[^\W\d_]{1,9}(?![^\W_])(?:[.\-/&]\s?[^\W\d_]{1,9}(?![^\W_])|\s(?:[A-Z]{2,4}|hcm)(?![^\W_])){0,4}\.?"
)
PIECE_END = re.compile(r"(?<=[^\W_])(?![^\W_])\.?")
TITLE = re.compile(rf"([^\W\d_]{{1,3}})(\.?)\s?(?={CAPITAL}[^\W\d_]|\d)")
LONG_NUMBER = re.compile(r"\d{3}")
ROADS = frozenset({"QL", "TL", "ĐT", "HL"})
COUNTER = re.compile(r"([^\W\d_]{1,3})\.\s?(?=\d)")


def _title(match: re.Match[str], context: Context) -> str | None:
    form, dot = match[1], match[2]
    if form in ("TP", "Tp") and not dot:
        return None  # the table below knows TP HCM
    entry = context.tables.titles.get(form)
    if entry is None or (entry[1] and not dot) or (not dot and match[0] == form):
        return None
    number = context.text[match.end() : match.end() + 1].isdigit()
    if number and form not in ("P", "p", "Q", "q"):
        return None
    if form in ("p", "q", "đ") and context.kind == "number":
        return None
    if number and form in ("P", "p") and LONG_NUMBER.match(context.text, match.end()):
        return "phòng"
    return entry[0]


def _counter(match: re.Match[str], context: Context) -> str | None:
    return context.tables.counters.get(match[1])


def _longest(match: re.Match[str], context: Context) -> tuple[str, int] | None:
    text, at = context.text, match.start()
    for end in _ends(match):
        reading = read_form(text[at:end], context, at, end)
        if reading:
            return reading, end
    return None


def _ends(match: re.Match[str]) -> list[int]:
    # Every place where the form may end, longest first, with and without its last dot.
    text = match.string
    found = [piece.end() for piece in PIECE_END.finditer(text, match.start(), match.end())]
    dots = [end - 1 for end in found if text[end - 1] == "."]
    return sorted({*found, *dots}, reverse=True)


def read_form(form: str, context: Context, at: int, end: int) -> str | None:
    """Read an abbreviation that stands between two places; None where it is not known."""
    if context.shouted and is_syllable(form.lower()):
        return None
    choice = context.tables.choices.get(form)
    if choice:
        before, after = context.before(at), context.after(end, 1)
        for reading, left, right in choice.when:
            if follows(before, left) or not right.isdisjoint(after):
                return reading
        return choice.read
    return context.tables.exact.get(form) or context.tables.folded.get(form.lower())


def _before_number(match: re.Match[str], context: Context) -> str | None:
    known = context.tables.before_number.get(match[1])
    # "ĐT.743", "QL 1A": with a dot or a space a road stands behind these only
    return known or (context.tables.numbered.get(match[1]) if match[1] in ROADS else None)


RULES = (
    Rule("word", re.compile(r"([^\W\d_]{1,3})\.?\s?(?=\d)(?!\d+\s?%)"), _before_number),
    Rule("word", TITLE, _title),
    Rule("word", COUNTER, _counter),
    Rule("word", FORM, _longest),
)
