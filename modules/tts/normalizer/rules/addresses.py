"""Licence plates, numbers of documents, houses in lanes: 29A-123.45, 100/2019/NĐ-CP, số 12/34/5."""

from __future__ import annotations

import re

from modules.tts.normalizer.characters import CAPITAL
from modules.tts.normalizer.context import Context, Rule, follows
from modules.tts.normalizer.rules.words import letter_names

END = r"(?![^\W_])"
STREET = re.compile(rf"\s(?:(?:đường|phố|ngõ|hẻm)\s)?{CAPITAL}[^\W\d_]{{1,7}}\s{CAPITAL}")


def _plate(match: re.Match[str], context: Context) -> str | None:
    area, series, number = match.groups()
    if not 11 <= int(area) <= 99:
        return None
    letters = [context.tables.letters.get(c.lower()) or context.numerals.spelled(c) for c in series]
    digits = " chấm ".join(context.numerals.spelled(part) for part in number.split("."))
    return " ".join([context.numerals.cardinal(area), *letters, digits])


def _document(match: re.Match[str], context: Context) -> str | None:
    number, year, issuer = match.groups()
    words = context.numerals.cardinal(number)
    if year:
        words += f" năm {context.numerals.cardinal(year)}"
    return f"{words} {read_issuer(issuer, context)}"


def read_issuer(text: str, context: Context) -> str:
    """Read the letters of a document's number: "NĐ-CP", "QĐ-TTg", "NQ/TW", "QH15"."""
    words: list[str] = []
    for part in re.findall(r"[^\W\d_]+|\d+", text):
        if part.isdigit():
            words.append(context.numerals.cardinal(part))
        else:
            known = context.tables.documents.get(part) or context.tables.exact.get(part)
            words.append(known or letter_names(part, context))
    return " ".join(words)


def _house(match: re.Match[str], context: Context) -> str | None:
    parts = match[1].split("/")
    if not is_house(match, context, len(parts)):
        return None
    words = f" {context.numerals.house_slash} ".join(map(context.numerals.cardinal, parts))
    letter = match[2] or ""
    return f"{words} {context.tables.letters.get(letter.lower(), '')}".strip()


def is_house(match: re.Match[str], context: Context, parts: int) -> bool:
    """Return whether numbers with slashes between them are the address of a house."""
    at = match.start()
    words = context.before(at)
    cues = context.tables.cues
    if follows(words, cues["share_number"]) or follows(words, cues["document"]):
        return False
    street = STREET.match(context.text, match.end()) is not None
    if follows(words, frozenset({"ở", "tại", "về", "tới", "ngày", "đến"})):
        return street or parts > 2
    return street or parts > 2 or follows(words, cues["house"])


DIGIT_RULES = (
    Rule(
        "code",
        re.compile(rf"(\d{{2}})-?([A-ZĐ][A-Z\d]?)[- ](\d{{3}}\.?\d{{2}}|\d{{4,5}}){END}"),
        _plate,
    ),
    Rule("code", re.compile(rf"(\d{{2}})([A-ZĐ]\d?)(\d{{3}}\.\d{{2}}|\d{{5}}){END}"), _plate),
    Rule(
        "code",
        re.compile(
            rf"(\d{{1,5}})(?:/([12]\d{{3}}))?[/-]"
            rf"([A-ZĐƯ][A-Za-zĐđƯ]{{0,9}}(?:\d{{1,2}})?(?:[-/&][A-ZĐƯ][A-Za-zĐđƯ]{{0,9}}){{1,4}}|QH\d{{1,2}}){END}"
        ),
        _document,
    ),
    Rule("code", re.compile(rf"(\d{{1,5}}(?:/\d{{1,5}}){{1,6}})([A-Za-z])?{END}(?!/\d)"), _house),
)
