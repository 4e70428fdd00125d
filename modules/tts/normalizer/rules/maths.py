"""Signs of arithmetic: 5 + 3 = 8, 4x15m, 10^6, x², ±0,5, ≥ 18."""

from __future__ import annotations

import re

from modules.tts.normalizer.context import QUANTITIES, Context, Rule

OPERAND_NEXT = re.compile(r"\s?(?:[-√(]?\d|[a-zA-Zπα-ω](?![^\W_]))")
SOMETHING_NEXT = re.compile(r"\s?[^\W_]")
ASKED = re.compile(r"\s?\?")
POWERS = {"2": "bình phương", "3": "lập phương"}


def _times(match: re.Match[str], context: Context) -> str | None:
    # 4x15m, 180ml x 48; "iPhone X 64" is no product
    if context.joins(match.start()):
        return "nhân"
    attached = match.end() < len(context.text) and context.text[match.end()].isdigit()
    return "nhân" if attached and match[0] == "x" and context.kind != "code" else None


def _operator(match: re.Match[str], context: Context) -> str | None:
    sign, at = match[0], match.start()
    between = context.kind in QUANTITIES or context.kind == "letter"
    if not OPERAND_NEXT.match(context.text, match.end()):
        return _between_words(sign, match, context)
    symbols = context.tables.symbols
    if not between and sign in symbols["limits"] and context.kind:
        return str(symbols["limits"][sign])
    if (between and not context.text[context.end : at].strip()) or sign in "=":
        return str(symbols["operators"].get(sign, "")) or None
    return str(symbols["prefixes"].get(sign, "")) or None


def _between_words(sign: str, match: re.Match[str], context: Context) -> str | None:
    following = context.after(match.end(), 1)
    if sign == "=" and context.kind and ASKED.match(context.text, match.end()):
        return "bằng mấy"
    if sign in "=≈≠" and context.kind and following:
        return str(context.tables.symbols["operators"][sign])
    if sign == "+" and context.kind in QUANTITIES and context.end == match.start():
        return "cộng"  # 18+
    return "cộng" if sign == "+" and context.kind and following else None


def _power(match: re.Match[str], context: Context) -> str | None:
    sign, digits = match[1], match[2]
    if not sign and context.kind != "number" and digits in POWERS:
        return POWERS[digits]
    number = context.numerals.cardinal(digits)
    return f"mũ trừ {number}" if sign else f"mũ {number}"


def _prefix(match: re.Match[str], context: Context) -> str | None:
    if not SOMETHING_NEXT.match(context.text, match.end()):
        return None
    return str(context.tables.symbols["prefixes"][match[0]])


LETTER_RULES = (Rule("operator", re.compile(r"[xX](?=\s?\d)"), _times),)
MARK_RULES = (
    Rule("number", re.compile(r"\^\s?(-?)\(?(\d{1,6})\)?"), _power),
    Rule("operator", re.compile(r"<=|>=|[+×*÷=≠≈±≤≥<>]"), _operator),
    Rule("operator", re.compile(r"[√~≈§№]"), _prefix),
)
