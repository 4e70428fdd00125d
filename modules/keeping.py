"""What people leave here with their consent, kept by owner and by content: a voice, a face.

    users/<owner>/<folder>/<id>/  meta.json and the files of its kind

A directory is built beside its place and renamed when it is whole. Readers take no lock: they see
all of it or nothing.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import Field, asdict, dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from pydantic import TypeAdapter

from modules.errors import NotFound, StorageFailed
from modules.private import PREFIX, make_private, remove, storage, write_private

META = "meta.json"
"""The file that holds the record."""

_OWNER = re.compile(r"[0-9a-f]{16,64}")
_TOUCH_AFTER_S = 3600.0
_ABANDONED_S = 3600.0  # younger, and another process may still be writing it
_DAY_S = 86_400.0


class Kept(Protocol):
    """A frozen dataclass of what is known about a thing kept; times are seconds since 1970."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def id(self) -> str:
        """Return the name of its directory."""

    @property
    def created(self) -> float:
        """Return when it was first kept."""

    @property
    def used(self) -> float:
        """Return when it was last used, to within an hour."""


Record = TypeVar("Record", bound=Kept)


@dataclass(frozen=True, slots=True)
class Kind(Generic[Record]):
    """What a store keeps, and how it calls it."""

    record: type[Record]
    folder: str
    ids: re.Pattern[str]
    """Matches the ids, and nothing that a path could be made of."""
    files: tuple[str, ...]
    """All files of one that is whole, `META` among them, in the order of the export."""
    unknown: str
    """The reason of `NotFound`."""
    word: str
    """What a log calls it."""
    log: logging.Logger


# In the class below `list` is a method.
Paths = list[Path]
Records = list[Record]


class Keeping(Generic[Record]):
    """Things of one kind under a directory of users. Safe to use from several threads and
    processes.
    """

    kind: Kind[Record]

    def __init__(self, users: Path, clock: Callable[[], float] = time.time) -> None:
        self._users = users
        self._clock = clock
        self._records: TypeAdapter[Record] = TypeAdapter(self.kind.record)

    def list(self, owner: str) -> Records[Record]:
        """Return what is kept of an owner, the oldest first. Raises `NotFound` "owner"."""
        found = [self._read(directory) for directory in self._directories(self._home(owner))]
        return sorted((r for r in found if r), key=lambda record: (record.created, record.id))

    def delete(self, owner: str, id: str) -> None:  # noqa: A002
        """Delete one for good. Raises `NotFound` for an unknown id, and for another owner's in the
        same way; `StorageFailed` "disk".
        """
        directory, _ = self._find(owner, id)
        with storage(directory.name):
            remove(directory)
        self.kind.log.info("%s %s deleted", self.kind.word, directory.name)

    def delete_all(self, owner: str) -> int:
        """Delete all of an owner's, and whatever is left of unfinished ones; return how many whole
        ones there were. Raises `StorageFailed` "disk".
        """
        home = self._home(owner)
        count = len(self.list(owner))
        with storage(home.name):
            for directory in home.iterdir() if home.exists() else ():
                remove(directory)
        return count

    def expire(self, older_than_days: float) -> int:
        """Delete those of all owners that were not used for so long; return how many.

        What a crash left unfinished is deleted too. Raises `StorageFailed` "disk".
        """
        deadline = self._clock() - older_than_days * _DAY_S
        failed: StorageFailed | None = None
        count = 0
        for directory in sorted(self._users.glob(f"*/{self.kind.folder}/*")):
            record = self._read(directory)
            if record.used < deadline if record else self._abandoned(directory):
                try:
                    with storage(directory.name):
                        remove(directory)
                    count += record is not None
                except StorageFailed as error:  # the others are due all the same
                    failed = failed or error
        if failed:
            raise failed
        return count

    def export(self, owner: str) -> Paths:
        """Return all files that are kept of an owner."""
        home = self._home(owner)
        return [home / each.id / file for each in self.list(owner) for file in self.kind.files]

    def _home(self, owner: str) -> Path:
        # An owner is an id that the app derived; anything else is a way out of the directory.
        if not _OWNER.fullmatch(owner):
            raise NotFound("owner")
        return self._users / owner / self.kind.folder

    def _directories(self, home: Path) -> Iterator[Path]:
        if home.is_dir():
            yield from (path for path in home.iterdir() if self.kind.ids.fullmatch(path.name))

    def _find(self, owner: str, id: str) -> tuple[Path, Record]:  # noqa: A002
        if _OWNER.fullmatch(owner) and self.kind.ids.fullmatch(id):
            directory = self._home(owner) / id
            if (record := self._read(directory)) is not None:
                return directory, record
        raise NotFound(self.kind.unknown, id=id[:64])

    def _read(self, directory: Path) -> Record | None:
        """Return what stands in a directory, None where it is not whole."""
        if not self.kind.ids.fullmatch(directory.name):
            return None
        try:
            record = self._records.validate_json((directory / META).read_bytes())
            whole = all((directory / file).is_file() for file in self.kind.files)
            return record if whole and record.id == directory.name else None
        except (OSError, ValueError):  # pydantic's ValidationError is a ValueError
            return None

    def _rewrite(self, directory: Path, record: Record) -> None:
        with storage(directory.name):
            _write(directory, record)

    def _touch(self, directory: Path, record: Record) -> None:
        """Note that one was used. A full disk must not take away what can be read."""
        now = self._clock()
        if now - record.used < _TOUCH_AFTER_S:
            return
        # No protocol says of a dataclass that `replace` takes it, so `Any` has to.
        touched: Record = replace(cast("Any", record), used=now)
        try:
            self._rewrite(directory, touched)
        except StorageFailed:
            log, word = self.kind.log, self.kind.word
            log.warning("use of %s %s could not be noted", word, record.id)

    def _build(self, directory: Path, record: Record, fill: Callable[[Path], None]) -> None:
        """Make a directory that is whole or not there: `fill` writes all files but the record into
        the one that it is given. Raises `StorageFailed` "disk", and leaves nothing behind.
        """
        with storage(directory.name):
            make_private(directory.parent)
            unfinished = Path(mkdtemp(prefix=PREFIX, dir=directory.parent))  # its mode is 0700
            try:
                fill(unfinished)
                _write(unfinished, record)
                self._put(unfinished, directory)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)

    def _put(self, unfinished: Path, directory: Path) -> None:
        if directory.exists() and self._read(directory) is None:
            remove(directory)
        try:
            unfinished.rename(directory)
        except OSError:
            if self._read(directory) is None:
                raise
            # Another request brought the same content meanwhile: what it kept is this one.

    def _abandoned(self, directory: Path) -> bool:
        try:
            return directory.stat().st_mtime < self._clock() - _ABANDONED_S
        except FileNotFoundError:  # finished, or deleted, this very moment
            return False


def _write(directory: Path, record: Kept) -> None:
    text = json.dumps(asdict(record), ensure_ascii=False, indent=1)
    write_private(directory / META, text.encode())
