"""Patterns over syllables, as a linguist writes them, compiled to regular expressions.

    (a|b |)     one of several readings, the empty one included
    ...         up to six syllables of anything
    ^ $         the beginning, the end
    !(a|b)      not followed by one of these
    # _         a number, any one syllable
    %me         a class of `hearing.toml`: me, you, kin, term, word
    %for_me     a class that is a pattern itself
    =word       this word with its marks only: without them it is another one more often

A pattern is matched against syllables that are each followed by one space.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

_TOKEN = re.compile(r"\.\.\.|!\(|[()|^$]|[^\s()|^$]+")
_GAP = r"(?:\S+ ){0,6}"
_NUMBER = r"(?:\d+|một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|mươi|trăm|lăm|mốt|tư)"


def compile_patterns(
    patterns: Iterable[str],
    classes: Mapping[str, Iterable[str]],
    spell: Callable[[str], str] = str,
) -> re.Pattern[str] | None:
    """Return one expression for all `patterns`, or None for none; `spell` maps every word."""
    parts = [_expression(pattern, classes, spell) for pattern in patterns]
    return re.compile(rf"(?:^|(?<= ))(?:{'|'.join(parts)})") if parts else None


def _expression(
    pattern: str, classes: Mapping[str, Iterable[str]], spell: Callable[[str], str]
) -> str:
    out: list[str] = []
    for token in _TOKEN.findall(unicodedata.normalize("NFC", pattern)):
        match token:
            case "(":
                out.append("(?:")
            case "!(":
                out.append("(?!")
            case ")" | "|" | "^" | "$":
                out.append(token)
            case "...":
                out.append(_GAP)
            case "_" | "%word":
                out.append(r"\S+ ")
            case "#":
                out.append(rf"(?:{spell(_NUMBER)} )+")
            case _ if token.startswith("=") and len(token) > 1:
                out.append(re.escape(token[1:]) + " ")
            case _ if token.startswith("%") and isinstance(classes[token[1:]], str):
                out.append(_expression(str(classes[token[1:]]), classes, spell))
            case _ if token.startswith("%"):
                words = sorted(set(map(spell, classes[token[1:]])), key=len, reverse=True)
                out.append(f"(?:{'|'.join(map(re.escape, words))}) ")
            case _:
                out.append(re.escape(spell(token)) + " ")
    return "".join(out)
