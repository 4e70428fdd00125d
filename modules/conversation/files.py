"""Files handed to a user: finished answers, exports. Each lies under its owner, and none for long.

The directory is also Gradio's own for uploads (`GRADIO_TEMP_DIR`): what lies in it already, Gradio
serves from where it is and copies nowhere, so that deleting a user's directory deletes every copy.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from modules.errors import InvalidInput, StorageFailed

KEEP_S = 3_600


class Files:
    """The files under one root, by owner."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._readers: dict[Path, tuple[int, int]] = {}  # how many, and the inode that they read
        self._rooms: set[Path] = set()

    def new(self, owner: str, name: str) -> Path:
        """Return the path of a new file of an owner, in a directory nobody can guess.

        Raises `StorageFailed` where no directory can be made.
        """
        return self._directory(owner, name) / name

    def room(self, owner: str) -> Path:
        """Return a new directory of an owner that is not swept until somebody leaves it.

        What a process that crashed had in one is swept by the next. Raises `StorageFailed`.
        """
        directory = self._directory(owner, "media")
        self._rooms.add(directory)
        return directory

    def leave(self, room: Path) -> None:
        """Say that a room is not needed any more."""
        self._rooms.discard(room)

    def uploaded(self, path: str, field: str) -> Path:
        """Return the path of an uploaded file, to be discarded; refuse any path that is not one.

        A caller of the API names files by path: without this check they could name any file of
        the server.
        """
        try:
            file = Path(path).resolve()
            uploaded = file.is_relative_to(self.root.resolve()) and file.is_file()
        except (OSError, ValueError):  # too long for the file system, or with a null character
            uploaded = False
        if not uploaded:
            raise InvalidInput("not_uploaded", field=field)
        readers, _ = self._readers.get(file, (0, 0))
        self._readers[file] = readers + 1, file.stat().st_ino
        return file

    def discard(self, file: Path) -> None:
        """Delete an upload that has been read, and the directory made for it.

        Gradio names an upload by its content: the same sound sent by two callers is one file. It
        stays while one of them still reads it, or has sent it anew and is about to.
        """
        readers, inode = self._readers.pop(file, (1, 0))
        if readers > 1:
            self._readers[file] = readers - 1, inode
            return
        with suppress(FileNotFoundError):
            if inode in (0, file.stat().st_ino):
                file.unlink()
            if file.parent != self.root and not any(file.parent.iterdir()):
                file.parent.rmdir()

    def forget(self, owner: str) -> int:
        """Delete all files of an owner; return how many there were."""
        directory = self.root / owner
        count = sum(path.is_file() for path in directory.rglob("*"))
        shutil.rmtree(directory, ignore_errors=True)
        return count

    def sweep(self) -> int:
        """Delete what is older than `KEEP_S`, uploads that nobody used included."""
        deadline = time.time() - KEEP_S
        files = [p for p in self.root.rglob("*") if p.is_file() and p.parent not in self._rooms]
        old = [path for path in files if path.stat().st_mtime < deadline]
        for path in old:
            path.unlink(missing_ok=True)
        for directory in sorted(self.root.rglob("*"), reverse=True):
            empty = directory.is_dir() and not any(directory.iterdir())
            if empty and directory not in self._rooms:
                directory.rmdir()
        return len(old)

    def _directory(self, owner: str, what: str) -> Path:
        directory = self.root / owner / uuid4().hex
        try:
            directory.mkdir(mode=0o700, parents=True)
        except OSError as error:
            raise StorageFailed("disk", what=what) from error
        return directory
