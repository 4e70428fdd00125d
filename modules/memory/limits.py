"""How much is kept of one user, and what goes when there is no more room.

The count and the bytes of what is remembered are bounded. At a bound the oldest of what the app
noted by itself goes first, then the oldest of what was asked for; the user is told (`Notice`
"memory_made_room"). Documents and pictures beyond their bounds are refused instead: nobody's file
disappears for another's sake.
"""

from __future__ import annotations

from collections.abc import Sequence

from modules.memory.records import Memory

MAX_MEMORIES = 10_000
MAX_BYTES = 5_000_000
"""Of the text of all memories, in UTF-8."""
MOST_BYTES_OF_ONE = 4_000
"""A thousand characters, of four bytes at most."""
_ROOM = 20
"""At a bound a twentieth goes at once: making room rewrites the database."""


def size_of(memory: Memory) -> int:
    """Return the bytes that a memory counts."""
    return len(memory.text.encode())


def within(memories: Sequence[Memory], newest: str = "") -> list[Memory]:
    """Return the memories that may stay, in their order: all, or after a bound was passed as many
    as leave some room; the one with the id `newest` always.
    """
    size = sum(map(size_of, memories))
    if len(memories) <= MAX_MEMORIES and size <= MAX_BYTES:
        return list(memories)
    count, most = (bound - bound // _ROOM for bound in (MAX_MEMORIES, MAX_BYTES))
    first_to_go = sorted(memories, key=lambda m: (m.id == newest, m.source != "auto", m.created))
    gone: set[str] = set()
    left = len(memories)
    for memory in first_to_go:
        if left <= count and size <= most:
            break
        gone.add(memory.id)
        left -= 1
        size -= size_of(memory)
    return [memory for memory in memories if memory.id not in gone]
