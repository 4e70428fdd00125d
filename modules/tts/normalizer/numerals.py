"""Numbers in words: cardinals of any size, decimals, digits one by one, Roman numerals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from modules.messages import Region
from modules.tts.normalizer.tables import read_table

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
LONGEST = 27
"""Digits of the longest number that is read as a number; beyond "tỷ tỷ" nobody follows."""
ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written: its digits before and after the decimal mark."""

    whole: str
    fraction: str = ""


@dataclass(frozen=True, slots=True)
class Numerals:
    """How a region reads numbers (`data/regions.toml`)."""

    thousand: str
    odd: str
    four: str
    house_slash: str

    def cardinal(self, digits: str) -> str:
        """Read a whole number, given as digits: "1005" is "một nghìn không trăm linh năm"."""
        digits = digits.lstrip("0")
        if not digits:
            return DIGITS[0]
        if len(digits) > LONGEST:
            return self.spelled(digits)
        return self._above(digits, False)

    def spelled(self, text: str) -> str:
        """Read every digit of a text by itself and pass over everything else."""
        return " ".join(DIGITS[int(c)] for c in text if c.isascii() and c.isdigit())

    def decimal(self, number: Number, mark: str = "phẩy") -> str:
        """Read a number with its decimals: two digits as a number, more or 0x one by one."""
        whole = self.cardinal(number.whole)
        if not number.fraction:
            return whole
        plain = len(number.fraction) > 2 or number.fraction.startswith("0")
        fraction = (self.spelled if plain else self.cardinal)(number.fraction)
        return f"{whole} {mark} {fraction}"

    def trailing(self, digit: str) -> str:
        """Read the digit that continues a larger unit: "1tr1" ends in "mốt", "2 tỷ 4" in "tư"."""
        return {"1": "mốt", "4": "tư"}.get(digit) or self.cardinal(digit)

    def _above(self, digits: str, full: bool) -> str:
        # Thousands of millions are counted again from the start: một nghìn tỷ, một tỷ tỷ.
        head, tail = digits[:-9], digits[-9:]
        if not head:
            return self._below(tail, full)
        words = [self._above(head, full), "tỷ"]
        if tail.strip("0"):
            words.append(self._below(tail, True))
        return " ".join(words)

    def _below(self, digits: str, full: bool) -> str:
        digits = digits.zfill(9)
        words: list[str] = []
        for start, name in ((0, "triệu"), (3, self.thousand), (6, "")):
            group = digits[start : start + 3]
            if group != "000":
                words += [*self._three(group, full or bool(words)), name]
        return " ".join(word for word in words if word)

    def _three(self, group: str, full: bool) -> list[str]:
        hundreds, tens, ones = map(int, group)
        words = [DIGITS[hundreds], "trăm"] if hundreds or full else []
        if tens == 0:
            return words + ([self.odd] if words and ones else []) + ([DIGITS[ones]] if ones else [])
        words += ["mười"] if tens == 1 else [DIGITS[tens], "mươi"]
        if ones == 5:
            words.append("lăm")
        elif ones == 1 and tens > 1:
            words.append("mốt")
        elif ones == 4 and tens > 1:
            words.append(self.four)
        elif ones:
            words.append(DIGITS[ones])
        return words


@cache
def numerals(region: Region) -> Numerals:
    """Return the numerals of a region."""
    return Numerals(**read_table("regions")[region])


def parse_number(text: str, money: bool = False) -> Number | None:
    """Read a written number, Vietnamese (1.250.000,5) or English (1,250,000.5).

    One comma before three digits is a decimal mark (2,345 %), unless the number is an amount of
    `money` or a round one (15,000). None where the marks follow neither habit (1.2.3).
    """
    parts = re.split(r"[.,]", text)
    marks = [c for c in text if c in ".,"]
    if not marks:
        return Number(parts[0])
    grouped = 1 <= len(parts[0]) <= 3 and parts[0] != "0"
    threes = grouped and len(set(marks)) == 1 and all(len(part) == 3 for part in parts[1:])
    if threes and (len(marks) > 1 or marks[0] == "." or money or parts[1].endswith("00")):
        return Number("".join(parts))
    if len(marks) == 1:
        return Number(parts[0], parts[1])
    if marks[-1] in marks[:-1] or len(set(marks[:-1])) > 1 or not grouped:
        return None
    if all(len(part) == 3 for part in parts[1:-1]):
        return Number("".join(parts[:-1]), parts[-1])
    return None


def roman_value(text: str) -> int | None:
    """Return the value of a well-formed Roman numeral in capitals, up to MMMCMXCIX."""
    if not text or len(text) > 15 or not ROMAN.fullmatch(text):
        return None
    values = [ROMAN_VALUES[c] for c in text]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )
