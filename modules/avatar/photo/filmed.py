"""From an uploaded clip of a few seconds to a portrait that moves.

The camera is taken to stand still: one crop, that of the first good face, serves all frames. The
clip begins where the face is first seen at rest, and ends before it is lost; that first frame is
the portrait. Nothing but the crops is kept, and no sound.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import cv2
import numpy as np

from modules.avatar.landmarks.clip import longest_stretch
from modules.avatar.landmarks.finder import Finder
from modules.avatar.landmarks.mapping import points68
from modules.avatar.photo.cropping import crop_face, moved
from modules.avatar.photo.finding import FACE_HEIGHT, Face, find_face
from modules.avatar.photo.made import Draft
from modules.avatar.photo.marking import advice, mark_face
from modules.errors import InvalidInput
from modules.messages import FPS, FRAME_SIZE, ByteArray, FloatArray

MAX_BYTES = 200 << 20
LONGEST_S = 6.0
"""What is used of a clip: there and back it is a loop of twice that."""
SHORTEST_S = 1.0
ADVISED_S = 3.0
SUFFIXES = (".mp4", ".mov", ".webm", ".mkv", ".m4v", ".avi")

_FIELD = "file"
_LARGEST = 1280
_TRIED_S = 1.5
"""In so much of the beginning a face must be found."""
_TRY_EVERY = 5
_WANDERS = 0.9
"""Distances of the irises that a head may move about before the clip is called restless."""
_OPEN = 0.10
"""Height of an open mouth, in its widths."""


def is_clip(path: Path) -> bool:
    """Tell by its name whether a file is offered as a clip."""
    return path.suffix.lower() in SUFFIXES


def draft_clip(path: Path, finder: Finder) -> Draft:
    """Read a clip and mark the face in it.

    Raises `InvalidInput` with `field` "file": `clip_bytes` (`limit` MB), `not_clip`, `clip_short`
    (`seconds`, `needed`), and for its first face what `find_face` and `mark_face` do.
    """
    if path.stat().st_size > MAX_BYTES:
        raise InvalidInput("clip_bytes", field=_FIELD, limit=MAX_BYTES >> 20)
    skipped, into, face = _first_face(path)
    crops = list(_crops(path, skipped, into))
    marks = mark_face(crops[0], *moved(np.stack([face.left, face.right]), into))
    found = finder.clip(crops, points68(marks))
    begin, end = longest_stretch(found)
    if begin:  # the portrait is the first frame: it must be the one that was marked
        begin, end = 0, _first_gap(found)
    seconds = (end - begin) / FPS
    if seconds < SHORTEST_S:
        raise InvalidInput("clip_short", field=_FIELD, seconds=round(seconds, 1), needed=SHORTEST_S)
    points = np.stack([p for p in found[:end] if p is not None])
    told = advice(FACE_HEIGHT * face.distance, marks, crops[0]) + clip_advice(points, seconds)
    name = f"photo-{_digest(path)[:32]}"
    return Draft(name, crops[0], marks, told, tuple(crops[:end]))


def clip_advice(points: FloatArray, seconds: float) -> tuple[str, ...]:
    """Return codes of what would make a better clip: `brief`, `restless`, `talking`."""
    told = []
    if seconds < ADVISED_S:
        told.append("brief")
    irises = float(np.hypot(*(points[0, 45] - points[0, 36]))) / 1.5
    middle = points[:, 36:48].mean(1)
    if float(np.ptp(middle, axis=0).max()) > _WANDERS * irises:
        told.append("restless")
    gap = points[:, 66, 1] - points[:, 62, 1]
    wide = np.hypot(*(points[:, 54] - points[:, 48]).T)
    if float(np.mean(gap / np.maximum(wide, 1) > _OPEN)) > 0.2:
        told.append("talking")
    return tuple(told)


def _first_gap(found: list[FloatArray | None]) -> int:
    return next((k for k, points in enumerate(found) if points is None), len(found))


def _first_face(path: Path) -> tuple[int, FloatArray, Face]:
    """Return how many frames come before the first good face, its crop, and the face."""
    failed: InvalidInput | None = None
    for number, frame in enumerate(_frames(path)):
        if number > _TRIED_S * FPS:
            break
        if number % _TRY_EVERY:
            continue
        try:
            face = find_face(frame)
            crop, into = crop_face(frame, face)
            mark_face(crop, *moved(np.stack([face.left, face.right]), into))
        except InvalidInput as error:
            failed = failed or error
            continue
        return number, np.asarray(into, np.float32), face
    raise failed or InvalidInput("not_clip", field=_FIELD)


def _crops(path: Path, skipped: int, into: FloatArray) -> Iterator[ByteArray]:
    most = skipped + round(LONGEST_S * FPS)
    for number, frame in enumerate(_frames(path)):
        if number >= most:
            return
        if number >= skipped:
            crop = cv2.warpAffine(
                frame, into, (FRAME_SIZE, FRAME_SIZE), flags=cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REPLICATE,
            )  # fmt: skip
            yield np.ascontiguousarray(crop, dtype=np.uint8)


def _frames(path: Path) -> Iterator[ByteArray]:
    """Yield the pictures of a clip at 25 a second, upright, the longer side `_LARGEST` at most."""
    due = 0
    begun: float | None = None
    try:
        with av.open(str(path)) as file:
            for frame in file.decode(video=0):
                at = float(frame.time or 0.0)
                begun = at if begun is None else begun
                if (at - begun) * FPS < due - 0.5:
                    continue
                picture = _upright(frame)
                while (at - begun) * FPS >= due - 0.5:
                    due += 1
                    yield picture
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        if not due:  # what could be read of a cut file is used
            raise InvalidInput("not_clip", field=_FIELD) from error


def _upright(frame: av.VideoFrame) -> ByteArray:
    scale = min(1.0, _LARGEST / max(frame.width, frame.height))
    wide, high = (max(2, round(v * scale / 2) * 2) for v in (frame.width, frame.height))
    picture = frame.reformat(wide, high, "rgb24", interpolation="AREA").to_ndarray()
    with suppress(AttributeError):  # the angle, in degrees, by which a telephone was held
        picture = np.rot90(picture, round(frame.rotation / 90) % 4)
    return np.ascontiguousarray(picture, dtype=np.uint8)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
