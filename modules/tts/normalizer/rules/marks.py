"""Punctuation, and the signs that stand alone: pauses, slashes, fractions, &, %, →."""

from __future__ import annotations

import re
from functools import cache

from modules.tts.normalizer.context import Context, Rule
from modules.tts.normalizer.rules.measures import read_rate, read_unit, unit_pattern
from modules.tts.normalizer.tables import read_table

END = r"(?![^\W_])"
RATE_KINDS = frozenset({"money", "measure", "number"})


@cache
def _currencies() -> str:
    return "|".join(read_table("currencies")["alone"])


@cache
def _rate_pattern() -> str:
    units = read_table("units")
    words = [*units["rates"]["words"], *units["short_rates"]]
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _rate_unit(match: re.Match[str], context: Context) -> str | None:
    words = read_unit(match[1], match[2])
    if context.kind not in RATE_KINDS or context.end < match.start() - 1 or not words:
        return None
    return f"một {words}"


def _rate_word(match: re.Match[str], context: Context) -> str | None:
    # "lần/ngày", "triệu khách/năm": a number must stand before
    window = context.text[max(0, match.start() - 40) : match.start()]
    if not any(c.isdigit() for c in window) and context.kind not in RATE_KINDS:
        return None
    return f"một {read_table('units')['short_rates'].get(match[1], match[1])}"


def _rate_currency(match: re.Match[str], context: Context) -> str | None:
    # "25.400 đồng/USD"
    if context.kind != "money":
        return None
    return f"một {read_table('currencies')['alone'][match[1]]}"


def _slash(match: re.Match[str], context: Context) -> str:
    following = context.text[match.end() : match.end() + 1]
    if context.end != match.start():
        return ","
    if context.kind == "money" and following.isalpha():
        return "một"  # "350k/ghế"
    return "trên" if following.isdigit() and context.kind in RATE_KINDS | {"code"} else ","


def _always(match: re.Match[str], context: Context) -> str:
    return str(context.tables.symbols["always"][match[0]])


def _greek(match: re.Match[str], context: Context) -> str:
    return context.tables.greek[match[0]]


def _unit_sign(match: re.Match[str], context: Context) -> str | None:
    # "0,5 điểm %/năm", but not the "%" of "%name"
    glued = match.end() < len(context.text) and context.text[match.end()].isalpha()
    return read_unit(match[0], None) if context.kind and not glued else None


def _quote(match: re.Match[str], context: Context) -> str:
    context.quoted = not context.quoted
    return ""


def _same(match: re.Match[str], context: Context) -> str:
    return "…" if len(match[0]) > 1 and set(match[0]) == {"."} else match[0]


def _comma(match: re.Match[str], context: Context) -> str:
    return ","


def _year(match: re.Match[str], context: Context) -> str | None:
    # "quý I/2025"
    quarter = context.kind in ("roman", "quarter") and context.end == match.start()
    return f"năm {context.numerals.cardinal(match[1])}" if quarter else None


def _bracketed_unit(match: re.Match[str], context: Context) -> str | None:
    # "cân nặng (kg)"
    return read_unit(match[1], match[2])


def _bare_unit(match: re.Match[str], context: Context) -> str | None:
    return None if context.chatty else read_unit(match[1], match[2])


def _distant_unit(match: re.Match[str], context: Context) -> str | None:
    # behind a number that was read in pieces: "3x10^8 m/s", "120/80 mmHg"
    if context.kind != "number" or not context.joins(match.start()):
        return None
    words = read_unit(match[1], match[2])
    rate = read_rate(match[3], match[4]) if match[3] else ""
    return f"{words} {rate}".rstrip() if words and rate is not None else None


UNIT_RULES = (
    Rule(
        "measure",
        re.compile(rf"({unit_pattern()})(\^?[23])?\s?/\s?({unit_pattern()})(\^?[23])?{END}"),
        _distant_unit,
    ),
    Rule(
        "measure",
        re.compile(rf"(?=[^\W\d_]{{2}})({unit_pattern()})(\^?[23])?()(){END}"),
        _distant_unit,
    ),
    Rule(
        "word",
        re.compile(rf"(?<=\()({unit_pattern()})(\^?[23])?(?=\))"),
        _bracketed_unit,
    ),
    Rule(
        "word",
        re.compile(rf"(kg|km|cm|mm|m(?=\^?[23])|ml|mg|kWh|kW|mAh|GB|MB|TB|GHz|MHz)(\^?[23])?{END}"),
        _bare_unit,
    ),
)
GREEK_RULES = (Rule("letter", re.compile(r"[αβγδΔεθλµμπρσΣτφωΩ]"), _greek),)
RULES = (
    Rule("date", re.compile(r"[/\-]\s?((?:19|20)\d{2})(?![^\W_])"), _year),
    Rule("word", re.compile(rf"\s?/\s?({unit_pattern()})(\^?[23](?![^\W_]))?{END}"), _rate_unit),
    Rule("word", re.compile(rf"/\s?({_rate_pattern()}){END}"), _rate_word),
    Rule("word", re.compile(rf"/\s?({_currencies()}){END}"), _rate_currency),
    Rule("word", re.compile(r"[&∞]"), _always),
    Rule("word", re.compile(r"[%‰°]"), _unit_sign),
    Rule("pause", re.compile(r"[.,!?;:…]+"), _same),
    Rule("pause", re.compile(r"[()\[\]{}|•→]+"), _comma),
    Rule("pause", re.compile(r"/"), _slash),
    Rule("quote", re.compile(r'"'), _quote),
)
