"""What is kept of users, copied to a mounted bucket, and taken back after a restart.

    <bucket>/users/<owner>.zip     everything that is kept of one owner
    <bucket>/secret                the key behind the user ids, where the environment gives none

A Space forgets its disk when it restarts; a bucket that is mounted there does not. But a bucket is
no disk: objects are written whole, and a database that runs on it would be torn. So the app works
on the local disk, and what changed goes to the bucket now and then, one file for each owner, whole
or not at all. What is deleted here is deleted there.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import sqlite3
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from modules.errors import StorageFailed
from modules.memory.lock import GATE, LOCK, Gone, exclusive
from modules.private import PREFIX, make_private, write_private

log = logging.getLogger("guong.snapshots")

EVERY_S = 60.0
"""What is told within this time before the machine dies is lost."""
_WAIT_S = 5.0
_OWNER = re.compile(r"[0-9a-f]{16,64}")
_SQLITE = b"SQLite format 3\0"
_BESIDE = ("-wal", "-shm", "-journal", ".partial")
_SECRET = "secret"
_UNREADABLE = (
    OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError,
)  # fmt: skip


class Snapshots:
    """The copies of one data directory in one bucket. `restore`, `take` and `forget` block."""

    def __init__(self, data: Path, bucket: Path) -> None:
        self._users, self._secret = data / "users", data / _SECRET
        self._bucket = bucket
        self._copies = bucket / "users"
        self._taken: dict[str, str] = {}
        """By owner, what the last copy was made of."""
        self._refused: set[str] = set()
        """Copies that could not be read: they are left where they are."""
        self._turn = threading.Lock()

    def restore(self) -> int:
        """Take back what the disk lacks; return of how many owners. Nothing that is here is
        replaced, and one copy that cannot be read does not keep the others from it.
        """
        count = 0
        make_private(self._users)
        if not self._secret.exists() and (self._bucket / _SECRET).is_file():
            write_private(self._secret, (self._bucket / _SECRET).read_bytes())
        for copy in sorted(self._copies.glob("*.zip")):
            owner, home = copy.stem, self._users / copy.stem
            if not _OWNER.fullmatch(owner):
                continue
            try:
                if not home.exists():
                    _unpack(copy, home)
                    self._taken[owner] = _signature(home)
                    count += 1
            except _UNREADABLE as error:
                log.error("the copy of %s cannot be read: %s", owner, type(error).__name__)
                self._refused.add(owner)
        if count:
            log.info("%d users are back from the bucket", count)
        return count

    def take(self) -> int:
        """Copy what changed, and delete the copies of whom nothing is kept any more; return how
        many copies were written. Raises `StorageFailed` "bucket" where the bucket refuses one.
        """
        failed: OSError | None = None
        written = 0
        with _bucket_errors():
            make_private(self._copies)
            self._copy_secret()
        owners = {p.name for p in self._users.iterdir() if _OWNER.fullmatch(p.name)}
        for owner in sorted(owners):
            try:
                with self._turn:
                    written += self._copy(owner)
            except OSError as error:  # the others are due all the same
                failed = error
        for copy in self._copies.glob("*.zip"):
            if _OWNER.fullmatch(copy.stem) and copy.stem not in owners | self._refused:
                copy.unlink(missing_ok=True)
                self._taken.pop(copy.stem, None)
        if failed:
            raise StorageFailed("bucket", what=type(failed).__name__) from failed
        return written

    def forget(self, owner: str) -> None:
        """Delete an owner's copy now. Raises `StorageFailed` "bucket"."""
        if _OWNER.fullmatch(owner):
            with self._turn, _bucket_errors():
                (self._copies / f"{owner}.zip").unlink(missing_ok=True)
            self._taken.pop(owner, None)
            self._refused.discard(owner)

    def _copy_secret(self) -> None:
        kept = self._bucket / _SECRET
        if self._secret.is_file() and not kept.exists():
            write_private(kept, self._secret.read_bytes())

    def _copy(self, owner: str) -> bool:
        home = self._users / owner
        if self._taken.get(owner) == _signature(home):
            return False
        try:
            with tempfile.TemporaryDirectory() as directory:
                packed = Path(directory) / f"{owner}.zip"
                # Nobody writes to the memory meanwhile. Everything else there is written whole.
                with exclusive(home, time.monotonic() + _WAIT_S, create=False):
                    before = _signature(home)
                    _pack(home, packed)
                if not any(home.iterdir()):
                    return False
                _put(packed, self._copies / packed.name)
        except (Gone, StorageFailed, FileNotFoundError):
            return False  # deleted, or at work, this very moment: the next time
        self._taken[owner] = before
        return True


def taken_back(data: Path, bucket: Path | None) -> Snapshots | None:
    """Return the copies in a bucket after what the disk lacks was taken back; None without one."""
    if bucket is None:
        return None
    kept = Snapshots(data, bucket)
    try:
        kept.restore()
    except OSError as error:  # a bucket that is not there must not keep the app from starting
        log.error("the bucket cannot be read: %s", type(error).__name__)
    return kept


@contextmanager
def _bucket_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFailed("bucket", what=type(error).__name__) from error


def _signature(home: Path) -> str:
    """Return a digest of names, sizes and times of all files of an owner."""
    lines = []
    for path in _files(home):
        stat = path.stat()
        lines.append(f"{path.relative_to(home)} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _files(home: Path) -> list[Path]:
    return sorted(
        path
        for path in home.rglob("*")
        if path.is_file()
        and path.name not in (LOCK, GATE)
        and not any(part.startswith(PREFIX) for part in path.relative_to(home).parts)
        and not path.name.endswith(_BESIDE)
    )


def _pack(home: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in _files(home):
            name = path.relative_to(home).as_posix()
            with path.open("rb") as file:
                database = file.read(len(_SQLITE)) == _SQLITE
            if database:
                archive.writestr(name, _database(path))
            else:
                archive.write(path, name)


def _database(path: Path) -> bytes:
    """Return a whole copy of a SQLite database, whatever stands in its write-ahead log."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "copy.sqlite3"
        with (
            closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        return copy.read_bytes()


def _put(file: Path, target: Path) -> None:
    """Write an object whole: who reads meanwhile gets the old one or the new."""
    draft = target.with_name(f"{PREFIX}{target.name}")
    try:
        shutil.copyfile(file, draft)
        draft.chmod(0o600)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _unpack(copy: Path, home: Path) -> None:
    draft = home.with_name(f"{PREFIX}{home.name}-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        with zipfile.ZipFile(copy) as archive:
            for member in archive.infolist():
                path = draft / member.filename
                if not path.resolve().is_relative_to(draft.resolve()) or member.is_dir():
                    raise ValueError("a member outside its folder")
                make_private(path.parent)
                path.touch(mode=0o600)
                path.write_bytes(archive.read(member))  # checks the sum
        make_private(draft)
        draft.rename(home)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
