"""Files that only the app's own user may read, whole or not there at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

from modules.errors import StorageFailed

PREFIX = "."
"""Begins the name of whatever is not finished; nothing that is does so."""


def write_private(path: Path, data: bytes) -> None:
    """Write a file with mode 0600 in one step: a reader, or a crash, sees the old one or the new.

    Raises OSError where the disk refuses, and leaves nothing behind.
    """
    handle, name = mkstemp(prefix=PREFIX, dir=path.parent)  # mkstemp's own mode is 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def make_private(directory: Path) -> None:
    """Make a directory and those above it that are missing, each with mode 0700."""
    for path in reversed((directory, *directory.parents)):
        if not path.exists():
            path.mkdir(mode=0o700, exist_ok=True)


def remove(path: Path) -> None:
    """Delete a directory or a file: gone at once for every reader, and for good even where the
    clearing is cut short, because what is left begins with `PREFIX`. Raises OSError.
    """
    if not path.is_dir():  # a desktop's thumbnail, a backup's note
        path.unlink(missing_ok=True)
        return
    doomed = path.with_name(f"{PREFIX}{path.name}-{os.urandom(4).hex()}")
    path.rename(doomed)
    shutil.rmtree(doomed)


@contextmanager
def storage(what: str) -> Iterator[None]:
    """Turn what the operating system refuses into `StorageFailed` "disk"."""
    try:
        yield
    except OSError as error:
        raise StorageFailed("disk", what=what) from error
