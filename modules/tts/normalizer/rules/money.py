"""Money: 1.250.000đ, 95k, 1tr2, 3 tỷ 2, $12.50, 1,5 tỷ đồng."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from modules.tts.normalizer.context import Context, Rule
from modules.tts.normalizer.rules.numbers import NUMBER, SCALE, read_amount
from modules.tts.normalizer.tables import read_table

END = r"(?![^\W_])"
ENGLISH_SCALES = {
    "M": "triệu", "m": "triệu", "B": "tỷ", "b": "tỷ", "million": "triệu", "billion": "tỷ",
}  # fmt: skip
PICTURE = frozenset({"2", "4", "8"})
"""2K, 4K, 8K: sizes of a picture."""
REST_END = re.compile(
    r"\s*(?:[,.;!?…)/–-]|$|(?:thôi|nha|nhé|ạ|chốt|bớt|là|một|còn|có|không|ko|rồi|sổ|để|thì|mà|nhưng"
    r"|vnđ|đồng)(?![^\W_]))"
)
"""What may follow "3 tỷ 2"; anything else is counted by the last number."""


@cache
def _money() -> dict[str, Any]:
    return read_table("currencies")


def _alternatives(forms: Any) -> str:
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))


@cache
def _magnitudes() -> dict[str, tuple[str, str]]:
    return {
        form: (row["read"], row["rest"]) for row in _money()["magnitudes"] for form in row["forms"]
    }


def read_magnitude(form: str, context: Context) -> str:
    """Read the word for the zeros: "k", "tr", "tỷ"."""
    read = _magnitudes()[form][0] or form
    return context.numerals.thousand if read == "THOUSAND" else read


def _currency(form: str | None) -> str:
    return f" {_money()['after'][form]}" if form else ""


def _birth_year(match: re.Match[str], context: Context) -> str | None:
    # "sinh năm 2k5"
    born = context.cued(match.start(), "birth_year", 2)
    return context.numerals.cardinal("20" + match[1].zfill(2)) if born else None


def _mixed(match: re.Match[str], context: Context) -> str | None:
    # 1tr2: một triệu hai. 1tr250: một triệu hai trăm năm mươi nghìn.
    whole, form, rest, currency = match.groups()
    words = f"{context.numerals.cardinal(whole)} {read_magnitude(form, context)}"
    smaller = _magnitudes()[form][1]
    if len(rest) == 1:
        return f"{words} {context.numerals.trailing(rest)}{_currency(currency)}"
    tail = context.numerals.cardinal(rest.ljust(3, "0"))
    smaller = context.numerals.thousand if smaller == "THOUSAND" else smaller
    return f"{words} {tail} {smaller}".rstrip() + _currency(currency)


def _spaced_mixed(match: re.Match[str], context: Context) -> str | None:
    if not REST_END.match(context.lower, match.end()):
        return None
    whole = read_amount(match[1], context, money=True)
    if whole is None:
        return None
    return f"{whole} {read_magnitude(match[2], context)} {context.numerals.trailing(match[3])}"


def _short(match: re.Match[str], context: Context) -> str | None:
    number, form, currency = match.groups()
    if form == "K" and number in PICTURE and not context.cued(match.start(), "money", 2):
        return None
    amount = read_amount(number, context, money=True)
    if amount is None:
        return None
    return f"{amount} {read_magnitude(form, context)}{_currency(currency)}"


def _suffixed(match: re.Match[str], context: Context) -> str | None:
    number, scale, currency = match.groups()
    amount = read_amount(number, context, money=True)
    if amount is None:
        return None
    return f"{amount}{' ' + scale.strip() if scale else ''}{_currency(currency)}"


def _prefixed(match: re.Match[str], context: Context) -> str | None:
    sign, *numbers, scale = match.groups()
    amounts = [read_amount(number, context, money=True) for number in numbers if number]
    if None in amounts:
        return None
    words = " đến ".join(filter(None, amounts))
    if scale:
        scale = scale.strip()
        words += " " + (ENGLISH_SCALES.get(scale) or read_magnitude(scale, context))
    return f"{words} {_money()['before'][sign]}"


def _millions(match: re.Match[str], context: Context) -> str | None:
    amount = read_amount(match[1], context)
    return f"{amount} triệu{_currency(match[2])}" if amount else None


def _alone(match: re.Match[str], context: Context) -> str:
    return str(_money()["alone"][match[0]])


_FORMS = _alternatives(_magnitudes())
_AFTER = _alternatives(_money()["after"])
_BEFORE = _alternatives(_money()["before"])
_PREFIXED = re.compile(
    rf"({_BEFORE})\s?({NUMBER})(?:\s?[-–]\s?(?:{_BEFORE})?({NUMBER}))?"
    rf"(\s?(?:{_FORMS}|M|m|B|b|million|billion){END})?(?![^\W_])"
)
DIGIT_RULES = (
    Rule("number", re.compile(rf"2[kK](\d{{1,2}}){END}"), _birth_year),
    Rule("money", re.compile(rf"(\d{{1,4}})({_FORMS})(\d{{1,3}})(?:\s?({_AFTER}))?{END}"), _mixed),
    Rule(
        "money",
        re.compile(rf"({NUMBER})\s?(triệu|tỷ|tỉ|tr|củ)\s(\d){END}(?![.,]\d)"),
        _spaced_mixed,
    ),
    Rule("money", re.compile(rf"({NUMBER})(k|K|tr|Tr|TR|ty)(?:\s?({_AFTER}))?{END}"), _short),
    Rule("money", re.compile(rf"({NUMBER})\s?(tr){END}(?!\.)()"), _short),
    Rule("money", re.compile(rf"(\d{{2,3}})\s(k){END}()"), _short),
    Rule("money", re.compile(rf"({NUMBER})M(?:\s?({_AFTER}))?{END}"), _millions),
    Rule("money", re.compile(rf"({NUMBER})((?:\s{SCALE}){{0,2}})\s?({_AFTER}){END}"), _suffixed),
)
SCALE_RULES = (Rule("number", re.compile(rf"({NUMBER})((?:\s?{SCALE}){{1,2}}){END}()"), _suffixed),)
LETTER_RULES = (
    Rule("money", _PREFIXED, _prefixed),
    Rule("word", re.compile(rf"(?:{_alternatives(_money()['alone'])}){END}"), _alone),
)
MARK_RULES = (Rule("money", _PREFIXED, _prefixed),)
