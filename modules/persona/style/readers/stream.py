"""Bytes into text and lines, piece by piece: a file of any size takes the memory of one piece."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from modules.errors import InvalidInput

Progress = Callable[[float], None]
"""Is told which part of the file has been read, 0 to 1."""

CHUNK = 1 << 18
LONGEST_LINE = 100_000
"""Characters; the longest message that a chat program sends is far below."""
LONGEST_MESSAGE = 4_000
"""Characters of a message that are kept."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat: who wrote it ("" where the export does not say), when, and what."""

    author: str
    time: datetime | None
    text: str


def chunks(file: BinaryIO, size: int, field: str, progress: Progress | None) -> Iterator[str]:
    """Yield the text of a file, decoded from UTF-8, or from UTF-16 where it says so.

    Raises `InvalidInput` for an archive, for what is no text, and for another encoding.
    """
    first = file.read(CHUNK)
    bom, encoding = _encoding(first, field)
    decoder = codecs.getincrementaldecoder(encoding)()
    data, done = first[len(bom) :], len(first)
    while True:
        try:
            text = decoder.decode(data)
        except UnicodeDecodeError:
            raise InvalidInput("not_utf8", field=field) from None
        if text:
            yield text
        if progress and size:
            progress(min(1.0, done / size))
        data = file.read(CHUNK)
        if not data:
            return  # what is left in the decoder is a character that the file cut in two
        done += len(data)


def lines(texts: Iterator[str], field: str) -> Iterator[str]:
    """Yield the lines of a text that comes in pieces, without their ends.

    Raises `InvalidInput("line_too_long")`.
    """
    rest = ""
    for text in texts:
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            if len(line) > LONGEST_LINE:
                raise InvalidInput("line_too_long", field=field, limit=LONGEST_LINE)
            yield line.removesuffix("\r").replace("\r", " ")
        if len(rest) > LONGEST_LINE:
            raise InvalidInput("line_too_long", field=field, limit=LONGEST_LINE)
    if rest:
        yield rest.removesuffix("\r").replace("\r", " ")


def _encoding(first: bytes, field: str) -> tuple[bytes, str]:
    if not first:
        raise InvalidInput("empty_file", field=field)
    if first.startswith(_ARCHIVES):
        raise InvalidInput("archive", field=field)
    for bom, encoding in _BOMS:
        if first.startswith(bom):
            return bom, encoding
    if b"\0" in first:
        raise InvalidInput("not_text_file", field=field)
    return b"", "utf-8"
