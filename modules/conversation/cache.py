"""A bounded in-process cache of what engines made: the oldest entry goes first, users never mix.

Keys are (owner, engine, everything that shaped the result). Sentences that an avatar says again
and again (greetings, confirmations) are then ready at once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

Value = TypeVar("Value")


class Cache:
    """Least-recently-used entries up to `max_bytes` in all, for any number of owners."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[tuple[str, Hashable], tuple[object, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self.hits = 0

    def get(self, owner: str, key: Hashable) -> object | None:
        """Return what was stored, or None."""
        with self._lock:
            entry = self._entries.get((owner, key))
            if entry is None:
                return None
            self._entries.move_to_end((owner, key))
            self.hits += 1
            return entry[0]

    def put(self, owner: str, key: Hashable, value: object, size: int) -> None:
        """Store a value of `size` bytes; a value larger than an eighth of the cache is not kept."""
        if size > self._max_bytes // 8:
            return
        with self._lock:
            self._drop((owner, key))
            self._entries[owner, key] = (value, size)
            self._bytes += size
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._entries)))

    def made(self, owner: str, key: Hashable, make: Callable[[], Value], size: int) -> Value:
        """Return the stored value, or make and store it."""
        found = self.get(owner, key)
        if found is None:
            found = make()
            self.put(owner, key, found, size)
        return cast("Value", found)

    def forget(self, owner: str) -> int:
        """Drop everything of one owner; return how many entries there were."""
        with self._lock:
            theirs = [entry for entry in self._entries if entry[0] == owner]
            for entry in theirs:
                self._drop(entry)
            return len(theirs)

    def _drop(self, entry: tuple[str, Hashable]) -> None:
        _, size = self._entries.pop(entry, (None, 0))
        self._bytes -= size
