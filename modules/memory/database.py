"""A chromadb database with the memories of one user: put, find, list.

Vectors are always given, so chromadb never reaches for the embedding model that it would download
by default; its telemetry is off.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from modules.errors import EngineUnavailable
from modules.installing import command
from modules.memory import index
from modules.memory.faults import DatabaseCorrupt, check_free
from modules.memory.limits import size_of
from modules.memory.records import Memory, Recalled, as_source
from modules.messages import FloatArray

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

FILE = "chroma.sqlite3"
_COLLECTION = "memory"
_BATCH = 2_000
"""Rows of one write; SQLite's limit on parameters is reached at 5,461."""
_INDEX: Any = {
    "space": "cosine",
    # Candidates that a search looks at: many short texts are much alike.
    "ef_search": 300,
    # Rows after which the index is written; those that are not in it yet are indexed anew at each
    # opening, at a fifth of a millisecond each.
    "sync_threshold": 200,
}
_CHANGE_COUNTER = struct.Struct(">24xI")
"""Where SQLite counts its transactions (https://www.sqlite.org/fileformat.html, 1.3.7)."""
_clients = threading.Lock()
"""chromadb keeps its clients in a table of its own that is not safe for threads."""


class Database:
    """An open database in a directory of its own; not safe for threads by itself."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_remains(directory)
        self.check_free()
        with _clients:
            self._client: Any = _client(directory)
        try:
            self._rows = self._client.get_or_create_collection(
                _COLLECTION,
                embedding_function=None,
                configuration={"hnsw": _INDEX},
            )
            self.count = self._rows.count()
        except BaseException:
            self.close()
            raise
        self._sealed = index.signature(directory)
        self._known: dict[str, Memory] | None = None

    def put(self, memories: list[Memory], vectors: FloatArray) -> None:
        """Write memories with their vectors [n, d]; those whose id is known are replaced."""
        for start in range(0, len(memories), _BATCH):
            rows = memories[start : start + _BATCH]
            self._rows.upsert(
                ids=[memory.id for memory in rows],
                metadatas=[_row(memory) for memory in rows],
                embeddings=vectors[start : start + _BATCH],
            )
        self.count = self._rows.count()
        if self._known is not None:
            self._known.update((memory.id, memory) for memory in memories)

    @property
    def text_bytes(self) -> int:
        """Bytes of all texts; see `all`."""
        return sum(map(size_of, self._read().values()))

    def search(self, vector: FloatArray, limit: int) -> list[Recalled]:
        """Return the memories nearest to a vector [d], best first."""
        if self.count == 0:
            return []
        found: Any = self._rows.query(
            query_embeddings=vector[np.newaxis],
            n_results=min(limit, self.count),
            include=["metadatas", "distances"],
        )
        columns = (found[key][0] for key in ("ids", "metadatas", "distances"))
        return [
            Recalled(_memory(key, row), 1.0 - float(distance))
            for key, row, distance in zip(*columns, strict=True)
        ]

    def all(self) -> list[Memory]:
        """Return every memory, oldest first.

        The first call reads them: a quarter of a second for ten thousand. A database that another
        process has written to is opened anew, so what was read stays true.
        """
        return _in_order(self._read().values())

    def _read(self) -> dict[str, Memory]:
        if self._known is None:
            self._known = {
                memory.id: memory for memory in _memories(self._rows.get(include=["metadatas"]))
            }
        return self._known

    def of_kinds(self, kinds: list[str]) -> list[Memory]:
        """Return the memories whose kinds are one of these strings, oldest first."""
        where: Any = {"kinds": {"$in": kinds}}
        return _in_order(_memories(self._rows.get(where=where, include=["metadatas"])))

    def vectors(self, ids: list[str]) -> FloatArray:
        """Return the vectors of these memories, float32 [n, d], in the order of the ids."""
        found: Any = self._rows.get(ids=ids, include=["embeddings"])
        by_id = dict(zip(found["ids"], found["embeddings"], strict=True))
        return np.array([by_id[key] for key in ids], np.float32)

    def check_free(self) -> None:
        """Raise `StorageFailed("locked")` where another program keeps the file locked.

        To be called with no call to chromadb under way: closing the file here also drops what
        chromadb's own copy of SQLite has locked (https://www.sqlite.org/howtocorrupt.html, 2.2.1).
        """
        file = self.directory / FILE
        if file.exists():
            check_free(file)

    def stamp(self) -> int:
        """Return SQLite's count of transactions: it tells whether another process wrote."""
        with (self.directory / FILE).open("rb") as file:
            head = file.read(_CHANGE_COUNTER.size)
        if len(head) < _CHANGE_COUNTER.size:
            raise DatabaseCorrupt
        return int(_CHANGE_COUNTER.unpack(head)[0])

    def settle(self) -> None:
        """Write down the checksums of the index where the last calls have changed it."""
        now = index.signature(self.directory)
        if now != self._sealed:
            index.seal(self.directory)
            self._sealed = now

    def close(self) -> None:
        """Release files, threads and memory."""
        with _clients:
            self._client.close()


def warm() -> None:
    """Import chromadb: half a second and 36 MB that need not fall into a user's first turn.

    Raises `EngineUnavailable` where it is not installed.
    """
    try:
        import chromadb  # noqa: F401
    except ImportError as error:
        remedy = command(["chromadb"])
        raise EngineUnavailable("packages", stage="memory", remedy=remedy) from error


def _client(directory: Path) -> ClientAPI:
    warm()
    import chromadb
    from chromadb.config import Settings

    # No `.env` file of the working directory may change what is set here.
    options: dict[str, Any] = {"_env_file": None, "anonymized_telemetry": False}
    settings = Settings(**options)
    return chromadb.PersistentClient(str(directory.absolute()), settings=settings)


def _refuse_remains(directory: Path) -> None:
    # chromadb would quietly begin anew over an emptied or missing SQLite file.
    file = directory / FILE
    emptied = file.exists() and file.stat().st_size == 0
    if emptied or (not file.exists() and any(directory.iterdir())):
        raise DatabaseCorrupt


def _row(memory: Memory) -> dict[str, str]:
    # The text is not given as chromadb's "document": that would also put it into a full-text index
    # which nobody asks, and make a write half as slow again.
    names = ("text", "created", "source", "kinds")
    return {name: getattr(memory, name) for name in names}


def _memory(key: str, row: dict[str, Any] | None) -> Memory:
    found = {name: str((row or {}).get(name) or "") for name in ("text", "created", "kinds")}
    return Memory(key, source=as_source((row or {}).get("source")), **found)


def _memories(found: Any) -> list[Memory]:
    return [_memory(*row) for row in zip(found["ids"], found["metadatas"], strict=True)]


def _in_order(memories: Iterable[Memory]) -> list[Memory]:
    return sorted(memories, key=lambda memory: (memory.created, memory.id))
