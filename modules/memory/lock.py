"""One process at a time in a user's memory: chromadb is safe for threads, not for processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from modules.errors import StorageFailed

LOCK = "memory.lock"
GATE = "memory.gate"
_POLL_S = 0.002

if sys.platform == "win32":

    def _take(file: BinaryIO) -> bool:
        # No flock there: one process per data directory.
        return True

    def _give_back(file: BinaryIO) -> None: ...
else:
    import fcntl

    def _take(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _give_back(file: BinaryIO) -> None:
        # Closing is not enough: a process forked meanwhile would go on holding the lock.
        fcntl.flock(file, fcntl.LOCK_UN)


class Gone(Exception):
    """The directory is not there: its user has no memory, or was just deleted."""


@contextmanager
def exclusive(directory: Path, until: float, *, create: bool) -> Iterator[None]:
    """Hold a directory for this process; raise `StorageFailed("locked")` when `time.monotonic()`
    has passed `until`.

    The directory is made where it is missing, or `Gone` is raised where nothing is to be created.
    The locks go with the process, so a crash leaves nothing behind that has to be cleared.
    """
    with ExitStack() as held:
        while True:
            if create:
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                # Who waits holds the gate, so that a process with much to do cannot overtake it
                # for ever.
                with _held(directory / GATE, until):
                    held.enter_context(_held(directory / LOCK, until))
                break
            except Gone:
                if not create:
                    raise
        yield


@contextmanager
def _held(path: Path, until: float) -> Iterator[None]:
    while True:
        with _opened(path) as file:
            if _take(file):
                try:
                    if _is_still(path, file):
                        yield
                        return
                finally:
                    _give_back(file)
        if time.monotonic() >= until:
            raise StorageFailed("locked")
        time.sleep(_POLL_S)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("ab")
    except FileNotFoundError:
        raise Gone from None


def _is_still(path: Path, file: BinaryIO) -> bool:
    # Whoever deleted the user held the lock and removed its file: this lock is on nothing then.
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
