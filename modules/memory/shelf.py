"""Where one user's memories stand on disk, and how they get there and away again.

    users/<owner>/memory.lock, .gate      held by the process that is at work
    users/<owner>/memory/current.json     which of the directories counts, and its embedding
    users/<owner>/memory/<generation>/    a chromadb database
    users/<owner>/memory.corrupt-<time>/  what could not be read, moved aside

Neither SQLite nor chromadb forgets: deleted rows stay in free pages, in the write-ahead queue and
in the index. So whatever takes a text away writes the remaining memories into a new database (a
generation), points to it in one step, and removes the old files as a whole.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import numpy as np

from modules.errors import StorageFailed
from modules.memory import index
from modules.memory.database import FILE, Database
from modules.memory.embedding import Embedding
from modules.memory.faults import DatabaseCorrupt, IndexBroken, Translated, check_room
from modules.memory.lock import GATE, LOCK, Gone, exclusive
from modules.memory.records import Memory
from modules.messages import FloatArray

WAIT_S = 1.5
"""How long a call waits for other threads and processes; with `faults.LOCK_WAIT_S` it stays under
two seconds, because a turn does not wait longer for memory."""

_POINTER = "current.json"
_ATTEMPTS = 3
"""One, one more after a repair of the index, and one more in a database begun anew."""

Result = TypeVar("Result")


class Shelf:
    """The memories of one user as this process has them open; safe for threads and processes."""

    def __init__(self, home: Path, embedding: Embedding, on_moved: Callable[[str], None]) -> None:
        self.home = home
        self._embedding = embedding
        self._on_moved = on_moved
        self._turn = threading.Lock()
        self._database: Database | None = None
        self._stamp = 0

    @property
    def size(self) -> int:
        """Memories held open."""
        database = self._database
        return database.count if database else 0

    def run(self, work: Callable[[Database], Result], *, create: bool) -> Result | None:
        """Do something with the database; None where there is none and none is to be created.

        Raises `StorageFailed`. An unreadable database is moved aside, and the work is done in a
        new one.
        """
        if not create and not self._memory.exists():
            return None
        try:
            with self._held(create=create):
                return self._persist(work, create=create)
        except Gone:
            return None

    def rewrite(self, keep: list[Memory], changed: list[Memory] | None = None) -> None:
        """Make `keep` and `changed` all there is. Call it from within the work of `run`."""
        database = self._database
        if database is None:
            raise StorageFailed("unreadable")
        vectors = database.vectors([memory.id for memory in keep]) if keep else self._embed([])
        fresh = changed or []
        self._replace([*keep, *fresh], np.concatenate([vectors, self._embed(fresh)]))

    def erase(self) -> int:
        """Remove everything, what was moved aside included; return how many memories it was.

        The user's directory goes too, unless another stage keeps something in it.
        """
        try:
            with self._held(create=False), Translated(self._memory):
                removed = self._count()
                self._close()
                for path in (self._memory, *self.home.glob("memory.corrupt-*")):
                    if path.exists():
                        shutil.rmtree(path)
                for name in (LOCK, GATE):
                    (self.home / name).unlink()
                if not any(self.home.iterdir()):
                    self.home.rmdir()
                return removed
        except Gone:
            return 0

    def close(self) -> None:
        """Release files, threads and memory; the next call opens them again."""
        with self._turn:
            self._close()

    # --- under the lock -------------------------------------------------------------------------

    @property
    def _memory(self) -> Path:
        return self.home / "memory"

    @contextmanager
    def _held(self, *, create: bool) -> Iterator[None]:
        until = time.monotonic() + WAIT_S
        if not self._turn.acquire(timeout=WAIT_S):
            raise StorageFailed("locked")
        try:
            with Translated(self._memory), exclusive(self.home, until, create=create):
                yield
        finally:
            self._turn.release()

    def _persist(self, work: Callable[[Database], Result], *, create: bool) -> Result | None:
        for _ in range(_ATTEMPTS):
            try:
                return self._attempt(work, create=create)
            except DatabaseCorrupt:
                self._move_aside()
            except IndexBroken:
                self._repair()
        raise StorageFailed("unreadable")

    def _attempt(self, work: Callable[[Database], Result], *, create: bool) -> Result | None:
        generation = self._generation()
        path = (generation or self._memory) / FILE
        try:
            with Translated(path):
                if generation is None and not create:
                    return None
                if create:
                    check_room(self.home)
                result = work(self._opened(generation or self._begin()))
                self._settle()
                return result
        except BaseException:
            # Nothing is known of the open database after a fault; the next call opens it anew.
            self._close()
            raise

    def _opened(self, generation: Path) -> Database:
        database = self._database
        if database and database.directory == generation and database.stamp() == self._stamp:
            database.check_free()
            return database
        self._close()  # it is not open yet, or another process has been here
        self._sweep(generation)
        if not index.is_intact(generation):
            raise IndexBroken
        database = self._database = Database(generation)
        if self._pointer()["embedding"] == self._embedding.name:
            return database
        # Vectors of another embedding say nothing to this one.
        memories = database.all()
        return self._replace(memories, self._embed(memories))

    def _settle(self) -> None:
        if self._database:
            self._database.settle()
            self._stamp = self._database.stamp()

    def _repair(self) -> None:
        generation = self._generation()
        if generation is None:
            return
        with Translated(generation / FILE):
            index.discard(generation)
            self._database = Database(generation)
            memories = self._database.all()
            self._replace(memories, self._embed(memories))
            self._settle()

    def _replace(self, memories: list[Memory], vectors: FloatArray) -> Database:
        check_room(self._memory, _size(self._memory))
        fresh = self._memory / uuid4().hex
        database = Database(fresh)
        try:
            if memories:
                database.put(memories, vectors)
            database.settle()
        except BaseException:
            database.close()
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        self._close()
        self._database = database
        self._point_to(fresh)
        self._sweep(fresh)
        return database

    def _move_aside(self) -> None:
        self._close()
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        target = self.home / f"memory.corrupt-{moment}"
        with Translated(self._memory):
            self._memory.rename(target)
        self._on_moved(target.name)

    def _count(self) -> int:
        # Deleting must work for a database that cannot be read, too.
        try:
            return self._attempt(lambda database: database.count, create=False) or 0
        except (StorageFailed, DatabaseCorrupt, IndexBroken):
            return 0

    def _close(self) -> None:
        database, self._database = self._database, None
        if database:
            database.close()

    def _embed(self, memories: list[Memory]) -> FloatArray:
        if not memories:
            return np.zeros((0, self._embedding.dimensions), np.float32)
        return self._embedding.embed([memory.text for memory in memories])

    # --- which generation counts ----------------------------------------------------------------

    def _generation(self) -> Path | None:
        pointer = self._pointer()
        return self._memory / pointer["generation"] if pointer else None

    def _pointer(self) -> dict[str, str]:
        try:
            found = json.loads((self._memory / _POINTER).read_text(encoding="utf-8"))
            return {key: Path(found[key]).name for key in ("generation", "embedding")}
        except FileNotFoundError:
            if self._memory.exists() and any(entry.is_dir() for entry in self._memory.iterdir()):
                raise DatabaseCorrupt from None
            return {}
        except (ValueError, KeyError, TypeError) as error:
            raise DatabaseCorrupt from error

    def _begin(self) -> Path:
        generation = self._memory / uuid4().hex
        self._point_to(generation)
        return generation

    def _point_to(self, generation: Path) -> None:
        self._memory.mkdir(mode=0o700, exist_ok=True)
        pointer = {"generation": generation.name, "embedding": self._embedding.name}
        partial = self._memory / f"{_POINTER}.partial"
        with partial.open("w", encoding="utf-8") as file:
            file.write(json.dumps(pointer))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._memory / _POINTER)

    def _sweep(self, generation: Path) -> None:
        for entry in self._memory.iterdir():
            if entry.is_dir() and entry != generation:
                shutil.rmtree(entry)


def _size(directory: Path) -> int:
    return sum(file.stat().st_size for file in directory.rglob("*") if file.is_file())
