"""The memories of all users: who is open, what is remembered, found and forgotten.

All calls block for milliseconds (the app makes them in worker threads) and raise `InvalidInput` or
`StorageFailed`. A user of whom nothing is stored leaves no trace on disk by asking.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from modules.errors import InvalidInput
from modules.memory import database, limits
from modules.memory.database import Database
from modules.memory.embedding import Embedding, HashedEmbedding
from modules.memory.facts import facts_in
from modules.memory.merging import Taken, merged
from modules.memory.placing import keep, make_room
from modules.memory.recollecting import Recollected, asked_days, chosen, of_the_days
from modules.memory.records import Memory, Recalled, Source, checked, clean, new_memory
from modules.memory.sameness import replaces, single_kinds, superseded_kinds
from modules.memory.secret import secret_in
from modules.memory.shelf import Shelf
from modules.memory.times import asked_when
from modules.messages import Notice

OPEN_DATABASES = 4
OPEN_MEMORIES = 20_000
"""An open database takes about 5 MB, and 6 KB more for each memory in it."""
_NEIGHBOURS = 5
_NEARNESS = 0.55
"""A memory less near than this part of the best one is no answer to the same question."""

_OWNER = re.compile(r"[0-9a-f]{1,128}")
_MOVED = "memory_moved_aside"
Result = TypeVar("Result")


class MemoryStore:
    """Every user's memory, a bounded number of them open at a time. Safe for threads."""

    def __init__(
        self,
        users: Path,
        embedding: Embedding | None = None,
        *,
        open_databases: int = OPEN_DATABASES,
    ) -> None:
        self.embedding: Embedding = embedding or HashedEmbedding()
        self._users = users
        self._bound = open_databases
        self._guard = threading.Lock()
        self._shelves: OrderedDict[str, Shelf] = OrderedDict()
        self._in_use: dict[str, int] = {}
        self._moved: dict[str, list[str]] = {}
        self._gone: dict[str, int] = {}

    def warm(self) -> None:
        """Import chromadb and read the tables ahead of the first turn: about a second."""
        database.warm()
        for said in ("Mình tên là Lan", "minh ten la lan"):
            facts_in(said)

    def open(self, owner: str, embedding: Embedding | None = None) -> UserMemory:
        """Return the memory of a user; `owner` is lower-case hexadecimal.

        `embedding` takes the place of the store's own, and must give the same vectors.
        """
        if not _OWNER.fullmatch(owner):
            raise InvalidInput("malformed", field="owner")
        return UserMemory(self, owner, embedding or self.embedding)

    def delete(self, owner: str) -> int:
        """Remove all that is stored of a user; return how many memories it was."""
        self.open(owner)
        with self.shelf(owner) as shelf:
            removed = shelf.erase()
        with self._guard:
            self._moved.pop(owner, None)
            self._gone.pop(owner, None)
        return removed

    def close(self) -> None:
        """Close every database; a later call opens it again."""
        with self._guard:
            idle = [self._shelves.pop(owner) for owner in list(self._shelves)]
        for shelf in idle:
            shelf.close()

    @contextmanager
    def shelf(self, owner: str) -> Iterator[Shelf]:
        """Lend a user's shelf; while it is lent it is not closed to make room for others."""
        with self._guard:
            shelf = self._shelves.get(owner)
            if shelf is None:
                shelf = Shelf(self._users / owner, self.embedding, self._reporter(owner))
                self._shelves[owner] = shelf
            self._shelves.move_to_end(owner)
            self._in_use[owner] = self._in_use.get(owner, 0) + 1
        try:
            yield shelf
        finally:
            with self._guard:
                self._in_use[owner] -= 1
                if not self._in_use[owner]:
                    del self._in_use[owner]
                surplus = self._surplus()
                if self._shelves.get(owner) is not shelf:
                    surplus.append(shelf)  # the store was closed meanwhile
            for closed in surplus:
                closed.close()

    def take_notices(self, owner: str, reply: int) -> list[Notice]:
        """Return what happened to a user's files since the last call, and forget it."""
        with self._guard:
            names, gone = self._moved.pop(owner, []), self._gone.pop(owner, 0)
        told = [Notice(reply, _MOVED, {"name": name}, "memory") for name in names]
        if gone:
            told.append(Notice(reply, "memory_made_room", {"count": gone}, "memory"))
        return told

    def note_gone(self, owner: str, count: int) -> None:
        """Note that the oldest of a user's memories had to go: `take_notices` tells it."""
        if count:
            with self._guard:
                self._gone[owner] = self._gone.get(owner, 0) + count

    def _surplus(self) -> list[Shelf]:
        open_memories = sum(shelf.size for shelf in self._shelves.values())
        surplus = []
        for owner in list(self._shelves):
            if len(self._shelves) <= self._bound and open_memories <= OPEN_MEMORIES:
                break
            if owner not in self._in_use and len(self._shelves) > 1:
                shelf = self._shelves.pop(owner)
                open_memories -= shelf.size
                surplus.append(shelf)
        return surplus

    def _reporter(self, owner: str) -> Callable[[str], None]:
        def report(name: str) -> None:
            with self._guard:
                self._moved.setdefault(owner, []).append(name)

        return report


class UserMemory:
    """The memory of one user: a light handle, valid as long as its store."""

    def __init__(self, store: MemoryStore, owner: str, embedding: Embedding) -> None:
        self._store = store
        self._embedding = embedding
        self.owner = owner

    def remember(
        self, text: str, *, source: Source = "user", said_at: datetime | None = None
    ) -> Memory:
        """Keep a text of at most 1,000 characters; return the memory as it is now kept.

        The same said again, or said anew, takes the place of the older wording; a newer name,
        age or home takes the place of the older one. Secrets are refused: `InvalidInput`
        "never_stored".
        """
        said = checked(text)
        secret = secret_in(said)
        if secret:
            raise InvalidInput("never_stored", field="text", secret=secret)
        memory = replace(new_memory(said, source, said_at), kinds=single_kinds(said))
        vector = self._embedding.embed([memory.text])
        kinds = superseded_kinds(memory.text)

        def work(rows: Database, shelf: Shelf) -> Memory:
            near = [found.memory for found in rows.search(vector[0], _NEIGHBOURS)]
            older = [old for old in near if replaces(memory.text, old.text)]
            if kinds:
                older += rows.of_kinds(kinds)
            kept = keep(shelf, rows, memory, vector, older)
            self._store.note_gone(self.owner, make_room(shelf, rows, kept))
            return kept

        return self._run(work, create=True) or memory

    def recall(self, query: str, limit: int = 5, threshold: float | None = None) -> list[Recalled]:
        """Return the memories that have to do with a text, nearest first, the newer one first
        where two are equally near.

        `threshold` is the least cosine similarity; without it the embedding's own holds.
        """
        asked = clean(query)
        if not asked or limit < 1:
            return []
        floor = self._embedding.threshold if threshold is None else threshold
        vector = self._embedding.embed([asked], query=True)[0]
        found = self._run(lambda rows, _: rows.search(vector, limit), create=False) or []
        best = max((item.score for item in found), default=0.0)
        near = [item for item in found if item.score >= max(floor, best * _NEARNESS)]
        near.sort(key=lambda item: item.memory.created, reverse=True)
        return sorted(near, key=lambda item: -round(item.score, 4))

    def recollect(self, said: str, now: datetime, limit: int = 5) -> Recollected:
        """Return what there is for an utterance: what was told at the time that it asks about
        ("hôm trước em kể gì?"), else what has to do with it.

        `now` has the user's time zone. Where nothing was told then, what has to do with the other
        words of the question counts.
        """
        near = self.recall(said, limit)
        asked = asked_when(clean(said), now)
        if asked is None:
            if not near and (days := asked_days(clean(said))):
                near = of_the_days(self.all(), days, limit)
            return Recollected(tuple(near))
        then = chosen(self.all(), near, asked, limit)
        return Recollected(tuple(then or near), asked if then or not near else None)

    def take_in(self, brought: list[Memory]) -> Taken:
        """Take in memories of an export; what is known already stays once.

        Each keeps its date, and later ones replace older ones as if they had been told here.
        """
        if not brought:
            return Taken(0, 0, 0)

        def work(rows: Database, shelf: Shelf) -> Taken:
            here = rows.all()
            everything = merged(here, brought)
            result = limits.within(everything)
            self._store.note_gone(self.owner, len(everything) - len(result))
            known = {(memory.id, memory.text) for memory in here}
            changed = [memory for memory in result if (memory.id, memory.text) not in known]
            same = [memory for memory in result if (memory.id, memory.text) in known]
            if changed or len(same) < len(here):
                shelf.rewrite(same, changed)
            return Taken(len(changed), len(brought) - len(changed), 0)

        return self._run(work, create=True) or Taken(0, 0, 0)

    def usage(self) -> tuple[int, int]:
        """Return how many memories there are, and the bytes of their texts."""
        kept = self.all()
        return len(kept), sum(map(limits.size_of, kept))

    def forget(self, which: str) -> int:
        """Forget the memory with this id, or "all"; return how many are gone, from disk too."""
        if which == "all":
            with self._store.shelf(self.owner) as shelf:
                return shelf.erase()

        def work(rows: Database, shelf: Shelf) -> int:
            memories = rows.all()
            left = [memory for memory in memories if memory.id != which]
            if len(left) < len(memories):
                shelf.rewrite(left)
            return len(memories) - len(left)

        return self._run(work, create=False) or 0

    def all(self) -> list[Memory]:
        """Return every memory, oldest first."""
        return self._run(lambda rows, _: rows.all(), create=False) or []

    def export(self) -> list[dict[str, str]]:
        """Return every memory as plain data, oldest first."""
        return [memory.as_dict() for memory in self.all()]

    def take_notices(self, reply: int = 0) -> list[Notice]:
        """Return, once, that an unreadable database was moved aside and a new one begun."""
        return self._store.take_notices(self.owner, reply)

    def _run(self, work: Callable[[Database, Shelf], Result], *, create: bool) -> Result | None:
        with self._store.shelf(self.owner) as shelf:
            return shelf.run(lambda rows: work(rows, shelf), create=create)
