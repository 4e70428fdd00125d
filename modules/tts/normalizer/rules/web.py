"""Addresses of the net, names of files, mentions and hashtags."""

from __future__ import annotations

import re

from modules.tts.normalizer.characters import CAPITAL
from modules.tts.normalizer.context import Context, Rule
from modules.tts.normalizer.rules.words import foreign, letter_names, plain_word
from modules.tts.normalizer.syllables import is_syllable, split_unmarked
from modules.tts.normalizer.tables import read_table

DOMAINS = "|".join(sorted(read_table("symbols")["top_level"]["domains"], key=len, reverse=True))
FILES = "|".join(sorted(read_table("symbols")["top_level"]["files"], key=len, reverse=True))
NAME = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,40}[A-Za-z0-9])?"
HOST = rf"{NAME}(?:\.{NAME}){{0,4}}\.(?:{DOMAINS})(?![^\W_]|\.[A-Za-z0-9])"
EMAIL = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._+\-]{{0,63}}@{HOST}", re.IGNORECASE)
URL = re.compile(
    rf"(?:https?://|ftp://)?(?:{HOST})(?::\d{{2,5}})?((?:/[^\s<>\"'()?#]{{0,200}})?)[^\s<>\"'()]{{0,200}}",
    re.IGNORECASE,
)
SCHEME = re.compile(r"(?:https?|ftp)://([^\s<>\"'()?#]{1,200})[^\s<>\"'()]{0,200}", re.IGNORECASE)
FILE = re.compile(rf"[^\W_](?:[^\W]|[\-.]){{0,60}}\.(?:{FILES})(?![^\W_])", re.IGNORECASE)
PIECES = re.compile(r"[^\W\d_]+|\d+|[.@/_:+#-]")
CAMEL = re.compile(rf"{CAPITAL}?(?:(?!{CAPITAL})[^\W\d_])+|{CAPITAL}+(?!(?!{CAPITAL})[^\W\d_])|\d+")
"""The words of "BóngĐá2024"."""
LONGEST_LABEL = 40


def _is_net(host: str, context: Context) -> bool:
    """Return whether a name with a dot is an address, not two words that lost their space.

    "xong.ai" and "đi.to" are sentences, "GS.TS" is a title.
    """
    name, _, top = host.partition("/")[0].rpartition(".")
    if host in context.tables.exact:
        return False
    return not (is_syllable(top.lower()) and is_syllable(name.lower()))


def _address(match: re.Match[str], context: Context) -> str | None:
    text = re.sub(r"^(?:https?|ftp)://", "", match[0], flags=re.IGNORECASE)
    if text == match[0] and "@" not in text and not _is_net(text, context):
        return None
    return read_address(re.split(r"[?#]", text)[0].rstrip("/.,;:!"), context)


def _trailing(match: re.Match[str], context: Context) -> str | None:
    words = _address(match, context)
    if words is None:
        return None
    mark = match[0][-1]
    return f"{words} {mark}" if mark in ".,;:!" else words


def _file(match: re.Match[str], context: Context) -> str | None:
    stem = match[0].rpartition(".")[0]
    if not _is_net(match[0], context):
        return None
    if stem.isdigit() or not re.search(r"[^\W\d_]", stem):
        return read_address(match[0], context) if stem.isdigit() else None
    return read_address(match[0], context)


def read_address(text: str, context: Context) -> str:
    """Read an address piece by piece, its signs by their names."""
    names = context.tables.symbols["web"]
    words = context.tables.unmarked.get(text.lower())
    if words:
        return words
    return " ".join(
        names.get(piece) or read_label(piece, context) for piece in PIECES.findall(text)
    )


def read_label(label: str, context: Context) -> str:
    """Read one name of an address: a word that is known, syllables without marks, or letters."""
    small = label.lower()
    if small.isdigit():
        return (
            context.numerals.spelled(small) if len(small) > 2 else context.numerals.cardinal(small)
        )
    known = context.tables.unmarked.get(small) or foreign(label, context)
    if known:
        return known
    if len(small) == 1 or len(small) > LONGEST_LABEL:
        return letter_names(small, context)
    if is_syllable(small):
        return plain_word(small, context)
    parts = split_unmarked(small)
    if parts and all(len(part) > 1 or part == parts[-1] for part in parts):
        return " ".join(
            context.tables.unmarked.get(part) or plain_word(part, context) for part in parts
        )
    return plain_word(small, context)


def _mention(match: re.Match[str], context: Context) -> str:
    names = context.tables.symbols["web"]
    words = f" {names['.']} ".join(_tag_words(part, context) for part in match[1].split("."))
    return f"{names['@']} {words}"


def _hashtag(match: re.Match[str], context: Context) -> str | None:
    words = _tag_words(match[1], context)
    if match[1].isdigit():
        return f"số {words}"
    name = context.tables.symbols["web"]["hashtag"]
    return words if context.before(match.start(), 1) == ["hashtag"] else f"{name} {words}"


def _tag_words(tag: str, context: Context) -> str:
    whole = context.tables.unmarked.get(tag.lower())
    if whole:
        return whole
    pieces = [piece for part in tag.split("_") for piece in CAMEL.findall(part)]
    return " ".join(read_label(piece, context) for piece in pieces)


RULES = (
    Rule("word", EMAIL, _address),
    Rule("word", URL, _trailing),
    Rule("word", SCHEME, _trailing),
    Rule("word", FILE, _file),
)
MARK_RULES = (
    Rule("word", re.compile(r"@(\w{1,40}(?:\.\w{1,40})?)"), _mention),
    Rule("word", re.compile(r"@(?=\s|$)"), lambda match, context: "a còng"),
    Rule("word", re.compile(r"#(\w{1,60})"), _hashtag),
)
