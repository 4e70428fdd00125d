"""Points that are known in one frame, followed through the others by optical flow.

For motions that a portrait was given (its idle loop), and for clips where no detector of 68 points
is there. Corners of the face are followed from frame to frame and back again (Kalal et al. 2010,
"Forward-backward error"); what came back to its place tells, as one similarity, how the head moved.
The points move with the head: lips that part are not followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from modules.messages import ByteArray, FloatArray

_WINDOW = (21, 21)
_LEVELS = 3
_CORNERS = 160
_CAME_BACK = 0.7
"""Pixels from where it began."""
_LEAST = 12
"""Corners that must have come back for a head to be there."""
_UPPER = slice(17, 48)
"""Brows, nose and eyes: what does not move with the lips."""


def follow(frames: Iterable[ByteArray], points: FloatArray) -> Iterator[FloatArray | None]:
    """Yield the points of each frame, float32 [68, 2], None where the face is lost.

    `points` are those of the first frame. Each frame is compared with the first, from where the
    last one was found, so that errors do not add up.
    """
    first: ByteArray | None = None
    corners = np.zeros((0, 1, 2), np.float32)
    moved = np.eye(2, 3, dtype=np.float32)
    for frame in frames:
        grey = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
        if first is None:
            first, corners = grey, _corners(grey, points)
            yield points
            continue
        found = _motion(first, grey, corners, moved)
        if found is None:
            yield None
            continue
        moved = found
        yield np.asarray(points @ moved[:, :2].T + moved[:, 2], np.float32)


def _corners(grey: ByteArray, points: FloatArray) -> FloatArray:
    mask = np.zeros(grey.shape, np.uint8)
    outline = cv2.convexHull(np.concatenate([points[_UPPER], points[:3], points[14:17]]))
    cv2.fillConvexPoly(mask, outline.astype(np.int32), 255)
    found = cv2.goodFeaturesToTrack(grey, _CORNERS, 0.005, 4, mask=mask)
    known = points[_UPPER, None].astype(np.float32)
    return known if found is None else np.concatenate([known, found.astype(np.float32)])


def _motion(
    first: ByteArray, grey: ByteArray, corners: FloatArray, last: FloatArray
) -> FloatArray | None:
    """Return float32 [2, 3] from the first frame into this one, None where too little is seen."""
    guess = np.asarray(corners @ last[:, :2].T + last[:, 2], np.float32)
    there, seen = _flow(first, grey, corners, guess)
    back, again = _flow(grey, first, there, corners)
    apart = np.hypot(*(back - corners)[:, 0].T)
    good = seen & again & (apart < _CAME_BACK)
    if good.sum() < _LEAST:
        return None
    found, inliers = cv2.estimateAffinePartial2D(
        corners[good], there[good], ransacReprojThreshold=2.0
    )
    if found is None or int(inliers.sum()) < _LEAST:
        return None
    return np.asarray(found, np.float32)


def _flow(
    one: ByteArray, other: ByteArray, corners: FloatArray, guess: FloatArray
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    there, seen, _ = cv2.calcOpticalFlowPyrLK(
        one, other, corners, guess.copy(), winSize=_WINDOW, maxLevel=_LEVELS,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )  # fmt: skip
    return np.asarray(there, np.float32), np.asarray(seen).ravel() == 1
