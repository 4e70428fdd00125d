"""Numbers with units: 2,5kg, 60km/h, 37,5°C, 100m2, 1m82, 25%."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from modules.tts.normalizer.context import Context, Rule, follows
from modules.tts.normalizer.rules.numbers import NUMBER, SCALE, read_amount
from modules.tts.normalizer.tables import read_table

END = r"(?:(?<=[%‰°])|(?![^\W_]))"
"""A unit ends with its word, but a sign may touch the next one: "50%off"."""
POWERS = {"2": "square", "3": "cube"}


@cache
def _units() -> dict[str, Any]:
    return read_table("units")


@cache
def unit_pattern() -> str:
    """Return the alternation of all units, longest first."""
    return "|".join(re.escape(unit) for unit in sorted(_units()["units"], key=len, reverse=True))


def read_unit(unit: str, power: str | None) -> str | None:
    """Read a unit with its power; None where that unit has none."""
    words = str(_units()["units"][unit])
    if not power:
        return words
    power = power[-1]
    if unit not in _units()["powers"]["units"]:
        return f"{words} bình phương" if power == "2" and unit == "s" else None
    return f"{words} {_units()['powers'][POWERS[power]]}"


def read_rate(unit: str, power: str | None) -> str | None:
    """Read what stands behind the slash of a rate: "trên giờ", "một lít"."""
    words = read_unit(unit, power)
    per = "trên" if unit in _units()["over"]["units"] else "một"
    return f"{per} {words}" if words else None


def _measure(match: re.Match[str], context: Context) -> str | None:
    number, scale, gap, unit, power, over, over_power = match.groups()
    if (gap and unit in _units()["attached"]["units"]) or not _cued(match, context):
        return None
    if power and not gap and _is_height(match, context):
        return f"{context.numerals.cardinal(number)} mét {context.numerals.trailing(power)}"
    amount, words = read_amount(number, context), read_unit(unit, power)
    if amount is None or words is None:
        return None
    amount += scale
    rate = read_rate(over, over_power) if over else ""
    return None if rate is None else f"{amount} {words} {rate}".rstrip()


def _cued(match: re.Match[str], context: Context) -> bool:
    cues = _units()["cued"].get(match[4])
    return cues is None or follows(context.before(match.start()), frozenset(cues), 3)


def _is_height(match: re.Match[str], context: Context) -> bool:
    # "cao 1m2" is one metre twenty; "đất 1m2" one square metre.
    at = match.start()
    low = match[1] in ("1", "2") and match[4] == "m" and len(match[5]) == 1
    behind = context.text[max(0, at - 3) : at].rstrip()[-1:]
    return low and (context.cued(at, "height", 2) or behind in ("<", ">", "≤", "≥"))


def _split(match: re.Match[str], context: Context) -> str | None:
    # 1m82, 3kg2, 2m05, 5 mét 2
    whole, unit, rest = match.groups()
    words = f"{context.numerals.cardinal(whole)} {_units()['units'][unit]}"
    if len(rest) == 1:
        return f"{words} {context.numerals.trailing(rest)}"
    if rest.startswith("0"):
        return f"{words} {context.numerals.spelled(rest)}"
    return f"{words} {context.numerals.cardinal(rest)}"


def _minute_mark(match: re.Match[str], context: Context) -> str | None:
    amount = read_amount(match[1], context)
    return f"{amount} phút" if amount else None


def _inch_mark(match: re.Match[str], context: Context) -> str | None:
    amount = read_amount(match[1], context)
    return f"{amount} inh" if amount and not context.quoted else None


def _arc(match: re.Match[str], context: Context) -> str:
    words = [f"{context.numerals.cardinal(match[1])} độ {context.numerals.cardinal(match[2])} phút"]
    if match[3]:
        words.append(f"{context.numerals.cardinal(match[3])} giây")
    return " ".join(words)


_UNIT = unit_pattern()
_POWER = r"(\^?[23](?![^\W_]))?"
_AMOUNT = rf"({NUMBER})((?:\s{SCALE}){{0,2}})(\s?)({_UNIT}){_POWER}"
RULES = (
    Rule("measure", re.compile(r"""(\d{1,3})°\s?(\d{1,2})'(?:\s?(\d{1,2})(?:"|''))?"""), _arc),
    Rule(
        "measure",
        re.compile(rf"(\d{{1,3}})(m|kg|mét|cân|ký|lít)(\d{{1,2}}){END}(?<!m2)(?<!m3)"),
        _split,
    ),
    Rule("measure", re.compile(rf"{_AMOUNT}\s?/\s?({_UNIT}){_POWER}{END}"), _measure),
    Rule("measure", re.compile(rf"{_AMOUNT}()(){END}"), _measure),
    Rule("measure", re.compile(rf"({NUMBER})'(?!\w)"), _minute_mark),
    Rule("measure", re.compile(rf'({NUMBER})"'), _inch_mark),
)
