"""One process at a time in a user's memory: chromadb is safe for threads, not for processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from modules.errors import StorageFailed

_POLL_S = 0.005

if sys.platform == "win32":

    def _taken(file: BinaryIO) -> bool:
        # No flock there: one process per data directory.
        return True
else:
    import fcntl

    def _taken(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class Gone(Exception):
    """The directory of the lock is not there: its user has no memory, or was just deleted."""


@contextmanager
def exclusive(path: Path, wait_s: float, *, create: bool) -> Iterator[None]:
    """Hold the lock file `path`; raise `StorageFailed("locked")` after `wait_s` seconds.

    Its directory is made where it is missing, or `Gone` is raised where nothing is to be created.
    The lock goes with the process, so a crash leaves nothing behind that has to be cleared.
    """
    deadline = time.monotonic() + wait_s
    while True:
        if create:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _opened(path) as file:
            if _taken(file) and _is_still(path, file):
                yield
                return
        if time.monotonic() >= deadline:
            raise StorageFailed("locked")
        time.sleep(_POLL_S)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("ab")
    except FileNotFoundError:
        raise Gone from None


def _is_still(path: Path, file: BinaryIO) -> bool:
    # Whoever deleted the user held this lock and removed the file: the lock is on nothing then.
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
