"""The documents that users left to be remembered: their text, by owner and by content.

    users/<owner>/documents/<id>/meta.json  passages.jsonl  index.npz

The file itself is not kept. `id` is the hash of its content, so the same file is the same document.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import threading
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from modules.errors import InvalidInput, StorageFailed
from modules.keeping import META, Keeping, Kind, Paths
from modules.memory.documents.child import INDEX, PASSAGES
from modules.memory.documents.passages import Passage, sentences_of
from modules.memory.documents.reader import Progress, read_apart
from modules.memory.documents.search import Index, features_of, joined, nearest, search
from modules.memory.records import clean
from modules.private import make_private, storage

log = logging.getLogger("guong.memory")

MOST_DOCUMENTS = 50
MOST_TEXT = 20_000_000
"""Bytes of text of all of an owner's documents."""
LONGEST_NAME = 120
_OPEN = 8
"""Owners whose indexes are held: a book's takes about 3 MB."""
_ID = re.compile(r"doc-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What is known of a document; times are seconds since 1970, `pages` 0 where not known."""

    id: str
    name: str
    kind: str
    pages: int
    passages: int
    bytes: int
    created: float
    used: float


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that a question is about; `quote` is the sentence of it that fits best."""

    document: StoredDocument
    passage: Passage
    quote: str
    score: float


@dataclass(frozen=True, eq=False)
class _Shelf:
    """What an owner's documents are searched by."""

    names: tuple[str, ...]
    documents: tuple[StoredDocument, ...]
    begins: tuple[int, ...]
    index: Index
    named: frozenset[str]


class DocumentStore(Keeping[StoredDocument]):
    """The documents under one directory of users. Safe to use from several threads and processes.

    An unknown document, and another owner's, is `NotFound` "document".
    """

    kind = Kind(
        StoredDocument, "documents", _ID, (PASSAGES, INDEX, META), unknown="document",
        word="document", log=log,
    )  # fmt: skip

    def __init__(self, users: Path) -> None:
        super().__init__(users)
        self._shelves: OrderedDict[str, _Shelf] = OrderedDict()
        self._guard = threading.Lock()

    def add(
        self, owner: str, name: str, file: Path, progress: Progress = lambda share: None
    ) -> StoredDocument:
        """Read a file and keep its text. One that is there already gets the new name.

        Raises `InvalidInput` with `field` "document": "empty" for no name, "too_many_documents" and
        "documents_full" (`limit`), and as `read_apart` does; `StorageFailed` "disk".
        """
        digest = _digest(file)
        return self._add(owner, f"doc-{digest}", name, "file", file, progress)

    def add_passages(self, owner: str, id: str, name: str, kind: str, file: Path) -> StoredDocument:  # noqa: A002
        """Keep a document that was exported. Raises as `add` does."""
        if not _ID.fullmatch(id):
            raise InvalidInput("import_damaged", field="file")
        kept = self._add(owner, id, name, "passages", file, lambda share: None)
        return kept if kept.kind == kind else self._renamed(owner, replace(kept, kind=kind[:8]))

    def recall(self, owner: str, query: str, limit: int = 2) -> list[Found]:
        """Return the passages of an owner's documents that a question is about, best first."""
        shelf = self._shelf(owner)
        asked = clean(query)
        found = search(shelf.index, asked, limit, shelf.named) if shelf and asked else []
        return [self._found(owner, shelf, asked, *each) for each in found if shelf]

    def size(self, owner: str) -> int:
        """Return how many bytes of text are kept of an owner."""
        return sum(document.bytes for document in self.list(owner))

    def export(self, owner: str) -> Paths:
        """Return what an owner can take away: the text, and what is known of it."""
        return [path for path in super().export(owner) if path.name != INDEX]

    def _add(
        self,
        owner: str,
        id: str,  # noqa: A002
        name: str,
        what: str,
        file: Path,
        progress: Progress,
    ) -> StoredDocument:
        name, directory = _named(name), self._home(owner) / id
        known = self._read(directory)
        if known is not None:
            return self._renamed(owner, replace(known, name=name, used=self._clock()))
        self._check_room(owner, 0)
        with storage(name), TemporaryDirectory(prefix=".reading-", dir=self._base()) as folder:
            told = read_apart(what, file, Path(folder), progress)
            now = self._clock()
            document = StoredDocument(
                id, name, str(told["kind"]), int(told["pages"]), int(told["passages"]),
                int(told["bytes"]), now, now,
            )  # fmt: skip
            self._check_room(owner, document.bytes)
            self._build(directory, document, lambda target: _move(Path(folder), target))
        log.info("document %s kept", id)
        return document

    def _renamed(self, owner: str, document: StoredDocument) -> StoredDocument:
        self._rewrite(self._home(owner) / document.id, document)
        with self._guard:
            self._shelves.pop(owner, None)
        return document

    def _check_room(self, owner: str, more: int) -> None:
        kept = self.list(owner)
        if len(kept) >= MOST_DOCUMENTS:
            raise InvalidInput("too_many_documents", field="document", limit=MOST_DOCUMENTS)
        if sum(document.bytes for document in kept) + more > MOST_TEXT:
            limit = MOST_TEXT // 1_000_000
            raise InvalidInput("documents_full", field="document", limit=limit)

    def _base(self) -> Path:
        make_private(self._users)
        return self._users

    def _shelf(self, owner: str) -> _Shelf | None:
        """Return what an owner's documents are searched by, read anew where they have changed."""
        home = self._home(owner)
        names = tuple(sorted(path.name for path in self._directories(home)))
        with self._guard:
            shelf = self._shelves.get(owner)
            if shelf and shelf.names == names:
                self._shelves.move_to_end(owner)
                return shelf
            self._shelves.pop(owner, None)
        if not names:
            return None
        shelf = self._opened(home, names)
        with self._guard:
            self._shelves[owner] = shelf
            while len(self._shelves) > _OPEN:
                self._shelves.popitem(last=False)
        return shelf

    def _opened(self, home: Path, names: tuple[str, ...]) -> _Shelf:
        documents, parts, begins, count = [], [], [], 0
        for name in names:
            document = self._read(home / name)
            if document is None:
                continue
            part = _index(home / name, document.passages)
            documents.append(document)
            begins.append(count)
            parts.append(part)
            count += part.count
        stems = (document.name.rpartition(".")[0] for document in documents)
        return _Shelf(
            names, tuple(documents), tuple(begins), joined(parts), features_of(stems)
        )  # fmt: skip

    def _found(self, owner: str, shelf: _Shelf, asked: str, place: int, score: float) -> Found:
        which = int(np.searchsorted(shelf.begins, place, "right")) - 1
        document = shelf.documents[which]
        passage = _passage(self._home(owner) / document.id, place - shelf.begins[which])
        return Found(document, passage, nearest(sentences_of(passage.text), asked), score)


def _index(directory: Path, count: int) -> Index:
    try:
        with np.load(directory / INDEX, allow_pickle=False) as table:
            return Index(table["features"], table["passages"], count)
    except (OSError, ValueError, KeyError) as error:
        raise StorageFailed("unreadable") from error


def _passage(directory: Path, place: int) -> Passage:
    try:
        with np.load(directory / INDEX, allow_pickle=False) as table:
            first, last = (int(each) for each in table["offsets"][place : place + 2])
        with (directory / PASSAGES).open("rb") as file:
            file.seek(first)
            text, page, heading = json.loads(file.read(last - first))
    except (OSError, ValueError, KeyError) as error:
        raise StorageFailed("unreadable") from error
    return Passage(text, page, heading)


def _digest(file: Path) -> str:
    with storage(file.name), file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:32]


def _named(name: str) -> str:
    # A name may come as a path; one in letters of both directions must not turn the list around.
    plain = clean(re.split(r"[\\/]", name)[-1])
    shown = "".join(mark for mark in plain if unicodedata.category(mark) != "Cf")
    if not shown:
        raise InvalidInput("empty", field="document")
    stem, dot, ending = shown.rpartition(".")
    long = len(shown) > LONGEST_NAME
    return f"{stem[: LONGEST_NAME - 8]}….{ending[:6]}" if long and dot else shown[:LONGEST_NAME]


def _move(source: Path, target: Path) -> None:
    for name in (PASSAGES, INDEX):
        (source / name).chmod(0o600)
        shutil.move(source / name, target / name)
