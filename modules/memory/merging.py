"""Memories taken in from an export: what is new of them, and what each replaces.

Pure: two lists of memories give one, as if everything had been told in the order of its dates.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from modules.errors import GuongError, InvalidInput
from modules.memory.records import Memory, as_source, checked
from modules.memory.sameness import content, single_kinds, superseded_kinds
from modules.memory.secret import secret_in

MOST_ROWS = 50_000
_KEYS = {"id", "text", "created", "source"}


@dataclass(frozen=True, slots=True)
class Taken:
    """How many memories an import brought, knew already, and refused (secrets, broken ones)."""

    added: int
    known: int
    refused: int


def read_memories(text: str | bytes) -> tuple[list[Memory], int]:
    """Return the memories of an exported `memories.json`, and how many were refused.

    Raises `InvalidInput` with `field` "file": "import_foreign" where it is another program's file,
    "import_damaged" where it is cut off.
    """
    try:
        rows: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("import_damaged", field="file") from error
    if not isinstance(rows, list) or not all(_is_ours(row) for row in rows):
        raise InvalidInput("import_foreign", field="file")
    if len(rows) > MOST_ROWS:
        raise InvalidInput("import_too_large", field="file", limit=MOST_ROWS)
    found = [_memory(row) for row in rows]
    memories = [memory for memory in found if memory]
    return memories, len(found) - len(memories)


def merged(here: Sequence[Memory], brought: Sequence[Memory]) -> list[Memory]:
    """Return all memories of both, oldest first, later ones in the place of what they replace."""
    kept: dict[str, Memory] = {}
    by_content: dict[frozenset[str], str] = {}
    own = {memory.id for memory in here}
    for memory in sorted((*here, *brought), key=lambda each: (each.created, each.id not in own)):
        gone = [by_content.get(content(memory.text), "")]
        gone += _superseded(kept.values(), memory)
        older = [kept.pop(key) for key in dict.fromkeys(gone) if key in kept]
        # Whoever was here first keeps the id: the page may hold it.
        known = next((old.id for old in older if old.id in own), memory.id)
        fresh = known if known not in kept else uuid4().hex
        kept[fresh] = replace(memory, id=fresh)
        by_content[content(memory.text)] = fresh
    return list(kept.values())


def _superseded(kept: Any, memory: Memory) -> list[str]:
    kinds = superseded_kinds(memory.text) if memory.kinds else []
    return [old.id for old in kept if old.kinds and old.kinds in kinds]


def _is_ours(row: object) -> bool:
    return (
        isinstance(row, dict)
        and set(row) >= _KEYS
        and all(isinstance(row[key], str) for key in _KEYS)
    )


def _memory(row: dict[str, str]) -> Memory | None:
    """Return a row as a memory; None for a secret and for what cannot be kept."""
    try:
        text = checked(row["text"])
        moment = datetime.fromisoformat(row["created"])
    except (GuongError, ValueError):
        return None
    if secret_in(text):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    now = datetime.now(UTC)
    created = min(moment.astimezone(UTC), now).isoformat(timespec="milliseconds")
    return Memory(
        uuid4().hex, text, created.replace("+00:00", "Z"), as_source(row["source"]),
        single_kinds(text),
    )  # fmt: skip
