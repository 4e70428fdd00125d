"""The faces that people left with their consent: biometric data, kept by owner and by content.

    users/<owner>/faces/<id>/portrait.png  meta.json  (and the loops made of it)

Only the crop is kept, not the picture that was sent. A face is built in a directory beside it and
renamed when it is whole; `id` is the hash of the file, so the same picture is the same face.
"""

from __future__ import annotations

import io
import json
import logging
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError
from pydantic import TypeAdapter

from modules.avatar.photo.points import check_points
from modules.errors import ConsentRequired, InvalidInput, NotFound, StorageFailed
from modules.messages import FACE_POINTS, FRAME_SIZE, FloatArray, Portrait
from modules.private import PREFIX, make_private, remove, storage, write_private
from modules.text.names import clean_name

if TYPE_CHECKING:
    from modules.avatar.photo.made import Draft

log = logging.getLogger("guong.avatar")

MOST_FACES = 20
"""Per owner: enough for a family, too few to fill a disk."""
PICTURE, META = "portrait.png", "meta.json"
ID = re.compile(r"photo-[0-9a-f]{32}")
_OWNER = re.compile(r"[0-9a-f]{16,64}")
_TOUCH_AFTER_S = 3600.0
_ABANDONED_S = 3600.0  # younger, and another process may still be writing it
_DAY_S = 86_400.0

Paths = list[Path]


@dataclass(frozen=True, slots=True)
class StoredFace:
    """What is known about a stored face; times are seconds since 1970, points as in `Portrait`."""

    id: str
    name: str
    points: dict[str, tuple[float, float]]
    created: float
    consented: float
    used: float


_RECORD = TypeAdapter(StoredFace)

# In the class below `list` is a method.
Faces = list[StoredFace]


class FaceStore:
    """The faces under one directory of users. Safe to use from several threads and processes."""

    def __init__(self, users: Path, clock: Callable[[], float] = time.time) -> None:
        self._users = users
        self._clock = clock

    def add(self, owner: str, name: str, draft: Draft, consent: bool) -> StoredFace:
        """Keep a portrait. One that is there already gets the new name and points.

        Raises `ConsentRequired` "face", `InvalidInput` for the name ("empty", "too_long"), for
        points that are no face (`check_points`) and for one face too many ("too_many_faces"),
        `StorageFailed` "disk".
        """
        if not consent:
            raise ConsentRequired("face")
        name, marks = clean_name(name), _marks(draft.points)
        home, now = self._home(owner), self._clock()
        directory = home / draft.id
        known = self._read(directory)
        if known is not None:
            face = replace(known, name=name, points=marks, consented=now, used=now)
            self._rewrite(directory, face)
            return face
        if len(self.list(owner)) >= MOST_FACES:
            raise InvalidInput("too_many_faces", field="file", limit=MOST_FACES)
        face = StoredFace(draft.id, name, marks, now, now, now)
        with storage(directory.name):
            self._build(directory, face, draft)
        log.info("face %s kept", face.id)
        return face

    def list(self, owner: str) -> Faces:
        """Return an owner's faces, the oldest first."""
        found = [self._read(directory) for directory in _directories(self._home(owner))]
        return sorted((f for f in found if f), key=lambda face: (face.created, face.id))

    def get(self, owner: str, id: str) -> Portrait:  # noqa: A002
        """Return a portrait that can speak, and note that it was used.

        Raises `NotFound` "avatar" for an unknown id, and for another owner's in the same way;
        `StorageFailed` "unreadable" where its picture is damaged.
        """
        directory, face = self._find(owner, id)
        try:
            with Image.open(directory / PICTURE, formats=("PNG",)) as image:
                rgb = np.array(image.convert("RGB"))
        except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
            raise StorageFailed("unreadable", what=PICTURE) from error
        if rgb.shape != (FRAME_SIZE, FRAME_SIZE, 3):
            raise StorageFailed("unreadable", what=PICTURE)
        self._touch(directory, face)
        return Portrait(face.id, face.name, rgb, check_points(face.points))

    def change(
        self,
        owner: str,
        id: str,  # noqa: A002
        *,
        name: str | None = None,
        points: object = None,
    ) -> StoredFace:
        """Give a face another name, or corrected points (as `check_points` takes them).

        Raises as `add` and `get` do. Loops made with the old points are deleted.
        """
        directory, face = self._find(owner, id)
        if name is not None:
            face = replace(face, name=clean_name(name))
        if points is not None:
            face = replace(face, points=_marks(check_points(points)))
            with storage(id):
                for loop in directory.glob("*.mp4"):
                    loop.unlink(missing_ok=True)
        self._rewrite(directory, face)
        return face

    def delete(self, owner: str, id: str) -> None:  # noqa: A002
        """Delete a face. Raises `NotFound` "avatar" as `get` does, `StorageFailed` "disk"."""
        directory, _ = self._find(owner, id)
        with storage(directory.name):
            remove(directory)
        log.info("face %s deleted", directory.name)

    def delete_all(self, owner: str) -> int:
        """Delete all faces of an owner, and whatever is left of unfinished ones; return how many
        faces there were. Raises `StorageFailed` "disk".
        """
        home = self._home(owner)
        count = len(self.list(owner))
        with storage(home.name):
            for directory in home.iterdir() if home.exists() else ():
                remove(directory)
        return count

    def expire(self, older_than_days: float) -> int:
        """Delete the faces that were not used for so long; return how many.

        What a crash left unfinished is deleted too. Raises `StorageFailed` "disk".
        """
        deadline = self._clock() - older_than_days * _DAY_S
        count, failed = 0, None
        for directory in sorted(self._users.glob("*/faces/*")):
            face = self._read(directory)
            if face.used < deadline if face else self._abandoned(directory):
                try:
                    with storage(directory.name):
                        remove(directory)
                    count += face is not None
                except StorageFailed as error:  # the others are due all the same
                    failed = error
        if failed:
            raise failed
        return count

    def export(self, owner: str) -> Paths:
        """Return all files of an owner's faces."""
        home = self._home(owner)
        return [home / face.id / file for face in self.list(owner) for file in (PICTURE, META)]

    def folder(self, owner: str, id: str) -> Path:  # noqa: A002
        """Return where a face lies: what is made of it belongs there, to be deleted with it.

        Raises `NotFound` "avatar" as `get` does.
        """
        return self._find(owner, id)[0]

    def _home(self, owner: str) -> Path:
        # An owner is an id that the app derived; anything else is a way out of the directory.
        if not _OWNER.fullmatch(owner):
            raise NotFound("owner")
        return self._users / owner / "faces"

    def _find(self, owner: str, id: str) -> tuple[Path, StoredFace]:  # noqa: A002
        if _OWNER.fullmatch(owner) and ID.fullmatch(id):
            directory = self._home(owner) / id
            if (face := self._read(directory)) is not None:
                return directory, face
        raise NotFound("avatar", id=id[:64])

    def _read(self, directory: Path) -> StoredFace | None:
        if not ID.fullmatch(directory.name):
            return None
        try:
            face = _RECORD.validate_json((directory / META).read_bytes())
            whole = (directory / PICTURE).is_file() and set(face.points) == set(FACE_POINTS)
            return face if whole and face.id == directory.name else None
        except (OSError, ValueError):  # pydantic's ValidationError is a ValueError
            return None

    def _touch(self, directory: Path, face: StoredFace) -> None:
        now = self._clock()
        if now - face.used < _TOUCH_AFTER_S:
            return
        try:
            self._rewrite(directory, replace(face, used=now))
        except StorageFailed:
            # A full disk must not hide a face that can be read.
            log.warning("use of face %s could not be noted", face.id)

    def _rewrite(self, directory: Path, face: StoredFace) -> None:
        with storage(directory.name):
            _write_record(directory, face)

    def _build(self, directory: Path, face: StoredFace, draft: Draft) -> None:
        make_private(directory.parent)
        unfinished = Path(mkdtemp(prefix=PREFIX, dir=directory.parent))  # its mode is 0700
        try:
            packed = io.BytesIO()
            Image.fromarray(draft.rgb).save(packed, "PNG")
            write_private(unfinished / PICTURE, packed.getvalue())
            _write_record(unfinished, face)
            if directory.exists() and self._read(directory) is None:
                remove(directory)
            try:
                unfinished.rename(directory)
            except OSError:
                if self._read(directory) is None:
                    raise
                # Another request brought the same picture meanwhile: its face is this one.
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _abandoned(self, directory: Path) -> bool:
        try:
            return directory.stat().st_mtime < self._clock() - _ABANDONED_S
        except FileNotFoundError:  # finished, or deleted, this very moment
            return False


def _marks(points: FloatArray) -> dict[str, tuple[float, float]]:
    rounded = np.round(points.astype(np.float64), 2).tolist()
    return {name: (x, y) for name, (x, y) in zip(FACE_POINTS, rounded, strict=True)}


def _write_record(directory: Path, face: StoredFace) -> None:
    text = json.dumps(asdict(face), ensure_ascii=False, indent=1)
    write_private(directory / META, text.encode())


def _directories(home: Path) -> Iterator[Path]:
    if home.is_dir():
        yield from (path for path in home.iterdir() if ID.fullmatch(path.name))
