"""The faces that people left with their consent: biometric data, kept by owner and by content.

    users/<owner>/faces/<id>/portrait.png  meta.json  clip.mp4 of a face that was filmed
                             (and what was made of them: loops, and `neural/shelf.py`)

Only the crop is kept, not the picture that was sent. A face is built in a directory beside it and
renamed when it is whole; `id` is the hash of the file, so the same picture is the same face.
"""

from __future__ import annotations

import io
import logging
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from PIL import Image, UnidentifiedImageError
from pydantic import AfterValidator

from modules.avatar.photo.clips import CLIP, painters_of, write_clip
from modules.avatar.photo.points import check_points
from modules.errors import ConsentRequired, InvalidInput, StorageFailed
from modules.keeping import META, Keeping, Kind, Paths
from modules.messages import FACE_POINTS, FRAME_SIZE, FloatArray, Portrait
from modules.private import storage, write_private
from modules.text.names import clean_name

if TYPE_CHECKING:
    from modules.avatar.photo.made import Draft

log = logging.getLogger("guong.avatar")

MOST_FACES = 20
"""Per owner: enough for a family, too few to fill a disk."""
PICTURE = "portrait.png"
ID = re.compile(r"photo-[0-9a-f]{32}")

Marks = dict[str, tuple[float, float]]


def _complete(points: Marks) -> Marks:
    if set(points) != set(FACE_POINTS):
        raise ValueError("not the points of a face")
    return points


@dataclass(frozen=True, slots=True)
class StoredFace:
    """What is known about a stored face; times are seconds since 1970, points as in `Portrait`."""

    id: str
    name: str
    points: Annotated[Marks, AfterValidator(_complete)]
    created: float
    consented: float
    used: float
    clip: bool = False
    engine: str = ""
    """Who is to show it; empty leaves it to the ladder."""


class FaceStore(Keeping[StoredFace]):
    """The faces under one directory of users. Safe to use from several threads and processes.

    An unknown face, and another owner's, is `NotFound` "avatar".
    """

    kind = Kind(StoredFace, "faces", ID, (PICTURE, META), unknown="avatar", word="face", log=log)

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
            if known.points != marks:
                with storage(draft.id):
                    _forget(directory)
            face = replace(known, name=name, points=marks, consented=now, used=now)
            self._rewrite(directory, face)
            return face
        if len(self.list(owner)) >= MOST_FACES:
            raise InvalidInput("too_many_faces", field="file", limit=MOST_FACES)
        face = StoredFace(draft.id, name, marks, now, now, now, clip=bool(draft.clip))
        self._build(directory, face, lambda folder: _fill(folder, draft))
        log.info("face %s kept", face.id)
        return face

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
        return Portrait(
            face.id, face.name, rgb, check_points(face.points), folder=str(directory),
            clip=face.clip, prepared=painters_of(directory), engine=face.engine,
        )  # fmt: skip

    def change(
        self,
        owner: str,
        id: str,  # noqa: A002
        *,
        name: str | None = None,
        points: object = None,
        engine: str | None = None,
    ) -> StoredFace:
        """Give a face another name, corrected points (as `check_points` takes them), or the engine
        that is to show it.

        Raises as `add` and `get` do. What was made with the old points is deleted.
        """
        directory, face = self._find(owner, id)
        if name is not None:
            face = replace(face, name=clean_name(name))
        if points is not None:
            face = replace(face, points=_marks(check_points(points)))
            with storage(id):
                _forget(directory)
        if engine is not None:
            face = replace(face, engine=engine)
        self._rewrite(directory, face)
        return face

    def export(self, owner: str) -> Paths:
        """Return all files that are kept of an owner."""
        clips = [self._home(owner) / face.id / CLIP for face in self.list(owner) if face.clip]
        return [*super().export(owner), *clips]

    def folder(self, owner: str, id: str) -> Path:  # noqa: A002
        """Return where a face lies: what is made of it belongs there, to be deleted with it.

        Raises `NotFound` "avatar" as `get` does.
        """
        return self._find(owner, id)[0]


def _fill(folder: Path, draft: Draft) -> None:
    packed = io.BytesIO()
    Image.fromarray(draft.rgb).save(packed, "PNG")
    write_private(folder / PICTURE, packed.getvalue())
    if draft.clip:
        path = write_clip(draft.clip, folder / CLIP)
        path.chmod(0o600)


def _forget(directory: Path) -> None:
    """Delete what was made of a face; what somebody left stays."""
    for made in [*directory.glob("*-*.mp4"), *directory.glob("*-*.npz")]:
        made.unlink(missing_ok=True)


def _marks(points: FloatArray) -> Marks:
    rounded = np.round(points.astype(np.float64), 2).tolist()
    return {name: (x, y) for name, (x, y) in zip(FACE_POINTS, rounded, strict=True)}
