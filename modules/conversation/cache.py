"""A bounded in-process cache of what engines made: the oldest entry goes first, users never mix.

Keys are (owner, engine, everything that shaped the result), and only a digest of them is kept: what
was forgotten should not linger as a key. Sentences that an avatar says again and again (greetings,
confirmations) are then ready at once. Nobody fills it alone: whoever talks for long displaces their
own entries, not those of others.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Generic, TypeVar, cast

import numpy as np

from modules.conversation.fallback import Fallback
from modules.memory import Embedding
from modules.messages import Clause, FloatArray, Speech, TurnRequest

_VISEME_BYTES, _WORD_BYTES = 100, 150
_ENTRY_BYTES = 500
_SHARE = 8
"""One owner holds at most this part of the cache: of 32 MB, 45 s of speech."""

Said = TypeVar("Said", Clause, Speech)


class Cache:
    """Least-recently-used entries up to `max_bytes` in all, for any number of owners.

    Keys are anything whose `repr` says all that tells it from others.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[tuple[str, bytes], tuple[object, int]] = OrderedDict()
        self._bytes: Counter[str] = Counter()
        self._lock = threading.Lock()

    def of(self, owner: str) -> OwnCache:
        """Return one owner's part, which counts its own hits."""
        return OwnCache(self, owner)

    def get(self, owner: str, key: object) -> object | None:
        """Return what was stored, or None."""
        place = owner, _digest(repr(key).encode())
        with self._lock:
            entry = self._entries.get(place)
            if entry is None:
                return None
            self._entries.move_to_end(place)
            return entry[0]

    def put(self, owner: str, key: object, value: object, size: int) -> None:
        """Store a value of `size` bytes; one larger than an owner's share is not kept."""
        place = owner, _digest(repr(key).encode())
        size += _ENTRY_BYTES
        with self._lock:
            self._drop(place)
            if size > self._max_bytes // _SHARE:
                return
            self._entries[place] = (value, size)
            self._bytes[owner] += size
            while self._bytes[owner] > self._max_bytes // _SHARE:
                self._drop(next(entry for entry in self._entries if entry[0] == owner))
            while self._bytes.total() > self._max_bytes:
                self._drop(next(iter(self._entries)))

    def forget(self, owner: str) -> int:
        """Drop everything of one owner; return how many entries there were."""
        with self._lock:
            theirs = [entry for entry in self._entries if entry[0] == owner]
            for entry in theirs:
                self._drop(entry)
            return len(theirs)

    def _drop(self, entry: tuple[str, bytes]) -> None:
        _, size = self._entries.pop(entry, (None, 0))
        self._bytes[entry[0]] -= size
        if not self._bytes[entry[0]]:
            del self._bytes[entry[0]]


class OwnCache:
    """One owner's part of a cache. An owner without a name has none: nothing is found or kept."""

    def __init__(self, cache: Cache, owner: str) -> None:
        self._cache = cache
        self._owner = owner
        self.hits = 0

    def get(self, key: object) -> object | None:
        """Return what was stored, or None."""
        found = self._cache.get(self._owner, key) if self._owner else None
        self.hits += found is not None
        return found

    def put(self, key: object, value: object, size: int) -> None:
        """Store a value of `size` bytes."""
        if self._owner:
            self._cache.put(self._owner, key, value, size)


class CachedSpeech(Generic[Said]):
    """A stage that gives speech, asked only for what its engine has not made before.

    What was made is kept when it is whole, and made by one engine from beginning to end.
    """

    def __init__(
        self, stage: Fallback[Said, Speech], request: TurnRequest, cache: OwnCache
    ) -> None:
        self._stage: Fallback[Said, Speech] = stage
        self._request = request
        self._cache = cache

    async def run(
        self, item: Said, rest: Callable[[Said, list[Speech]], Said | None] | None = None
    ) -> AsyncGenerator[Speech, None]:
        """Yield what `Fallback.run` would, or did."""
        engine = self._stage.engine
        key = (self._stage.stage, engine, _what(item), _how(self._request))
        kept = self._cache.get(key)
        if isinstance(kept, tuple):
            for piece in kept:
                yield replace(piece, reply=item.reply, clause=item.clause)
            return
        made: list[Speech] = []
        async with aclosing(self._stage.run(item, rest)) as pieces:
            async for piece in pieces:
                made.append(piece)
                yield piece
        if self._stage.engine == engine:
            self._cache.put(key, tuple(made), sum(map(_size, made)))


class CachedEmbedding:
    """An embedding that looks into one user's cache first."""

    def __init__(self, embedding: Embedding, cache: OwnCache) -> None:
        self._embedding = embedding
        self._cache = cache
        self.name = embedding.name
        self.dimensions = embedding.dimensions
        self.threshold = embedding.threshold

    def embed(self, texts: list[str], *, query: bool = False) -> FloatArray:
        """Return float32 [len(texts), dimensions]; `query` tells questions from memories."""
        return np.stack([self._one(text, query) for text in texts])

    def _one(self, text: str, query: bool) -> FloatArray:
        key = ("embedding", self.name, query, text)
        found = cast("FloatArray | None", self._cache.get(key))
        if found is not None:
            return found
        vector: FloatArray = self._embedding.embed([text], query=query)[0]
        self._cache.put(key, vector, vector.nbytes)
        return vector


def _what(item: Clause | Speech) -> object:
    if isinstance(item, Clause):
        return item.text, item.spoken, item.last
    return _digest(item.samples.tobytes()), item.visemes, item.words, item.last, item.rate


def _how(request: TurnRequest) -> object:
    voice = request.voice.id if request.voice else ""
    base = request.base_voice.id if request.base_voice else ""
    return request.persona, request.expression, voice, base, request.rate, request.pitch


def _size(speech: Speech) -> int:
    timed = _VISEME_BYTES * len(speech.visemes) + _WORD_BYTES * len(speech.words)
    return speech.samples.nbytes + timed


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
