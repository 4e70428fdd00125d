"""From an uploaded file to a portrait with marked points."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from modules.avatar.photo.cropping import crop_face, moved
from modules.avatar.photo.finding import FACE_HEIGHT, find_face
from modules.avatar.photo.marking import advice, mark_face
from modules.avatar.photo.reading import read_image
from modules.messages import ByteArray, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A portrait that nobody has kept yet: its crop, its points, and what would make it better."""

    id: str
    rgb: ByteArray
    points: FloatArray
    advice: tuple[str, ...]
    clip: tuple[ByteArray, ...] = ()
    """The crops of a face that was filmed; the first one is the portrait."""


def draft_portrait(data: bytes) -> Draft:
    """Read a picture file and mark the face in it.

    Raises `InvalidInput` with `field` "file" as `read_image`, `find_face` and `mark_face` do.
    """
    picture = read_image(data)
    face = find_face(picture)
    crop, into = crop_face(picture, face)
    points = mark_face(crop, *moved(np.stack([face.left, face.right]), into))
    told = advice(FACE_HEIGHT * face.distance, points, crop)
    return Draft(f"photo-{hashlib.sha256(data).hexdigest()[:32]}", crop, points, told)
