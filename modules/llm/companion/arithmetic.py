"""Calculations in words and digits, worked out exactly. No `eval`: a small parser and fractions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from modules.llm.companion.numbers import (
    NumberWords,
    number_words,
    numbers_data,
    read_number,
    tokens_of,
    write_number,
)
from modules.text import strip_diacritics

MAX_TOKENS = 60
_MAX_VALUE = 10**18
_MAX_POWER = 60
_DEEPEST = 12

Phrase = tuple[str, ...]


class TooLarge(ArithmeticError):
    """The result has more digits than anybody wants to hear."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A calculation that was understood: how it is said, and what it comes to."""

    said: str
    value: Fraction
    operations: int


def solve(text: str, *, bare: bool) -> Sum | None:
    """Return the calculation that `text` asks for, or None where it asks for none.

    Raises `ZeroDivisionError` and `TooLarge`.
    """
    tokens = tokens_of(text)
    if len(tokens) > MAX_TOKENS:
        return None  # half a calculation would be a wrong answer
    best, first, last = None, 0, 0
    for start in range(len(tokens)):
        parser = _Parser(tokens, start, bare=bare)
        found = parser.expression()
        if found and found.operations > (best.operations if best else 0):
            best, first, last = found, start, parser.at
    if best is None or not _is_asked(tokens, first, last, bare=bare):
        return None
    return best


def _is_asked(tokens: Sequence[str], first: int, last: int, *, bare: bool) -> bool:
    """Tell a request to calculate from numbers that stand in a sentence."""
    asking = numbers_data()["asking"]
    line = f" {' '.join(tokens)} "

    def spell(word: str) -> str:
        return strip_diacritics(word) if bare else word

    if any(f" {spell(word)} " in line for word in asking["trigger"]):
        return True
    around = set(map(spell, asking["around"]))
    if any(f" {spell(word)} " in line for word in asking["not_sums"]):
        return False
    rest = [*tokens[:first], *tokens[last:]]
    return all(token in around for token in rest)


@dataclass(frozen=True, slots=True)
class _Signs:
    operators: Mapping[Phrase, str]
    postfix: Mapping[Phrase, str]
    prefix: Mapping[Phrase, str]
    longest: int


@lru_cache(maxsize=2)
def _signs(bare: bool) -> _Signs:
    data = numbers_data()

    def table(name: str) -> dict[Phrase, str]:
        return {
            tuple(tokens_of(strip_diacritics(phrase) if bare else phrase)): sign
            for sign, phrases in data[name].items()
            for phrase in phrases
        }

    operators, postfix, prefix = table("operators"), table("postfix"), table("prefix")
    longest = max(map(len, (*operators, *postfix, *prefix)))
    return _Signs(operators, postfix, prefix, longest)


class _Parser:
    """Recursive descent: sums of products of powers."""

    def __init__(self, tokens: Sequence[str], at: int, *, bare: bool) -> None:
        self._tokens = tokens
        self._signs = _signs(bare)
        self._words: NumberWords = number_words(bare)
        self._depth = 0
        self.at = at

    def expression(self) -> Sum | None:
        return self._chain(self._product, "+-")

    def _product(self) -> Sum | None:
        return self._chain(self._power, "*/")

    def _chain(self, part: object, signs: str) -> Sum | None:
        left: Sum | None = part()  # type: ignore[operator]
        while left is not None:
            begun = self.at
            sign = self._take(self._signs.operators)
            if not sign or sign not in signs:
                self.at = begun
                return left
            right: Sum | None = part()  # type: ignore[operator]
            if right is None:
                self.at = begun
                return left
            left = _joined(left, sign, right)
        return left

    def _power(self) -> Sum | None:
        base = self._postfixed()
        begun = self.at
        if base is None or self._take(self._signs.operators) != "^":
            self.at = begun
            return base
        exponent = self._power()
        if exponent is None:
            self.at = begun
            return base
        return _joined(base, "^", exponent)

    def _postfixed(self) -> Sum | None:
        value = self._single()
        while value is not None and (sign := self._take(self._signs.postfix)):
            if sign != "percent":
                power, name = (2, "bình phương") if sign == "square" else (3, "lập phương")
                value = _checked(f"{value.said} {name}", value.value**power, value.operations + 1)
                continue
            begun = self.at
            whole = self._single()
            if whole is None:
                self.at = begun
                return Sum(f"{value.said}%", value.value / 100, value.operations)
            said = f"{value.said}% của {whole.said}"
            return _checked(said, value.value * whole.value / 100, value.operations + 1)
        return value

    def _single(self) -> Sum | None:
        begun = self.at
        self._depth += 1
        try:
            return self._bracketed() or self._prefixed() or self._number(begun)
        finally:
            self._depth -= 1

    def _bracketed(self) -> Sum | None:
        begun = self.at
        if self._depth < _DEEPEST and self._take(self._signs.operators) == "(":
            inner = self.expression()
            if inner and self._take(self._signs.operators) == ")":
                return Sum(f"({inner.said})", inner.value, inner.operations)
        self.at = begun
        return None

    def _prefixed(self) -> Sum | None:
        begun = self.at
        sign = self._take(self._signs.prefix) if self._depth < _DEEPEST else ""
        if not sign and self._take(self._signs.operators) == "-":
            sign = "minus"
        inner = self._single() if sign else None
        if inner is None:
            self.at = begun
            return None
        more = inner.operations + 1
        match sign:
            case "root":
                return Sum(f"căn bậc hai của {inner.said}", _root(inner.value), more)
            case "half_of":
                return Sum(f"một nửa của {inner.said}", inner.value / 2, more)
            case "double":
                return _checked(f"gấp đôi {inner.said}", inner.value * 2, more)
            case "triple":
                return _checked(f"gấp ba {inner.said}", inner.value * 3, more)
            case _:
                return Sum(f"âm {inner.said}", -inner.value, inner.operations)

    def _number(self, begun: int) -> Sum | None:
        self.at = begun
        found = read_number(self._tokens, self.at, self._words)
        if found is None:
            return None
        value, self.at = found
        return _checked(write_number(value)[0], value, 0)

    def _take(self, table: Mapping[Phrase, str]) -> str:
        for size in range(self._signs.longest, 0, -1):
            phrase = tuple(self._tokens[self.at : self.at + size])
            if len(phrase) == size and phrase in table:
                self.at += size
                return table[phrase]
        return ""


def _joined(left: Sum, sign: str, right: Sum) -> Sum:
    name = numbers_data()["spoken"][sign]
    said = f"{left.said} {name} {right.said}"
    operations = left.operations + right.operations + 1
    match sign:
        case "+":
            value = left.value + right.value
        case "-":
            value = left.value - right.value
        case "*":
            value = left.value * right.value
        case "/":
            value = left.value / right.value
        case _:
            value = _raised(left.value, right.value)
    return _checked(said, value, operations)


def _raised(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > _MAX_POWER or abs(base) > 10**6:
        raise TooLarge
    return Fraction(base ** int(exponent))


def _root(value: Fraction) -> Fraction:
    """Return the square root: exact where it is rational, else to twelve places."""
    if value < 0:
        raise ZeroDivisionError
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    if top * top == value.numerator and bottom * bottom == value.denominator:
        return Fraction(top, bottom)
    scaled = value.numerator * 10**24 // value.denominator
    return Fraction(math.isqrt(scaled), 10**12)


def _checked(said: str, value: Fraction, operations: int) -> Sum:
    if abs(value) > _MAX_VALUE or value.denominator > 10**30:
        raise TooLarge
    return Sum(said, value, operations)
