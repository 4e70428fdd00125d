"""How a new memory takes its place among those that are kept. Call it from a shelf's work."""

from __future__ import annotations

from dataclasses import replace

from modules.memory import limits
from modules.memory.database import Database
from modules.memory.records import Memory, clean
from modules.memory.shelf import Shelf
from modules.messages import FloatArray


def keep(
    shelf: Shelf, rows: Database, memory: Memory, vector: FloatArray, older: list[Memory]
) -> Memory:
    """Write a memory with its vector [1, d] in the place of older ones; return it as it is kept."""
    if not older:
        rows.put([memory], vector)
        return memory
    # What the user asked for in so many words stays theirs when the app hears it again.
    asked_for = next((old.source for old in older if old.source != "auto"), memory.source)
    source = asked_for if memory.source == "auto" else memory.source
    kept = replace(memory, id=older[0].id, source=source)
    gone = {old.id for old in older}
    if len(gone) == 1 and clean(older[0].text) == kept.text:
        rows.put([kept], vector)
    else:
        shelf.rewrite([old for old in rows.all() if old.id not in gone], [kept])
    return kept


def make_room(shelf: Shelf, rows: Database, newest: Memory) -> int:
    """Let the oldest go where a bound is passed; return how many."""
    surely_fits = rows.count * limits.MOST_BYTES_OF_ONE <= limits.MAX_BYTES
    if rows.count <= limits.MAX_MEMORIES and (surely_fits or rows.text_bytes <= limits.MAX_BYTES):
        return 0
    everything = rows.all()
    left = limits.within(everything, newest.id)
    shelf.rewrite(left)
    return len(everything) - len(left)
