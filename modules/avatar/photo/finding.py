"""Finding the one face of a picture: boxes and eyes by Haar cascades, irises by darkness."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import cv2
import numpy as np

from modules.avatar.photo.arrays import Array
from modules.errors import InvalidInput

ADVISED = 400
"""Height of a face in pixels, hairline to chin, from which the puppet is as sharp as it can be."""
NEEDED = 130
"""Below this the mouth is a smear of a few pixels."""
FACE_HEIGHT = 2.9
"""Hairline to chin, in distances of the irises."""

_FIELD = "file"
_SEARCH = 640
"""Longer side in pixels of what the cascades look through."""
_ANGLES = (0, -14, 14, -28, 28)
_FRONTAL = (
    ("haarcascade_frontalface_alt2.xml", 4), ("haarcascade_frontalface_default.xml", 6),
    ("haarcascade_frontalface_alt.xml", 3),
)  # fmt: skip
_EYES = (
    ("haarcascade_eye_tree_eyeglasses.xml", 3), ("haarcascade_eye.xml", 4),
    ("haarcascade_lefteye_2splits.xml", 5),
)  # fmt: skip
_PROFILE = "haarcascade_profileface.xml"
_SIDE = 320
"""Pixels to which a face is brought before its eyes are searched."""
_EYE = (0.31, 0.395)
"""Where the left eye lies in a frontal box; the right one mirrored."""
_SECOND = 0.45
"""A second face of at least this share of the first one's size is one too many."""
_DARK = 42
"""Median brightness (of 255) below which nothing of a face can be told apart."""

_lock = Lock()  # a cascade keeps state while it searches


class Face(NamedTuple):
    """A face: where the irises are, x and y in pixels of the picture; left is the picture's."""

    left: Array
    right: Array

    @property
    def distance(self) -> float:
        """Pixels between the irises."""
        return float(np.hypot(*(self.right - self.left)))


class _Box(NamedTuple):
    x: float
    y: float
    side: float
    weight: float
    angle: float


def find_face(rgb: Array) -> Face:
    """Return the one face of a picture, uint8 [height, width, 3].

    Raises `InvalidInput` with `field` "file": `face_none`, `face_several` (`count`),
    `face_profile`, `face_dark` or `face_small` (`pixels`, `needed`, `advised`).
    """
    cv2.setNumThreads(1)
    scale = _SEARCH / max(rgb.shape[:2])
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    even = cv2.createCLAHE(2.0, (8, 8)).apply(grey)
    boxes = _boxes(even)
    if not boxes:
        raise InvalidInput(_why_none(grey, even), field=_FIELD)
    best = boxes[0]
    _check_single(even, boxes)
    box = best._replace(x=best.x / scale, y=best.y / scale, side=best.side / scale)
    face = _irises(rgb, box)
    _check_light(rgb, face)
    height = FACE_HEIGHT * face.distance
    if height < NEEDED:
        raise InvalidInput(
            "face_small", field=_FIELD, pixels=round(height), needed=NEEDED, advised=ADVISED
        )
    return face


@lru_cache(maxsize=8)
def _cascade(name: str) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / name))  # type: ignore[attr-defined]


def _search(name: str, grey: Array, neighbours: int, least: float) -> list[_Box]:
    side = max(20, int(least))
    with _lock:
        found, _, weights = _cascade(name).detectMultiScale3(
            grey, 1.08, neighbours, minSize=(side, side), outputRejectLevels=True
        )
    pairs = zip(found, np.ravel(weights), strict=True)
    return [_Box(x, y, w, float(weight), 0.0) for (x, y, w, _), weight in pairs]


def _boxes(grey: Array) -> list[_Box]:
    """Return boxes of faces in coordinates of the unturned picture, the likeliest first."""
    least = 0.09 * min(grey.shape)
    for name, neighbours in _FRONTAL:
        found: list[_Box] = []
        for angle in _ANGLES:
            turned, back = _turned(grey, angle)
            for box in _search(name, turned, neighbours, least):
                centre = back @ (box.x + box.side / 2, box.y + box.side / 2, 1.0)
                weight = box.weight - 0.02 * abs(angle)
                x, y = centre - box.side / 2
                found.append(_Box(float(x), float(y), box.side, weight, float(angle)))
            if not angle and found and len(_eyes(_upright(grey, _distinct(found)[0]))) == 2:
                break  # upright enough: turning the picture costs four times as much again
        if found:
            return _distinct(found)
    return []


def _turned(grey: Array, angle: float) -> tuple[Array, Array]:
    """Return a picture turned about its middle by degrees, and the way back."""
    if not angle:
        return grey, np.eye(2, 3, dtype=np.float32)
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turned = cv2.warpAffine(grey, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return turned, cv2.invertAffineTransform(turn)


def _distinct(boxes: list[_Box]) -> list[_Box]:
    """Return one box for each place, the largest and surest first."""
    kept: list[_Box] = []
    for box in sorted(boxes, key=lambda b: -b.weight * b.side):
        if all(_apart(box, other) for other in kept):
            kept.append(box)
    return kept


def _apart(a: _Box, b: _Box) -> bool:
    dx = a.x + a.side / 2 - b.x - b.side / 2
    dy = a.y + a.side / 2 - b.y - b.side / 2
    return float(np.hypot(dx, dy)) > 0.5 * max(a.side, b.side)


def _check_single(grey: Array, boxes: list[_Box]) -> None:
    others = [
        box
        for box in boxes[1:]
        if box.side > _SECOND * boxes[0].side and box.weight > 0.5 * boxes[0].weight
    ]
    count = 1 + sum(len(_eyes(_upright(grey, box))) == 2 for box in others)
    if count > 1:
        raise InvalidInput("face_several", field=_FIELD, count=count)


def _why_none(grey: Array, even: Array) -> str:
    if np.percentile(grey, 90) < 1.5 * _DARK:
        return "face_dark"
    least = 0.15 * min(even.shape)
    mirrored = np.ascontiguousarray(even[:, ::-1])
    if any(_search(_PROFILE, side, 4, least) for side in (even, mirrored)):
        return "face_profile"
    return "face_none"


def _check_light(rgb: Array, face: Face) -> None:
    x, y = (face.left + face.right) / 2
    d = face.distance
    top, left = max(0, int(y - 0.3 * d)), max(0, int(x - 0.8 * d))
    part = rgb[top : int(y + 1.5 * d), left : int(x + 0.8 * d)]
    # The brightest channel: dark skin in good light is not a dark picture.
    if part.size and np.median(part.max(axis=-1)) < _DARK:
        raise InvalidInput("face_dark", field=_FIELD)


def _upright(picture: Array, box: _Box) -> Array:
    """Return a box of a picture with a fifth more on every side, turned, `_SIDE` pixels wide."""
    side = (_SIDE, _SIDE)
    return cv2.warpAffine(
        picture, _into(box), side, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )


def _into(box: _Box) -> Array:
    centre = (box.x + box.side / 2, box.y + box.side / 2)
    turn: Array = cv2.getRotationMatrix2D(centre, box.angle, _SIDE / box.side)
    turn[:, 2] += _SIDE / 2 - np.array(centre)
    return turn


def _eyes(grey: Array) -> list[Array]:
    """Return the centres of the two eyes in an upright box; fewer where they are not found."""
    upper = grey[: int(0.62 * _SIDE)]
    guess = np.array([_EYE, (1 - _EYE[0], _EYE[1])]) * _SIDE
    best: dict[int, tuple[float, Array]] = {}
    for name, neighbours in _EYES:
        for box in _search(name, upper, neighbours, 0.12 * _SIDE):
            if box.side > 0.42 * _SIDE:
                continue
            centre = np.array([box.x + box.side / 2, box.y + 0.52 * box.side], np.float32)
            off = np.hypot(*(guess - centre).T)
            which = int(off.argmin())
            if off[which] < 0.16 * _SIDE and off[which] < best.get(which, (1e9, centre))[0]:
                best[which] = float(off[which]), centre
        if len(best) == 2:
            break
    return [best[k][1] for k in sorted(best)]


def _irises(rgb: Array, box: _Box) -> Face:
    """Return the irises of the face in a box; raises `InvalidInput` where there are no eyes."""
    into = _into(box)
    shrink = max(1, int(box.side // (2 * _SIDE)))
    picture = rgb if shrink == 1 else cv2.resize(
        rgb, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA
    )  # fmt: skip
    scaled = _Box(box.x / shrink, box.y / shrink, box.side / shrink, box.weight, box.angle)
    upright = _upright(picture, scaled)
    grey = cv2.cvtColor(upright, cv2.COLOR_RGB2GRAY)
    even = cv2.createCLAHE(2.0, (4, 4)).apply(grey)
    found = _eyes(even)
    if not found:
        raise InvalidInput("face_none", field=_FIELD)
    if len(found) == 1:  # the other one mirrored: hair before it, a wink
        (x, y) = found[0]
        found = sorted([found[0], np.array([_SIDE - x, y], np.float32)], key=lambda p: p[0])
    seen = [dark_disc(grey, eye, 0.035 * _SIDE, 0.07 * _SIDE) for eye in found]
    back = cv2.invertAffineTransform(into)
    left, right = (np.asarray(back @ (*eye, 1.0), np.float32) for eye in seen)
    return Face(left, right)


def dark_disc(grey: Array, near: Array, radius: float, reach: float) -> Array:
    """Return the centre [x, y] of the darkest disc within `reach` pixels of a place.

    The disc is compared with what lies around it, over a few radii; nearer ones count more.
    """
    pad = int(reach + 3 * radius) + 1
    x0, y0 = int(near[0]) - pad, int(near[1]) - pad
    inside = cv2.copyMakeBorder(grey, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    patch = inside[max(0, y0 + pad) : y0 + 3 * pad, max(0, x0 + pad) : x0 + 3 * pad]
    patch = patch.astype(np.float32)
    score = np.full(patch.shape, -1e9, np.float32)
    for scale in (0.8, 1.0, 1.3):
        size = radius * scale
        score = np.maximum(score, _disc(patch, 2.0 * size) - _disc(patch, size))
    y, x = np.mgrid[0 : patch.shape[0], 0 : patch.shape[1]]
    x, y = x + max(0, x0 + pad) - pad, y + max(0, y0 + pad) - pad
    off = ((x - near[0]) / reach) ** 2 + ((y - near[1]) / (0.7 * reach)) ** 2
    best = np.unravel_index(int(np.argmax(score - 12 * off)), score.shape)
    return np.array([x[best], y[best]], np.float32)


def _disc(grey: Array, radius: float) -> Array:
    size = 2 * int(np.ceil(radius)) + 1
    y, x = np.mgrid[:size, :size] - size // 2
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return cv2.filter2D(grey, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
