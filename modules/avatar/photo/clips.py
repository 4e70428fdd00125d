"""The clip of a filmed face as it is kept, and what else lies beside a portrait.

Cheap to import: the store of faces needs it before anything is drawn.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from modules.h264 import write_h264
from modules.messages import ByteArray, Portrait

CLIP = "clip.mp4"
_X264 = {"preset": "medium", "crf": "12", "profile": "high", "threads": "2"}
"""Nearly without loss: networks see every block."""
_PAINTED = re.compile(r"painted-([a-z0-9_]+)-([a-z0-9._]+)-[0-9a-f]{16}\.npz")


VERSION = 2
"""Of what a motion holds."""


def digest(portrait: Portrait) -> str:
    """Return what tells what was made of one portrait from what was made of another: 16 digits.

    They follow from its picture, its clip and its points: a millisecond.
    """
    marked = hashlib.sha256(f"{VERSION}/{portrait.id}/".encode())
    marked.update(portrait.points.tobytes())
    marked.update(portrait.rgb.tobytes())
    if portrait.clip:
        marked.update(_clip_hash(Path(portrait.folder) / CLIP))
    return marked.hexdigest()[:16]


def kept_motion(portrait: Portrait) -> Path | None:
    """Return the file of a portrait's motion, where it was made (`neural/shelf.py`)."""
    if not portrait.folder:
        return None
    path = Path(portrait.folder) / f"motion-{digest(portrait)}.npz"
    return path if path.exists() else None


def _clip_hash(path: Path) -> bytes:
    """Return the hash of a clip's file, read once; of a missing one none."""
    try:
        seen = path.stat()
    except OSError:
        return b""
    return _hashed(path, seen.st_mtime_ns, seen.st_size)


@lru_cache(maxsize=64)
def _hashed(path: Path, _written: int, _size: int) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def painters_of(folder: Path) -> tuple[str, ...]:
    """Return the names of the painters that a face was prepared for."""
    names = (_PAINTED.fullmatch(path.name) for path in folder.glob("painted-*.npz"))
    return tuple(sorted({name[1] for name in names if name}))


def write_clip(frames: Iterable[ByteArray], path: Path) -> Path:
    """Encode frames, uint8 [512, 512, 3], 25 a second, for a reader of its own; return `path`."""
    write_h264(frames, path, _X264)
    return path
