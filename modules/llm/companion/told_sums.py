"""Sums that are told instead of dictated: "500 nghìn, mua hết 320 thì còn bao nhiêu"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

from modules.llm.companion.numbers import (
    number_words,
    numbers_data,
    read_number,
    tokens_of,
    write_number,
)
from modules.text import strip_diacritics

Told = tuple[str, Fraction]
"""How the calculation is said, and what it comes to."""

_MOST = 10**18
_THOUSAND = 1_000


def told_sum(text: str, *, bare: bool) -> Told | None:
    """Return the calculation that `text` tells of and asks the result of, or None.

    Every number of the text must have its place in it: else something else is told.
    """
    line, values = _abstract(tokens_of(text), bare=bare)
    for kind, pattern in _patterns(bare):
        match = pattern.search(line)
        if match is None or match[0].count("#") != len(values):
            continue
        found = _KINDS[kind](values, [group for group in match.groups() if group], bare)
        if found is not None and 0 <= found[1] <= _MOST:
            return found
    return None


def _abstract(tokens: Sequence[str], *, bare: bool) -> tuple[str, list[Fraction]]:
    """Return the line with # for every number, each word followed by a space, and the numbers."""
    words = number_words(bare)
    units = _units(bare)
    line, values, at = "", [], 0
    while at < len(tokens):
        found = None
        if not (tokens[at] in units and line.endswith(_counting(bare))):  # "một năm" is no "1 5"
            found = read_number(tokens, at, words)
        if found is None:
            line, at = f"{line}{tokens[at]} ", at + 1
            continue
        value, end = found
        # "18 triệu một tháng": the one belongs to the month
        if end - at > 1 and tokens[end : end + 1] and tokens[end] in units:
            shorter = read_number(tokens[: end - 1], at, words)
            last = words.digits.get(tokens[end - 1])
            found = shorter if shorter and last == 1 else found
        value, at = found
        values.append(value)
        line += "# "
    return line, values


@lru_cache(maxsize=2)
def _units(bare: bool) -> Mapping[str, Fraction]:
    """Return the units of time that something is paid by, in days."""
    table: Mapping[str, str] = numbers_data()["told"]["days"]
    spell = strip_diacritics if bare else str
    return {spell(name): Fraction(days) for name, days in table.items()}


@lru_cache(maxsize=2)
def _counting(bare: bool) -> tuple[str, ...]:
    spell = strip_diacritics if bare else str
    return tuple(f"{spell(word)} " for word in ("#", *numbers_data()["told"]["each"]))


@lru_cache(maxsize=2)
def _patterns(bare: bool) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the patterns of `numbers.toml` with their kinds; the first that fits counts."""
    told = numbers_data()["told"]
    spell = strip_diacritics if bare else str

    def compiled(pattern: str) -> re.Pattern[str]:
        unit = "|".join(_units(bare))
        text = spell(pattern).replace("...", r"(?:[^# ]+ ){0,4}").replace("%unit", f"({unit})")
        return re.compile(rf"(?:^|(?<= )){text}")

    return tuple((kind, compiled(each)) for kind, all_ in told["asked"].items() for each in all_)


def _shown(value: Fraction) -> str:
    return write_number(value)[0]


def _of_one_scale(first: Fraction, second: Fraction) -> Fraction:
    """Return the second as it is meant behind the first: "500 nghìn, mua hết 320" in thousands."""
    if first >= _THOUSAND > second and second * _THOUSAND <= first:
        return second * _THOUSAND
    return second


def _summed(values: Sequence[Fraction], units: Sequence[str], bare: bool) -> Told | None:
    return " cộng ".join(map(_shown, values)), sum(values, Fraction(0))


def _left(values: Sequence[Fraction], units: Sequence[str], bare: bool) -> Told | None:
    first, second = values[0], _of_one_scale(values[0], values[1])
    return f"{_shown(first)} trừ {_shown(second)}", first - second


def _less(values: Sequence[Fraction], units: Sequence[str], bare: bool) -> Told | None:
    share, whole = values
    return f"{_shown(whole)} giảm {_shown(share)}%", whole * (1 - share / 100)


def _more(values: Sequence[Fraction], units: Sequence[str], bare: bool) -> Told | None:
    share, whole = values
    return f"{_shown(whole)} tăng {_shown(share)}%", whole * (1 + share / 100)


def _many(values: Sequence[Fraction], units: Sequence[str], bare: bool) -> Told | None:
    return f"{_shown(values[0])} nhân {_shown(values[1])}", values[0] * values[1]


def _paid(values: Sequence[Fraction], units: Sequence[str], bare: bool) -> Told | None:
    """Return what comes together: so much a month, in so many months or years."""
    amount, count = values[0], values[-1]
    per = values[1] if len(values) > 2 else Fraction(1)
    days = _units(bare)
    times = Fraction(count * days[units[1]], per * days[units[0]])
    whole = {(30, 360): 12, (7, 360): 52, (1, 360): 365}  # a year of days, weeks, months
    if (usual := whole.get((int(days[units[0]]), int(days[units[1]])))) is not None:
        times = count * usual / per
    return f"{_shown(amount)} nhân {_shown(times)}", amount * times


def _turned(kind: Callable[..., Told | None]) -> Callable[..., Told | None]:
    """Return the same for numbers that are told the other way round."""
    return lambda values, units, bare: kind(values[::-1], units, bare)


_KINDS: Mapping[str, Callable[[Sequence[Fraction], Sequence[str], bool], Told | None]] = {
    "summed": _summed,
    "less": _less,
    "less_turned": _turned(_less),
    "more": _more,
    "more_turned": _turned(_more),
    "left": _left,
    "many": _many,
    "paid": _paid,
}
