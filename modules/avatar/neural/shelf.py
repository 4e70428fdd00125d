"""What is kept of an avatar for the painters: its frames and points, and what each made of them.

    <the face's own folder>/motion-<digest>.npz              frames, points, which mouths are closed
    <the face's own folder>/painted-<painter>-<version>-<motion>.npz

They lie beside the portrait and go with it (`photo/store.py`). The digest is that of the picture
(or the clip) and its points, so corrected points make them anew; what was painted bears the digest
of the motion it was painted for, so another motion never takes it. Frames are kept as JPEG, of high
quality and with full colour: thirty times smaller, and opened one by one.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import cv2
import numpy as np
import numpy.typing as npt

from modules.avatar.neural.painting import BOXES, MASKS, POINTS, Arrays, Painter
from modules.avatar.neural.pasting import paste
from modules.avatar.photo.clips import digest
from modules.errors import EngineFailed, StorageFailed
from modules.messages import FRAME_SIZE, ByteArray, FloatArray, Portrait
from modules.private import storage, write_private

_QUALITY = [
    cv2.IMWRITE_JPEG_QUALITY, 95,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
]  # fmt: skip
_THREADS = 4


class Pictures:
    """Frames of 512 x 512 pixels, kept as JPEG and opened one by one."""

    def __init__(self, data: ByteArray, offsets: npt.NDArray[np.int64]) -> None:
        self.data, self.offsets = data, offsets

    @classmethod
    def of(cls, frames: Iterable[ByteArray]) -> Pictures:
        """Keep frames, uint8 [512, 512, 3] RGB."""
        packed = [cv2.imencode(".jpg", frame[..., ::-1], _QUALITY)[1].ravel() for frame in frames]
        offsets = np.cumsum([0, *map(len, packed)], dtype=np.int64)
        return cls(np.concatenate(packed), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> ByteArray:
        packed = self.data[self.offsets[index] : self.offsets[index + 1]]
        frame = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        if frame is None or frame.shape != (FRAME_SIZE, FRAME_SIZE, 3):
            raise StorageFailed("unreadable", what="motion")
        return np.ascontiguousarray(frame[..., ::-1], dtype=np.uint8)

    def all(self) -> ByteArray:
        """Return all frames, uint8 [n, 512, 512, 3]."""
        with ThreadPoolExecutor(_THREADS) as pool:
            return np.stack(list(pool.map(self.__getitem__, range(len(self)))))


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """An avatar's frames. `points` float32 [n, 68, 2]; `closed` bool [n]: whose mouth is closed;
    `loops`: whether the last frame leads to the first; `mover`: who made them ("clip": a camera),
    and in which version of it.
    """

    frames: Pictures
    points: FloatArray
    closed: npt.NDArray[np.bool_]
    loops: bool
    mover: str
    version: str = "1"

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def digest(self) -> str:
        """What tells this motion from any other: 16 digits."""
        marked = hashlib.sha256(b"%d" % self.loops)
        for each in (self.frames.data, self.frames.offsets, self.points, self.closed):
            marked.update(np.ascontiguousarray(each).tobytes())
        return marked.hexdigest()[:16]


class Made(NamedTuple):
    """Of a motion that is kept: who made it, in which version, and its digest."""

    mover: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class Attached:
    """An avatar that is ready to be painted."""

    motion: Motion
    prepared: Any
    boxes: npt.NDArray[np.int32]
    masks: ByteArray

    def paste(self, frame: ByteArray, crop: ByteArray, index: int, strength: float) -> None:
        """Put a painted crop into frame number `index`, in place."""
        paste(frame, crop, self.boxes[index], self.masks[index], strength)


def motion_file(portrait: Portrait) -> Path:
    """Return where a portrait's motion is kept. Raises `EngineFailed` for one that is not kept."""
    return _folder(portrait) / f"motion-{digest(portrait)}.npz"


def painted_file(portrait: Portrait, painter: Painter, motion: str = "") -> Path:
    """Return where what a painter prepared of a motion is kept: `motion` is its digest, that of the
    motion that is kept where it is not given. Raises as `made` does.
    """
    motion = motion or made(motion_file(portrait)).digest
    return _folder(portrait) / f"painted-{painter.name}-{painter.version}-{motion}.npz"


def made(path: Path) -> Made:
    """Return who made a motion that is kept, without its frames: a millisecond.

    Raises `StorageFailed` "unreadable".
    """
    kept = _read(path, Made._fields)
    try:
        return Made(*(str(kept[name][0]) for name in Made._fields))
    except (KeyError, IndexError) as error:
        raise StorageFailed("unreadable", what=path.name) from error


def write_motion(path: Path, motion: Motion) -> None:
    """Keep a motion. Any other one of the same face goes first, and what was painted for it: who
    reads the new one finds nothing of the old. Raises `StorageFailed` "disk".
    """
    mark = motion.digest
    with storage(path.name):
        for old in (*path.parent.glob("motion-*.npz"), *path.parent.glob("painted-*.npz")):
            if old != path and not old.stem.endswith(f"-{mark}"):
                old.unlink(missing_ok=True)
    _write(path, {
        "data": motion.frames.data, "offsets": motion.frames.offsets, "points": motion.points,
        "closed": motion.closed, "loops": np.array([motion.loops]),
        "mover": np.array([motion.mover]), "version": np.array([motion.version]),
        "digest": np.array([mark]),
    })  # fmt: skip


def read_motion(path: Path) -> Motion:
    """Return a motion that was kept. Raises `StorageFailed` "unreadable"."""
    kept = _read(path)
    try:
        motion = Motion(
            Pictures(kept["data"], kept["offsets"]), kept["points"].astype(np.float32),
            kept["closed"].astype(bool), bool(kept["loops"][0]),
            str(kept["mover"][0]), str(kept["version"][0]),
        )  # fmt: skip
    except (KeyError, IndexError) as error:
        raise StorageFailed("unreadable", what=path.name) from error
    if motion.points.shape != (len(motion), POINTS, 2) or len(motion.closed) != len(motion):
        raise StorageFailed("unreadable", what=path.name)
    return motion


def write_painted(path: Path, arrays: Arrays) -> None:
    """Keep what a painter prepared; an older version of the same painter goes."""
    painter = path.name.rsplit("-", 2)[0]
    _write(path, arrays)
    for other in path.parent.glob(f"{painter}-*.npz"):
        if other != path:
            other.unlink(missing_ok=True)


def read_painted(path: Path, frames: int) -> Arrays:
    """Return what a painter prepared. Raises `StorageFailed` "unreadable"."""
    kept = _read(path)
    if any(name not in kept for name in (BOXES, MASKS)) or any(
        len(array) != frames for array in kept.values()
    ):
        raise StorageFailed("unreadable", what=path.name)
    return kept


def _folder(portrait: Portrait) -> Path:
    if not portrait.folder:
        raise EngineFailed("not_prepared", stage="avatar", engine="")
    return Path(portrait.folder)


def _write(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    with storage(path.name):
        write_private(path, packed.getvalue())


def _read(path: Path, names: tuple[str, ...] = ()) -> dict[str, npt.NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as kept:
            return {name: kept[name] for name in names or kept.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise StorageFailed("unreadable", what=path.name) from error
