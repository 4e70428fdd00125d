"""What can be wrong with a database on disk, told in the app's own terms."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import TracebackType

from modules.errors import StorageFailed

RESERVE = 8 << 20
"""Bytes that a write leaves free: chromadb cannot even be read where a write ran out of space."""
LOCK_WAIT_S = 0.3
"""chromadb itself waits many minutes for a database that another program has locked."""

_SYSTEM_REASONS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "full"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "read_only"),
}
# Result codes of SQLite (https://www.sqlite.org/rescode.html), which chromadb puts in its message.
_SQLITE_REASONS = {5: "locked", 6: "locked", 8: "read_only", 13: "full"}
_FOREIGN = ("chromadb", "pyo3_runtime")


class DatabaseCorrupt(Exception):
    """The SQLite file cannot be read as one."""


class IndexBroken(Exception):
    """The vectors cannot be read; the texts can."""


class Translated:
    """Turn what chromadb, SQLite and the file system raise into `StorageFailed` or the two above.

    A context manager instead of an `except`: a panic in chromadb's Rust code is no `Exception`.
    """

    def __init__(self, database: Path) -> None:
        self._database = database

    def __enter__(self) -> None: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and _is_foreign(error):
            raise _translation(error, self._database) from error


def check_room(directory: Path, needed: int = 0) -> None:
    """Raise `StorageFailed("full")` where the disk has no room for that many bytes more."""
    if shutil.disk_usage(directory).free < needed + RESERVE:
        raise StorageFailed("full")


def check_free(database: Path) -> None:
    """Take and give back SQLite's exclusive lock; raises `sqlite3.Error` where that fails: the
    file is locked by another program, may not be written, or is no database.
    """
    uri = f"{database.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, timeout=LOCK_WAIT_S)) as connection:
        connection.isolation_level = None
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("ROLLBACK")


def is_sound(database: Path) -> bool:
    """Tell whether SQLite finds nothing wrong with the file's structure."""
    uri = f"{database.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=LOCK_WAIT_S)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError:
        return True  # locked or out of reach: nothing is said about its structure
    except sqlite3.DatabaseError:
        return False


def _is_foreign(error: BaseException) -> bool:
    modules = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return isinstance(error, OSError | sqlite3.Error) or not modules.isdisjoint(_FOREIGN)


def _translation(error: BaseException, database: Path) -> Exception:
    reason = _reason(error)
    if reason != "unreadable":
        return StorageFailed(reason)
    if database.exists() and not is_sound(database):
        return DatabaseCorrupt()
    return IndexBroken() if "hnsw" in str(error) else StorageFailed(reason)


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError):
        return _SYSTEM_REASONS.get(error.errno or 0, "unreadable")
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE_REASONS.get(code & 0xFF, "unreadable")
    message = str(error)
    named = (reason for code, reason in _SQLITE_REASONS.items() if f"(code: {code})" in message)
    return next(named, "unreadable")
