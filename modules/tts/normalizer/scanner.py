"""Walks over a text once and reads it: at each place the first rule that matches."""

from __future__ import annotations

from collections.abc import Iterator

from modules.tts.normalizer.context import Context, Rule
from modules.tts.normalizer.rules import DIGIT_RULES, LETTER_RULES, MARK_RULES

PLACEHOLDER = 0xF0000
"""First code point of those that stand for the user's own words: private use, plane 15."""


def scan(context: Context) -> Iterator[str]:
    """Yield the readings of everything in the text, in order."""
    text, at = context.text, 0
    while at < len(text):
        char = text[at]
        if char == " ":
            at += 1
            continue
        if ord(char) >= PLACEHOLDER:
            yield context.readings[ord(char) - PLACEHOLDER]
            context.kind, at = "word", at + 1
            context.end = at
            continue
        at, words = _read(context, _rules(char), at)
        yield words


def _rules(char: str) -> tuple[Rule, ...]:
    if "0" <= char <= "9":
        return DIGIT_RULES
    return LETTER_RULES if char.isalpha() else MARK_RULES


def _read(context: Context, rules: tuple[Rule, ...], at: int) -> tuple[int, str]:
    for rule in rules:
        match = rule.pattern.match(context.text, at)
        if match is None:
            continue
        reading = rule.read(match, context)
        if reading is not None:
            words, end = reading if isinstance(reading, tuple) else (reading, match.end())
            context.kind, context.end = rule.kind, end
            return end, words
    return at + 1, ""
