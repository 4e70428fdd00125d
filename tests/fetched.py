"""Folders of models that a test made, as if they had been fetched."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from modules.engines import Stage
from modules.models import (
    RECEIPT,
    FileSpec,
    ModelSpec,
    Receipt,
    Weights,
    sha256_of,
    write_receipts,
)

REPO, REVISION = "test/small", "0" * 40


def rows_of(
    folder: Path, names: Iterable[str] | None = None, *, hashed: bool = True
) -> tuple[FileSpec, ...]:
    """The rows of a table for these files of a folder, or for all."""
    if names is None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        names = [str(path.relative_to(folder)) for path in paths if path.name != RECEIPT]
    return tuple(
        FileSpec(
            name, (folder / name).stat().st_size, REPO, REVISION,
            sha256_of(folder / name) if hashed else None,
        )
        for name in names
    )  # fmt: skip


def as_fetched(
    directory: Path, stage: Stage, names: Iterable[str] | None = None, *, hashed: bool = True
) -> Weights:
    """A directory of models whose keys are the names of its folders, receipts included."""
    specs = {}
    for folder in sorted(directory.iterdir()):
        rows = rows_of(folder, names, hashed=hashed)
        spec = ModelSpec(folder.name, stage, REPO, REVISION, rows, "MIT", False, "made by a test")
        write_receipts(folder, {row.name: Receipt.of(folder / row.name, row) for row in rows})
        specs[folder.name] = spec
    return Weights(directory, specs)
