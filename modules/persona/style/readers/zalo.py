"""Zalo has no export that it documents; what is copied out of a conversation is read.

The forms that are accepted (a time is "21:05", "21:05 25/12/2023", "25/12/2023 21:05",
"Hôm qua 21:05"; blank lines, and lines that are only a date, are skipped):

    An Nguyễn            An Nguyễn            An Nguyễn, 21:05
    21:05                chào nha             chào nha
    chào nha             đang làm gì đó       đang làm gì đó
    đang làm gì đó       21:05

Every block bears its name. "[21:05, 25/12/2023] An: chào" is read as WhatsApp's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from modules.persona.style.readers.stamps import DATE, TIME, Clock
from modules.persona.style.readers.stream import LONGEST_MESSAGE, Message

_DAY = (
    rf"(?:hôm nay|hôm qua|thứ (?:hai|ba|tư|năm|sáu|bảy)|chủ nhật|cn|t[2-7]|{DATE}"
    r"|\d{1,2}/\d{1,2})"
)
_STAMP = re.compile(rf"(?:{_DAY},?(?: lúc)?\s+)?{TIME}(?:,?\s+{_DAY})?", re.IGNORECASE)
_DATE_LINE = re.compile(rf"{_DAY}(?:,?\s+{_DAY})?", re.IGNORECASE)
_HEAD = re.compile(
    rf"(?P<name>\S.{{0,58}}?)\s*(?:,\s*|\s\[|\s)(?P<stamp>{_STAMP.pattern})\]?", re.I
)
_STATUS = frozenset({"đã nhận", "đã xem", "đã gửi", "chưa gửi", "thu hồi", "thích", "trả lời"})
_LONGEST_NAME = 60


def is_zalo(lines: Sequence[str]) -> bool:
    """Tell whether lines look like a copied conversation: names, and times of their own."""
    kept = [line.strip() for line in lines if line.strip()]
    stamps = sum(bool(_STAMP.fullmatch(line)) for line in kept)
    heads = sum(_is_head(line) for line in kept)
    return len(kept) >= 3 and max(stamps, heads) >= 1 and max(stamps, heads) * 12 >= len(kept)


def zalo(lines: Iterable[str], head: Sequence[str]) -> Iterator[Message]:
    """Yield the messages of a copied conversation; `head` is how it begins, to know its form."""
    kept = [line.strip() for line in head if line.strip() and not _skipped(line.strip())]
    stamps = [place for place, line in enumerate(kept) if _STAMP.fullmatch(line)]
    if not stamps:
        yield from _one_line_heads(lines)
    elif stamps[0] == 1:
        yield from _time_second(lines)
    else:
        yield from _time_last(lines)


def _one_line_heads(lines: Iterable[str]) -> Iterator[Message]:
    clock = Clock()
    author, stamp = "", ""
    for line in _useful(lines):
        match = _HEAD.fullmatch(line)
        if match and _is_head(line):
            author, stamp = match["name"].rstrip(","), match["stamp"]
        elif author:
            yield Message(author, clock.read(stamp), line[:LONGEST_MESSAGE])


def _time_second(lines: Iterable[str]) -> Iterator[Message]:
    """Read blocks of name, time, texts: the line before a time is a name."""
    clock = Clock()
    author, stamp, waiting = "", "", ""
    for line in _useful(lines):
        if _STAMP.fullmatch(line) and waiting:
            author, stamp, waiting = waiting, line, ""
            continue
        if waiting and author:
            yield Message(author, clock.read(stamp), waiting[:LONGEST_MESSAGE])
        waiting = line
    if waiting and author:
        yield Message(author, clock.read(stamp), waiting[:LONGEST_MESSAGE])


def _time_last(lines: Iterable[str]) -> Iterator[Message]:
    """Read blocks of name, texts, time: a time ends a block, and the next line is a name."""
    clock = Clock()
    block: list[str] = []
    for line in _useful(lines):
        if not _STAMP.fullmatch(line):
            block.append(line[:LONGEST_MESSAGE])
            continue
        if len(block) > 1 and len(block[0]) <= _LONGEST_NAME:
            moment = clock.read(line)
            yield from (Message(block[0], moment, text) for text in block[1:])
        block = []


def _useful(lines: Iterable[str]) -> Iterator[str]:
    for raw in lines:
        line = raw.strip()
        if line and not _skipped(line):
            yield line


def _skipped(line: str) -> bool:
    return line.lower() in _STATUS or bool(_DATE_LINE.fullmatch(line))


def _is_head(line: str) -> bool:
    match = _HEAD.fullmatch(line)
    # A name has no sentence's marks, and few words: "mai gặp lúc 21:05" is no head.
    name = match["name"].rstrip(",") if match else ""
    return bool(name) and name[:1].isupper() and len(name.split()) <= 5 and name.istitle()
