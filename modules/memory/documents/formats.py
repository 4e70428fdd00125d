"""Which kind of document a file is, by its content: a name can say anything.

Raised here and in the readers is `InvalidInput` with `field` "document": what cannot be read is
said, never guessed.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal, get_args

from modules.errors import InvalidInput

Format = Literal["txt", "docx", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)

MOST_BYTES = 25_000_000
MOST_UNPACKED = 200_000_000
"""Bytes that a DOCX may hold once it is unpacked: more is a bomb, or a book of photographs."""
_MOST_RATIO = 200
"""XML shrinks to a twentieth; what shrinks more than this has been made to."""
_MOST_PARTS = 5_000
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_HEAD = 1_024
_TAIL = 2_048
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\x00", b"MM\x00*")


def refused(reason: str, **params: str | int) -> InvalidInput:
    """Return the error that says why a document cannot be kept."""
    return InvalidInput(reason, field="document", **params)


def format_of(path: Path) -> Format:
    """Return what a file is.

    Raises `InvalidInput` "document_empty", "document_too_large" (`limit` in MB), "document_type",
    "document_picture", "document_old_word", "document_encrypted", "document_damaged" and
    "document_unpacks" (`limit` in MB).
    """
    size = path.stat().st_size
    if size == 0:
        raise refused("document_empty")
    if size > MOST_BYTES:
        raise refused("document_too_large", limit=MOST_BYTES // 1_000_000)
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    if b"%PDF-" in head:
        if b"%%EOF" not in tail:
            raise refused("document_damaged")
        return "pdf"
    if head.startswith(b"PK"):
        _check_docx(path)
        return "docx"
    if head.startswith(_OLE):
        encrypted = _ENCRYPTED in path.read_bytes()
        raise refused("document_encrypted" if encrypted else "document_old_word")
    if head.startswith(_PICTURES):
        raise refused("document_picture")
    if not _is_text(head):
        raise refused("document_type")
    return "txt"


def _check_docx(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise refused("document_damaged") from error
    if "word/document.xml" not in {part.filename for part in parts}:
        raise refused("document_type")
    if any(part.flag_bits & 1 for part in parts):
        raise refused("document_encrypted")
    unpacked = sum(part.file_size for part in parts)
    bomb = any(part.file_size > _MOST_RATIO * max(part.compress_size, 1_000) for part in parts)
    if unpacked > MOST_UNPACKED or len(parts) > _MOST_PARTS or bomb:
        raise refused("document_unpacks", limit=MOST_UNPACKED // 1_000_000)


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return controls == 0
