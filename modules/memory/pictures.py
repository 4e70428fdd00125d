"""The pictures that users left to be remembered, by owner and by content, found by their caption.

    users/<owner>/pictures/<id>/meta.json  picture.jpg  small.jpg

What is kept is painted anew: no place, no camera, nothing hidden in the file that was sent.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from modules.errors import InvalidInput, StorageFailed
from modules.keeping import META, Keeping, Kind, Paths
from modules.memory.embedding import Embedding
from modules.memory.records import clean
from modules.memory.secret import secret_in
from modules.messages import ByteArray, FloatArray
from modules.private import write_private

log = logging.getLogger("guong.memory")

MOST_PICTURES = 200
MOST_BYTES = 60_000_000
"""Of all of an owner's pictures."""
LONGEST_CAPTION = 300
PICTURE, SMALL = "picture.jpg", "small.jpg"

_LARGEST, _SMALLEST = 1_280, 240
"""Pixels of the longer side: of what is kept, and of what is shown in a list."""
_QUALITY = (85, 78)
_OPEN = 16
_NEARNESS = 0.6
_ID = re.compile(r"picture-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """What is known of a picture; times are seconds since 1970, `bytes` is its size on disk."""

    id: str
    caption: str
    width: int
    height: int
    bytes: int
    created: float
    used: float


class PictureStore(Keeping[StoredPicture]):
    """The pictures under one directory of users. Safe to use from several threads and processes.

    An unknown picture, and another owner's, is `NotFound` "picture".
    """

    kind = Kind(
        StoredPicture, "pictures", _ID, (PICTURE, SMALL, META), unknown="picture", word="picture",
        log=log,
    )  # fmt: skip

    def __init__(self, users: Path, embedding: Embedding) -> None:
        super().__init__(users)
        self._embedding = embedding
        self._vectors: OrderedDict[str, tuple[tuple[str, ...], FloatArray]] = OrderedDict()
        self._guard = threading.Lock()

    def add(self, owner: str, digest: str, caption: str, rgb: ByteArray) -> StoredPicture:
        """Keep a picture (uint8 [height, width, 3]) of a file with this SHA-256.

        One that is there already gets the new caption. Raises `InvalidInput` for the caption
        ("empty", "too_long", "never_stored"), "too_many_pictures" and "pictures_full" (`limit`),
        `StorageFailed` "disk".
        """
        caption = _checked(caption)
        directory = self._home(owner) / f"picture-{digest[:32]}"
        known = self._read(directory)
        if known is not None:
            known = replace(known, caption=caption, used=self._clock())
            self._rewrite(directory, known)
            return known
        picture, small = (_painted(rgb, size) for size in (0, 1))
        size = len(picture) + len(small)
        self._check_room(owner, size)
        height, width = rgb.shape[:2]
        now = self._clock()
        kept = StoredPicture(directory.name, caption, width, height, size, now, now)

        def fill(folder: Path) -> None:
            write_private(folder / PICTURE, picture)
            write_private(folder / SMALL, small)

        self._build(directory, kept, fill)
        log.info("picture %s kept", kept.id)
        return kept

    def recall(self, owner: str, query: str, limit: int = 2) -> list[tuple[StoredPicture, float]]:
        """Return the pictures whose caption has to do with a text, nearest first."""
        pictures, asked = self.list(owner), clean(query)
        if not pictures or not asked:
            return []
        vectors = self._captions(owner, tuple(picture.caption for picture in pictures))
        scores = vectors @ self._embedding.embed([asked], query=True)[0]
        best = np.argsort(-scores, kind="stable")[:limit]
        floor = max(self._embedding.threshold, _NEARNESS * float(scores[best[0]]))
        return [(pictures[at], float(scores[at])) for at in best if scores[at] >= floor]

    def small(self, owner: str, id: str) -> bytes:  # noqa: A002
        """Return a small JPEG of a picture. Raises `NotFound` "picture", `StorageFailed`."""
        directory, _ = self._find(owner, id)
        try:
            return (directory / SMALL).read_bytes()
        except OSError as error:
            raise StorageFailed("unreadable") from error

    def export(self, owner: str) -> Paths:
        """Return what an owner can take away."""
        return [path for path in super().export(owner) if path.name != SMALL]

    def _captions(self, owner: str, captions: tuple[str, ...]) -> FloatArray:
        with self._guard:
            known = self._vectors.get(owner)
            if known and known[0] == captions:
                self._vectors.move_to_end(owner)
                return known[1]
        vectors = self._embedding.embed(list(captions))
        with self._guard:
            self._vectors[owner] = captions, vectors
            while len(self._vectors) > _OPEN:
                self._vectors.popitem(last=False)
        return vectors

    def _check_room(self, owner: str, more: int) -> None:
        kept = self.list(owner)
        if len(kept) >= MOST_PICTURES:
            raise InvalidInput("too_many_pictures", field="picture", limit=MOST_PICTURES)
        if sum(picture.bytes for picture in kept) + more > MOST_BYTES:
            limit = MOST_BYTES // 1_000_000
            raise InvalidInput("pictures_full", field="picture", limit=limit)


def _painted(rgb: ByteArray, which: int) -> bytes:
    """Return a JPEG of a picture, in the size that is kept (0) or shown (1)."""
    import cv2

    side, largest = max(rgb.shape[:2]), (_LARGEST, _SMALLEST)[which]
    if side > largest:
        share = largest / side
        size = tuple(max(1, round(length * share)) for length in rgb.shape[1::-1])
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY[which]]
    done, packed = cv2.imencode(".jpg", np.ascontiguousarray(rgb[:, :, ::-1]), quality)
    if not done:
        raise StorageFailed("unreadable")
    return bytes(packed)


def _checked(caption: str) -> str:
    said = clean(caption)
    if not said:
        raise InvalidInput("empty", field="caption")
    if len(said) > LONGEST_CAPTION:
        raise InvalidInput("too_long", field="caption", limit=LONGEST_CAPTION)
    if secret := secret_in(said):
        raise InvalidInput("never_stored", field="caption", secret=secret)
    return said
