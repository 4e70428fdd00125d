"""The table of checkpoints, and the directory they are kept in.

`MODELS` is read from `models.toml`. `Weights` answers the two questions that engines and the page
ask, "is it there" and "where", from disk alone; fetching is in `download.py` and never happens
inside a turn.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from modules.engines import Stage
from modules.errors import EngineUnavailable
from modules.settings import Settings

TABLE = Path(__file__).with_name("models.toml")
UNPINNED_TABLE = Path(__file__).with_name("unpinned.toml")
RECEIPT, PIN = "receipt.json", "pin.json"

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes of the whole model."""


@dataclass(frozen=True, slots=True)
class FileSpec:
    """One file of a model: its path in the repository, which is also its path on disk.

    `bytes` is what the hub shows, sometimes rounded. `sha256` is None where it was not published.
    """

    name: str
    bytes: int
    repo: str
    revision: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A pinned checkpoint; `note` tells where revision and hashes were read."""

    key: str
    stage: Stage
    repo: str
    revision: str
    files: tuple[FileSpec, ...]
    licence: str
    gated: bool
    note: str

    @property
    def bytes(self) -> int:
        """Size of all files together, as the table has them."""
        return sum(file.bytes for file in self.files)


def read_table(path: Path = TABLE) -> Mapping[str, ModelSpec]:
    """Return the models of a table by their keys."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return MappingProxyType({key: _model(key, entry) for key, entry in table.items()})


def _model(key: str, entry: dict[str, Any]) -> ModelSpec:
    origin = {"repo": entry["repo"], "revision": entry["revision"]}
    files = tuple(FileSpec(**{**origin, **file}) for file in entry["files"])
    return ModelSpec(key=key, **{**entry, "files": files, "note": entry["note"].strip()})


MODELS: Mapping[str, ModelSpec] = read_table()


def read_unpinned(path: Path = UNPINNED_TABLE) -> Mapping[str, ModelSpec]:
    """Return the models whose files nobody lists with their hashes in public: they have none yet.

    Most stand behind a gate; of others only the commit is known, or not even that ("").
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    models = {}
    for key, entry in table.items():
        facts = {"revision": "", "gated": True, **entry, "note": entry["note"].strip()}
        models[key] = ModelSpec(key=key, files=(), **facts)
    return MappingProxyType(models)


UNPINNED: Mapping[str, ModelSpec] = read_unpinned()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a file was when it was verified; `mtime_ns` tells whether it was touched since."""

    repo: str
    revision: str
    bytes: int
    sha256: str
    mtime_ns: int

    @classmethod
    def of(cls, path: Path, file: FileSpec) -> Receipt:
        """Hash a file and write down what it is."""
        stat = path.stat()
        return cls(file.repo, file.revision, stat.st_size, sha256_of(path), stat.st_mtime_ns)

    def covers(self, file: FileSpec) -> bool:
        """Tell whether this is a receipt for what the table asks for now."""
        origin = (self.repo, self.revision) == (file.repo, file.revision)
        return origin and file.sha256 in (None, self.sha256)


class Weights:
    """The directory of checkpoints: one folder per model, its files, and a receipt of their hashes.

    A file is hashed when it is fetched and never again while its size and time stay the same.
    """

    def __init__(self, directory: Path, models: Mapping[str, ModelSpec] = MODELS) -> None:
        self.directory = directory
        self.models = models

    def present(self, key: str) -> bool:
        """Tell whether all files of a model are here and whole. Unknown keys are absent."""
        spec = self.models.get(key) or self._pinned(key)
        if spec is None:
            return False
        folder = self.directory / key
        receipts = read_receipts(folder)
        return all(_whole(folder, file, receipts) for file in spec.files)

    def path(self, key: str) -> Path:
        """Return the folder of a model; raises `EngineUnavailable` where it is not complete."""
        spec = self._spec(key)
        if not self.present(key):
            raise EngineUnavailable("weights_missing", stage=spec.stage, remedy=key)
        return self.directory / key

    def fetch(
        self,
        key: str,
        progress: Progress = lambda done, total: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Download what is missing of a model, resuming; False where `cancelled` said so.

        Blocks, so it is called from a worker thread. Raises `EngineUnavailable` (no connection,
        no access, not on the hub, ...), `WeightsRejected` or `StorageFailed`.
        """
        from modules.download import fetch_model, pin  # late: not needed to run

        if key in UNPINNED and key not in self.models and not self._pinned(key):
            write_pin(self.directory / key, pin(UNPINNED[key]))
        return fetch_model(self._spec(key), self.directory / key, progress, cancelled)

    def _spec(self, key: str) -> ModelSpec:
        spec = self.models.get(key) or self._pinned(key) or UNPINNED.get(key)
        if spec is None:
            raise EngineUnavailable("unknown_model", stage="", remedy=key)
        return spec

    def _pinned(self, key: str) -> ModelSpec | None:
        """Return an unpinned model as it was pinned when it was first fetched."""
        try:
            entry = json.loads((self.directory / key / PIN).read_text(encoding="utf-8"))
            origin: dict[str, Any] = {
                "repo": UNPINNED[key].repo,
                "revision": str(entry["revision"]),
            }
            files = tuple(FileSpec(**file, **origin) for file in entry["files"])
            return replace(UNPINNED[key], revision=origin["revision"], files=files)
        except (OSError, ValueError, TypeError, KeyError):
            return None


def weights(settings: Settings | None = None) -> Weights:
    """Return the app's own directory of checkpoints, `models` under `GUONG_DATA`, or in the bucket
    of a Space.
    """
    return Weights((settings or Settings()).models)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_receipts(folder: Path) -> dict[str, Receipt]:
    """Return the receipts kept in a model's folder; none where there is no readable list."""
    try:
        entries = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
        return {name: Receipt(**entry) for name, entry in entries.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write_receipts(folder: Path, receipts: Mapping[str, Receipt]) -> None:
    """Keep receipts in a model's folder, whole or not at all."""
    entries = {
        name: {field: getattr(receipt, field) for field in Receipt.__slots__}
        for name, receipt in receipts.items()
    }
    draft = folder / f"{RECEIPT}.new"
    draft.write_text(json.dumps(entries, indent=1), encoding="utf-8")
    draft.replace(folder / RECEIPT)


def write_pin(folder: Path, spec: ModelSpec) -> None:
    """Keep the commit and the hashes of a model that was not pinned, whole or not at all."""
    files = [{"name": f.name, "bytes": f.bytes, "sha256": f.sha256} for f in spec.files]
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{PIN}.new"
    draft.write_text(json.dumps({"revision": spec.revision, "files": files}, indent=1), "utf-8")
    draft.replace(folder / PIN)


def _whole(folder: Path, file: FileSpec, receipts: dict[str, Receipt]) -> bool:
    receipt, path = receipts.get(file.name), folder / file.name
    if receipt is None or not receipt.covers(file):
        return False
    try:
        stat = path.stat()
        if stat.st_size != receipt.bytes:
            return False
        if stat.st_mtime_ns == receipt.mtime_ns:
            return True
        fresh = Receipt.of(path, file)  # copied or restored: the same bytes at another time
    except OSError:
        return False
    if fresh.sha256 != receipt.sha256:
        return False
    receipts[file.name] = fresh
    with suppress(OSError):  # on a read-only disk it is only hashed again next time
        write_receipts(folder, receipts)
    return True
