"""What was exported, read back: memories, documents and pictures, into the same or another key.

Taken are the zip of `/export` and the `memories.json` in it. What is there already stays once.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from modules.avatar.photo.reading import read_image
from modules.errors import InvalidInput
from modules.memory import read_memories
from modules.memory.documents.child import PASSAGES
from modules.memory.pictures import PICTURE

if TYPE_CHECKING:
    from modules.conversation.app import App

MOST_BYTES = 200_000_000
_MOST_UNPACKED = 300_000_000
_MOST_MEMBERS = 5_000
_MEMORIES = "memories.json"
_MEMBER = re.compile(r"(documents|pictures)/([a-z]+-[0-9a-f]{32})/meta\.json")


@dataclass(frozen=True, slots=True)
class Imported:
    """How much an import brought, knew already, and refused."""

    memories: int = 0
    documents: int = 0
    pictures: int = 0
    known: int = 0
    refused: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the numbers by name."""
        return asdict(self)


def take_in(app: App, owner: str, file: Path) -> Imported:
    """Read an export into a user's data. Blocks: a document's index is made anew.

    Raises `InvalidInput` with `field` "file": "import_foreign", "import_damaged",
    "import_too_large" (`limit`), and as the stores do where there is no more room;
    `StorageFailed`. What was read before that stays.
    """
    if file.stat().st_size > MOST_BYTES:
        raise InvalidInput("import_too_large", field="file", limit=f"{MOST_BYTES // 1_000_000} MB")
    if not zipfile.is_zipfile(file):
        with file.open("rb") as opened:
            if opened.read(2) == b"PK":
                raise InvalidInput("import_damaged", field="file")
        return _take_memories(app, owner, file.read_bytes())
    try:
        with zipfile.ZipFile(file) as archive:
            _check(archive)
            done = _take_memories(app, owner, archive.read(_MEMORIES))
            documents = pictures = refused = 0
            for kind, identity, meta in _members(archive):
                if kind == "documents":
                    documents += _take_document(app, owner, archive, identity, meta)
                else:
                    taken = _take_picture(app, owner, archive, identity, meta)
                    pictures, refused = pictures + (taken > 0), refused + (taken < 0)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise InvalidInput("import_damaged", field="file") from error
    refused += done.refused
    return Imported(done.memories, documents, pictures, done.known, refused)


def _check(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if _MEMORIES not in archive.namelist():
        raise InvalidInput("import_foreign", field="file")
    size = sum(member.file_size for member in members)
    if size > _MOST_UNPACKED or len(members) > _MOST_MEMBERS:
        limit = f"{_MOST_UNPACKED // 1_000_000} MB"
        raise InvalidInput("import_too_large", field="file", limit=limit)


def _members(archive: zipfile.ZipFile) -> list[tuple[str, str, dict[str, Any]]]:
    """Return kind, id and description of the documents and pictures in an export."""
    found = []
    for name in archive.namelist():
        if match := _MEMBER.fullmatch(name):
            try:
                meta = json.loads(archive.read(name))
            except ValueError as error:
                raise InvalidInput("import_damaged", field="file") from error
            if not isinstance(meta, dict):
                raise InvalidInput("import_damaged", field="file")
            found.append((match[1], match[2], meta))
    return found


def _take_memories(app: App, owner: str, text: bytes) -> Imported:
    memories, refused = read_memories(text)
    taken = app.memory_of(owner).take_in(memories)
    return Imported(taken.added, 0, 0, taken.known, refused)


def _take_document(
    app: App, owner: str, archive: zipfile.ZipFile, identity: str, meta: dict[str, Any]
) -> int:
    if identity in {each.id for each in app.documents.list(owner)}:
        return 0
    with TemporaryDirectory() as folder:
        passages = Path(folder) / PASSAGES
        passages.write_bytes(_member(archive, f"documents/{identity}/{PASSAGES}"))
        name, kind = str(meta.get("name", "")), str(meta.get("kind", ""))
        app.documents.add_passages(owner, identity, name, kind, passages)
    return 1


def _take_picture(
    app: App, owner: str, archive: zipfile.ZipFile, identity: str, meta: dict[str, Any]
) -> int:
    """Return 1 for a picture that came in, 0 for a known one, -1 for one that cannot be kept."""
    if identity in {each.id for each in app.pictures.list(owner)}:
        return 0
    data = _member(archive, f"pictures/{identity}/{PICTURE}")
    digest = identity.partition("-")[2]
    try:
        app.pictures.add(owner, digest, str(meta.get("caption", "")), read_image(data))
    except InvalidInput as error:
        if error.params["field"] == "picture":  # there is no more room
            raise
        return -1
    return 1


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except KeyError as error:
        raise InvalidInput("import_damaged", field="file") from error


def keep_picture(app: App, owner: str, file: Path, caption: str) -> str:
    """Keep an uploaded picture under its caption; return its id.

    Raises `InvalidInput` as `read_image` and `PictureStore.add` do.
    """
    data = file.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return app.pictures.add(owner, digest, caption, read_image(data)).id
