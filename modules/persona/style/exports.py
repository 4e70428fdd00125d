"""Chat exports of any program: which one it is is found from what is in it, not from its name."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Literal

from modules.errors import InvalidInput
from modules.persona.style.readers.chat_json import format_of, message_of
from modules.persona.style.readers.json_stream import JsonStream
from modules.persona.style.readers.plain import delimiter_of, is_named, plain, spreadsheet
from modules.persona.style.readers.stream import Message, Progress, chunks, lines
from modules.persona.style.readers.whatsapp import is_whatsapp, whatsapp
from modules.persona.style.readers.zalo import is_zalo, zalo
from modules.persona.style.rules import table
from modules.text import clean

__all__ = ["Export", "Format", "Message", "Progress", "open_export"]

Format = Literal["messenger", "telegram", "json", "whatsapp", "zalo", "csv", "plain"]

MAX_BYTES = 200 << 20
MAX_AUTHORS = 1_000
"""Authors that are counted by name; a file with more is no conversation of anybody."""
_HEAD_CHARACTERS = 1 << 16
_HEAD_LINES = 400

_SYSTEM = re.compile("|".join(f"(?:{each})" for each in table("exports")["system"]["patterns"]))
_EDITED = tuple(table("exports")["system"]["edited"])


class Export:
    """A chat export: who wrote in it, and what. Every iteration reads the file anew.

    `opener` opens the file; `size` is its length in bytes, for the progress.
    """

    def __init__(self, opener: Callable[[], BinaryIO], size: int, *, field: str = "file") -> None:
        self._opener = opener
        self._size = size
        self._field = field
        with closing(opener()) as file:
            self._head = _head(chunks(file, 0, field, None))
        self._head_lines = list(lines(iter([self._head + "\n"]), field))[:_HEAD_LINES]
        self.format: Format = self._found()

    def messages(self, progress: Progress | None = None) -> Iterator[Message]:
        """Yield what people wrote, in the order of the file, cleaned; nothing that programs wrote.

        Raises `InvalidInput` where the file breaks off, is malformed, or holds no message.
        """
        count = 0
        with closing(self._opener()) as file:
            texts = chunks(file, self._size, self._field, progress)
            for raw in self._read(texts):
                author, text = clean(raw.author)[:80], _without_edit(clean(raw.text))
                if text and not _SYSTEM.fullmatch(text.lower()):
                    count += 1
                    yield Message(author, raw.time, text)
        if not count:
            raise InvalidInput("no_messages", field=self._field)

    def authors(self, progress: Progress | None = None) -> dict[str, int]:
        """Return how many messages each author wrote, the most first."""
        counts: dict[str, int] = {}
        for message in self.messages(progress):
            if message.author in counts or len(counts) < MAX_AUTHORS:
                counts[message.author] = counts.get(message.author, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: -item[1]))

    def _read(self, texts: Iterator[str]) -> Iterator[Message]:
        match self.format:
            case "messenger" | "telegram" | "json":
                elements = JsonStream(texts, self._field).elements("messages")
                return (found for each in elements if (found := message_of(each)))
            case "whatsapp":
                return whatsapp(lines(texts, self._field))
            case "zalo":
                return zalo(lines(texts, self._field), self._head_lines)
            case "csv":
                delimiter = delimiter_of(self._head_lines)
                return spreadsheet(lines(texts, self._field), delimiter, self._field)
            case "plain":
                return plain(lines(texts, self._field), named=is_named(self._head_lines))

    def _found(self) -> Format:
        start = self._head.lstrip()[:1]
        if not start:
            raise InvalidInput("empty_file", field=self._field)
        if is_whatsapp(self._head_lines[:40]):
            return "whatsapp"
        if start in "{[":
            return _json_format(self._head)
        if delimiter_of(self._head_lines[:5]):
            return "csv"
        return "zalo" if is_zalo(self._head_lines) else "plain"


def open_export(path: Path, *, field: str = "file") -> Export:
    """Return the export in a file. Raises `InvalidInput` for what is none."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InvalidInput("too_big", field=field, limit_mb=MAX_BYTES >> 20)
    return Export(lambda: path.open("rb"), size, field=field)


def _head(texts: Iterator[str]) -> str:
    first = next(texts, "")
    return "".join(chain([first], [next(texts, "")] if len(first) < 2_000 else []))[
        :_HEAD_CHARACTERS
    ]


def _json_format(head: str) -> Format:
    name = format_of(head)
    return name if name in ("messenger", "telegram") else "json"  # type: ignore[return-value]


def _without_edit(text: str) -> str:
    for mark in _EDITED:
        if text.lower().endswith(mark):
            return text[: -len(mark)]
    return text


def from_bytes(data: bytes) -> Export:
    """Return the export in memory: for what is pasted into a page."""
    return Export(lambda: io.BytesIO(data), len(data))
