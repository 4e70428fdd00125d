"""Numbers as people write and say them: 1.250.000, 3,5, hai mươi mốt, hai triệu rưỡi."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from modules.text import strip_diacritics

MAX_DIGITS = 18
_TOKEN = re.compile(r"[0-9]+(?:[.,][0-9]+)*|[^\W\d_]+|[²³%^()+\-−–*/×÷:=°]")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*")


def tokens_of(text: str) -> list[str]:
    """Return numbers, words and signs of a text, in lower case."""
    return _TOKEN.findall(text.lower())


@lru_cache(maxsize=1)
def numbers_data() -> Mapping[str, Any]:
    """Return the tables of `numbers.toml`."""
    return tomllib.loads(Path(__file__).with_name("numbers.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class NumberWords:
    """The number words in one spelling."""

    digits: Mapping[str, int]
    scales: Mapping[str, int]
    ten: str
    tens: frozenset[str]
    hundred: str
    zero_tens: frozenset[str]
    half: str
    comma: frozenset[str]
    short_units: frozenset[str]


@lru_cache(maxsize=2)
def number_words(bare: bool) -> NumberWords:
    """Return the number words, with or without diacritics."""
    data = numbers_data()

    def spell(word: str) -> str:
        return strip_diacritics(word) if bare else word

    def each(words: Sequence[str]) -> frozenset[str]:
        return frozenset(map(spell, words))

    return NumberWords(
        digits={spell(word): value for word, value in data["digits"].items()},
        scales={spell(word): value for word, value in data["scales"].items()},
        ten=spell(data["ten"]),
        tens=each(data["tens"]),
        hundred=spell(data["hundred"]),
        zero_tens=each(data["zero_tens"]),
        half=spell(data["half"]),
        comma=each(data["comma"]),
        short_units=each(data["short_units"]),
    )


def read_number(
    tokens: Sequence[str], start: int, words: NumberWords
) -> tuple[Fraction, int] | None:
    """Return the number that begins at `start` and where it ends, or None."""
    reader = _Reader(tokens, start, words)
    value = reader.number()
    return None if value is None else (value, reader.at)


def read_literal(token: str) -> Fraction | None:
    """Return the value of digits: both marks group thousands, else the last is the decimal mark."""
    if not token[:1].isdecimal() or sum(map(str.isdigit, token)) > MAX_DIGITS:
        return None
    if _GROUPED.fullmatch(token):
        return Fraction(re.sub(r"[.,]", "", token))
    head, mark, tail = token.rpartition("," if "," in token else ".")
    if not mark:
        return Fraction(token)
    head = re.sub(r"[.,]", "", head)
    return Fraction(f"{head}.{tail}") if tail.isdigit() else None


def write_number(value: Fraction, places: int = 4) -> tuple[str, bool]:
    """Return a number in Vietnamese spelling (1.250,5) and whether it is exact."""
    shown = round(value, places)
    whole, fraction = divmod(abs(shown), 1)
    text = f"{int(whole):,}".replace(",", ".")
    if fraction:
        text += "," + f"{int(fraction * 10**places):0{places}d}".rstrip("0")
    return ("-" + text if shown < 0 else text), shown == value


class _Reader:
    """Reads one number, token by token."""

    def __init__(self, tokens: Sequence[str], at: int, words: NumberWords) -> None:
        self._tokens = tokens
        self._words = words
        self.at = at

    def _next(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self._tokens[index] if index < len(self._tokens) else ""

    def number(self) -> Fraction | None:
        group = self._group()
        if group is None:
            return None
        total, scale = Fraction(0), 0
        while group is not None and self._next() in self._words.scales:
            scale = self._words.scales[self._next()]
            self.at += 1
            total += group * scale
            begun = self.at
            group = self._group()
            if group is not None and self.at == begun + 1 and group < 10 and not self._scaled():
                return total + group * Fraction(scale, 10)  # "hai triệu tư"
        total += group or 0
        if self._next() == self._words.half:
            self.at += 1
            total += Fraction(scale or 1, 2)
        elif self._next() in self._words.comma:
            total += self._decimals()
        return total

    def _scaled(self) -> bool:
        return self._next() in self._words.scales or self._next() == self._words.hundred

    def _group(self) -> Fraction | None:
        """Read up to the next scale word: digits, or words for 0 to 999."""
        literal = read_literal(self._next()) if self._next() else None
        if literal is not None:
            self.at += 1
            return literal
        value = self._below_hundred()
        if value is None or self._next() != self._words.hundred or value > 9:
            return None if value is None else Fraction(value)
        self.at += 1
        return Fraction(value * 100 + self._after_hundred())

    def _after_hundred(self) -> int:
        digits = self._words.digits
        if self._next() in self._words.zero_tens and self._next(1) in digits:
            self.at += 2
            return digits[self._next(-1)]
        if self._next() == self._words.half:
            self.at += 1
            return 50
        begun = self.at
        rest = self._below_hundred()
        if rest is None:
            return 0
        return rest * 10 if self.at == begun + 1 and rest < 10 else rest  # "một trăm hai"

    def _below_hundred(self) -> int | None:
        words = self._words
        if self._next() == words.ten:
            self.at += 1
            return 10 + self._unit()
        if self._next() not in words.digits:
            return None
        value = words.digits[self._next()]
        self.at += 1
        if self._next() in words.tens and value:
            self.at += 1
            return value * 10 + self._unit()
        if value > 1 and self._next() in words.short_units:
            return value * 10 + self._unit()  # "hai mốt"
        return value

    def _unit(self) -> int:
        digits = self._words.digits
        if self._next() in digits and digits[self._next()]:
            self.at += 1
            return digits[self._next(-1)]
        return 0

    def _decimals(self) -> Fraction:
        """Read what follows the decimal comma: "phẩy mười bốn", "phẩy một bốn"."""
        begun, said = self.at, ""
        self.at += 1
        while self._next() in self._words.digits and len(said) < MAX_DIGITS:
            if self._next(1) in self._words.tens or self._next(1) == self._words.hundred:
                break
            said += str(self._words.digits[self._next()])
            self.at += 1
        if not said:
            group = self._group()
            said = "" if group is None or group.denominator > 1 else str(group)
        if not said:
            self.at = begun
            return Fraction(0)
        return Fraction(int(said), 10 ** len(said))
