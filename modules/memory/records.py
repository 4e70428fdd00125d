"""What is kept: a memory, and a memory that was found for a query."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, get_args
from uuid import uuid4

from modules.errors import InvalidInput

Source = Literal["user", "api", "auto"]
"""Who asked for it: the user in so many words, the API, or the app by itself (`facts_in`)."""
SOURCES: tuple[Source, ...] = get_args(Source)
MAX_TEXT = 1_000
"""Characters of one memory."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One thing that a user wants remembered; `created` is ISO 8601 in UTC."""

    id: str
    text: str
    created: str
    source: Source
    kinds: str = field(default="", compare=False, repr=False)
    """What it tells that a person has only one of, such as "age name": see `sameness`."""

    def as_dict(self) -> dict[str, str]:
        """Return the memory as plain data, for an export or the API."""
        return {
            "id": self.id,
            "text": self.text,
            "created": self.created,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Recalled:
    """A memory, and how near it is to what was asked: cosine similarity, at most 1."""

    memory: Memory
    score: float


def new_memory(text: str, source: Source, said_at: datetime | None = None) -> Memory:
    """Return a new memory; `said_at` without a time zone is taken as UTC."""
    moment = said_at or datetime.now(UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    created = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Memory(uuid4().hex, text, created, source)


def clean(text: str) -> str:
    """Return the text in NFC, on one line, without control characters and unpaired surrogates."""
    kept = "".join(
        " " if mark.isspace() else "" if unicodedata.category(mark) in ("Cc", "Cs") else mark
        for mark in text
    )
    return " ".join(unicodedata.normalize("NFC", kept).split())


def checked(text: str) -> str:
    """Return the cleaned text, or raise `InvalidInput` where nothing or too much is left."""
    cleaned = clean(text)
    if not cleaned:
        raise InvalidInput("empty", field="text")
    if len(cleaned) > MAX_TEXT:
        raise InvalidInput("too_long", field="text", limit=MAX_TEXT)
    return cleaned


def as_source(value: object) -> Source:
    """Return the source that a stored value names; what is unknown counts as the user's own."""
    return next((source for source in SOURCES if source == value), "user")
