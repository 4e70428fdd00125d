"""Units of measurement into one another."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from modules.llm.companion.numbers import number_words, read_number, tokens_of, write_number
from modules.text import strip_diacritics

_LONGEST = 5


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: a value is worth (value + offset) * size of its quantity's base."""

    name: str
    quantity: str
    size: Fraction
    offset: Fraction


@dataclass(frozen=True, slots=True)
class Conversion:
    """`amount` as it was asked for, `value` as the other unit, and whether that is exact.

    Both are empty where the two units measure different things.
    """

    amount: str
    value: str
    exact: bool


def convert(text: str, *, bare: bool) -> Conversion | None:
    """Return the conversion that `text` asks for, or None where it asks for none."""
    tokens = tokens_of(text)[:60]
    asking, units = _tables(bare)
    line = f" {' '.join(tokens)} "
    if not any(f" {word} " in line for word in asking):
        return None
    source: tuple[Fraction, Unit] | None = None
    target: Unit | None = None
    for start, unit in _mentions(tokens, units):
        value = _number_before(tokens, start, bare=bare)
        if value is not None and source is None:
            source = value, unit
        elif value is None:
            target = unit
    if source is None or target is None or source[1] == target:
        return None
    return _converted(*source, target)


def _converted(value: Fraction, unit: Unit, target: Unit) -> Conversion:
    if unit.quantity != target.quantity:
        return Conversion("", "", exact=False)
    result = (value + unit.offset) * unit.size / target.size - target.offset
    shown, exact = write_number(result)
    if not exact:
        # Two places are enough to be said, unless the number is small.
        shown = write_number(result, 2 if abs(result) >= 1 else 12 if shown in ("0", "-0") else 4)[
            0
        ]
    return Conversion(f"{write_number(value)[0]} {unit.name}", f"{shown} {target.name}", exact)


def _mentions(
    tokens: Sequence[str], units: Mapping[tuple[str, ...], Unit]
) -> list[tuple[int, Unit]]:
    found: list[tuple[int, Unit]] = []
    at = 0
    while at < len(tokens):
        for size in range(_LONGEST, 0, -1):
            unit = units.get(tuple(tokens[at : at + size]))
            if unit is not None and at + size <= len(tokens):
                found.append((at, unit))
                at += size - 1
                break
        at += 1
    return found


def _number_before(tokens: Sequence[str], end: int, *, bare: bool) -> Fraction | None:
    words = number_words(bare)
    best: Fraction | None = None
    for start in range(max(0, end - 10), end):
        found = read_number(tokens, start, words)
        if found and found[1] == end:
            best = -found[0] if start and tokens[start - 1] in ("-", "−", "âm", "am") else found[0]
            break
    return best


@lru_cache(maxsize=2)
def _tables(bare: bool) -> tuple[tuple[str, ...], Mapping[tuple[str, ...], Unit]]:
    data = tomllib.loads(Path(__file__).with_name("units.toml").read_text(encoding="utf-8"))

    def spell(word: str) -> str:
        return strip_diacritics(word) if bare else word

    asking = tuple(map(spell, data.pop("asking")["words"]))
    units: dict[tuple[str, ...], Unit] = {}
    for quantity, table in data.items():
        for row in table["units"]:
            unit = Unit(
                row["name"], quantity, Fraction(row["size"]), Fraction(row.get("offset", "0"))
            )
            for name in (row["name"], *row["also"]):
                units[tuple(tokens_of(spell(name)))] = unit
    return asking, units
