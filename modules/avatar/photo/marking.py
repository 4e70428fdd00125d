"""Marking the points of a face in its crop: from where they are on average to where they are here.

Every search looks for one kind of evidence (the red of the lips, the dark line between them, the
edge of the chin) near the expected place, and the farther away it is found, the clearer it has to
be. So a face that hides its evidence still gets points that a user can correct with small moves.
"""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.photo import eyes, mouth
from modules.avatar.photo.arrays import Array
from modules.avatar.photo.evidence import Evidence
from modules.avatar.photo.points import as_array, expected
from modules.errors import InvalidInput

_FIELD = "file"
_TURNED = 0.24
"""A mouth this far beside the middle of the eyes, in iris distances: a face half turned away."""

_UNEQUAL = 0.045
"""Difference between the openings of two eyes, in iris distances, beyond which one is mistaken."""

Marks = dict[str, tuple[float, float]]


def mark_face(crop: Array, left: Array, right: Array) -> Array:
    """Return the points of a face, float32 [len(FACE_POINTS), 2], in a crop with level eyes.

    `left` and `right` are the irises. Raises `InvalidInput` with `field` "file": `face_covered`
    where there is no mouth to be seen, `face_profile` where the face is turned away.
    """
    evidence = Evidence(crop, left, right)
    marks: Marks = {}
    for name, (x, y) in expected().items():
        marks[name] = evidence.place(x, y)
    for side in ("left", "right"):
        marks |= eyes.eye_points(evidence, side)
        marks |= eyes.brow_points(evidence, side)
    _even_lids(evidence, marks)
    found = mouth.find_mouth(evidence)
    if found.covered:
        raise InvalidInput("face_covered", field=_FIELD)
    if abs(found.offset) > _TURNED:
        raise InvalidInput("face_profile", field=_FIELD)
    marks |= found.marks
    marks["nose_base"] = _nose_base(evidence, found)
    marks |= _jaw(evidence, found)
    return as_array(marks)


def _even_lids(evidence: Evidence, marks: Marks) -> None:
    """Where the two eyes are open unequally far, believe the one that is more like most eyes."""
    for lid, usual in (("top", -0.125), ("bottom", 0.10)):
        off = {}
        for side in ("left", "right"):
            (_, iris), (_, edge) = (
                evidence.local(np.array(marks[f"{side}_{name}"])) for name in ("iris", f"eye_{lid}")
            )
            off[side] = edge - iris
        if abs(off["left"] - off["right"]) > _UNEQUAL:
            better = min(off.values(), key=lambda value: abs(value - usual))
            for side in ("left", "right"):
                x, y = evidence.local(np.array(marks[f"{side}_iris"]))
                marks[f"{side}_eye_{lid}"] = evidence.place(x, y + better)


def _nose_base(evidence: Evidence, found: mouth.Found) -> tuple[float, float]:
    """The nostrils are the darkest row between the eyes and the lips."""
    x, top = 0.5 * found.offset, found.upper - 0.12
    rows = np.linspace(0.50, max(0.58, top), 60)
    profile = sum(evidence.dark_at(x + side * 0.10, rows) for side in (-1, 1))
    score = np.asarray(profile) - 900 * (rows - 0.66 * found.middle / 1.09) ** 2
    row = float(rows[int(np.argmax(score))])
    return evidence.place(x, min(row + 0.035, top))


def _jaw(evidence: Evidence, found: mouth.Found) -> Marks:
    marks: Marks = {}
    guess = found.middle + 0.71
    rows = np.linspace(max(found.lower + 0.26, guess - 0.3), guess + 0.3, 90)
    edges = sum(evidence.edge_down(found.offset + x, rows) for x in (-0.14, -0.07, 0, 0.07, 0.14))
    score = np.asarray(edges) / 5 - 130 * (rows - guess) ** 2
    marks["chin"] = evidence.place(found.offset, float(rows[int(np.argmax(score))]))
    for side, name in ((-1, "jaw_left"), (1, "jaw_right")):
        columns = np.linspace(0.58, 1.10, 80)
        edge = sum(
            evidence.edge_across(found.offset + side * columns, found.middle + y, side)
            for y in (-0.1, -0.05, 0.0, 0.05, 0.1)
        )
        score = np.asarray(edge) / 5 - 110 * (columns - 0.83) ** 2
        at = float(columns[int(np.argmax(score))])
        marks[name] = evidence.place(found.offset + side * at, found.middle)
    return marks


def advice(face_pixels: float, points: Array, crop: Array) -> tuple[str, ...]:
    """Return codes of what would make a better portrait; empty where nothing would."""
    told = []
    if face_pixels < 400:
        told.append("small")
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    x0, y0 = points.min(axis=0).astype(int)
    x1, y1 = points.max(axis=0).astype(int)
    face = grey[max(0, y0) : y1, max(0, x0) : x1]
    if np.median(face) < 70:
        told.append("dim")
    return tuple(told)
