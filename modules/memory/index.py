"""Checksums of the vector index, which chromadb reads without a check of its own.

chromadb writes the index (HNSW) beside the SQLite file whenever enough changes have gathered. A
damaged file of it can bring the whole process down, and a missing one makes memories silently
unfindable, so both are looked for before a database is opened.
"""

from __future__ import annotations

import json
import shutil
import zlib
from pathlib import Path

_SEAL = "checksums.json"
_WRITTEN = "index_metadata.pickle"
"""Present where the index was written; without it chromadb builds the index anew from SQLite."""
_BLOCK = 1 << 20

Signature = tuple[tuple[str, int, int], ...]
"""Name, size and time of change of every file of the index."""


def signature(directory: Path) -> Signature:
    """Return what tells, at the cost of a few `stat` calls, whether the index has changed."""
    found = []
    for file in _files(directory):
        status = file.stat()
        found.append((_name(directory, file), status.st_size, status.st_mtime_ns))
    return tuple(found)


def seal(directory: Path) -> None:
    """Write down the checksums of the index as it is now."""
    sums = {_name(directory, file): _checksum(file) for file in _files(directory)}
    partial = directory / f"{_SEAL}.partial"
    partial.write_text(json.dumps(sums), encoding="utf-8")
    partial.replace(directory / _SEAL)


def is_intact(directory: Path) -> bool:
    """Tell whether every file of the index is as it was when it was sealed."""
    try:
        sums = json.loads((directory / _SEAL).read_text(encoding="utf-8"))
    except FileNotFoundError:
        sums = {}
    except ValueError:
        return False
    return bool(sums == {_name(directory, file): _checksum(file) for file in _files(directory)})


def discard(directory: Path) -> None:
    """Remove the index and its checksums; the SQLite file stays."""
    for file in directory.iterdir():
        if file.is_dir():
            shutil.rmtree(file)
    (directory / _SEAL).unlink(missing_ok=True)


def _files(directory: Path) -> list[Path]:
    folders = [file.parent for file in directory.glob(f"*/{_WRITTEN}")]
    return sorted(file for folder in folders for file in folder.iterdir() if file.is_file())


def _name(directory: Path, file: Path) -> str:
    return file.relative_to(directory).as_posix()


def _checksum(file: Path) -> int:
    total = 0
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            total = zlib.crc32(block, total)
    return total
