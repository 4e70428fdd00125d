"""What is prepared once per process and persona, and kept on disk between starts."""

from __future__ import annotations

import logging
import os
import tempfile
import zipfile
from collections import defaultdict
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np

from modules.avatar.art.canvas import LARGE
from modules.avatar.art.portrait import paint_portrait
from modules.avatar.face.renderer import Renderer
from modules.avatar.specification import fingerprint, load_persona
from modules.engines import EngineLock
from modules.messages import ByteArray
from modules.settings import Settings

log = logging.getLogger("guong.avatar")

_ART = Path(__file__).parent / "art"
_renderers: dict[str, Renderer] = {}
# One for each persona: nobody waits for the painting of another face than their own.
_locks: defaultdict[str, EngineLock] = defaultdict(EngineLock)


def renderer(avatar: str) -> Renderer:
    """Return the prepared renderer of a known persona; the first call for it takes a while."""
    with _locks[avatar]:
        found = _renderers.get(avatar)
        if found is None:
            folder = Settings().data / "cache"
            found = Renderer(load_persona(avatar), portrait(avatar, folder))
            _renderers[avatar] = found
        return found


def forget() -> None:
    """Let go of everything that was prepared; streams keep what they use."""
    _renderers.clear()


def portrait(avatar: str, folder: Path) -> ByteArray:
    """Return the painted portrait, uint8 [LARGE, LARGE, 3], from `folder` or painted anew.

    A file there that is missing, broken or made by other code is replaced; where the folder
    cannot be written, nothing is kept and nothing is wrong.
    """
    path = folder / f"portrait-{avatar}-{_version(avatar)}.npz"
    kept = _read(path)
    if kept is not None:
        return kept
    painted = np.round(paint_portrait(load_persona(avatar).look) * 255).astype(np.uint8)
    try:
        _write(path, painted)
    except OSError as error:
        log.warning("portrait of %s not kept: %s", avatar, type(error).__name__)
    return painted


def _version(avatar: str) -> str:
    digest = sha256(fingerprint(avatar).encode())
    for source in sorted(_ART.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _read(path: Path) -> ByteArray | None:
    try:
        with np.load(path, allow_pickle=False) as kept:
            picture: ByteArray = kept["portrait"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("%s is broken: %s", path.name, type(error).__name__)
        return None
    usable = picture.shape == (LARGE, LARGE, 3) and picture.dtype == np.uint8
    return picture if usable else None


def _write(path: Path, picture: ByteArray) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=path.stem, suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, portrait=picture)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    made = path.name[: -len("0123456789abcdef.npz")]
    for old in path.parent.glob(f"{made}{'[0-9a-f]' * 16}.npz"):
        if old != path:
            with suppress(OSError):
                old.unlink()
