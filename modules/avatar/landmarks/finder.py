"""Who finds the points: DWPose where its files are, else the portrait's own points, followed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np

from modules.errors import EngineUnavailable, WeightsRejected
from modules.messages import ByteArray, FloatArray
from modules.models import Weights

if TYPE_CHECKING:
    from modules.avatar.landmarks.dwpose import DWPose

log = logging.getLogger("guong.avatar")

MODEL = "dwpose"
"""In `modules.models.MODELS`."""

_APART = 0.30
"""Distances of the irises by which DWPose's eyes and mouth may lie off those that were marked;
farther, and it has found something else, or somebody who corrected the points knows better."""
_KNOWN = [36, 39, 42, 45, 48, 54]


class Finder:
    """Finds the 68 points of a face in pictures and clips. Loads DWPose at its first use."""

    def __init__(self, weights: Weights | None = None) -> None:
        self._weights = weights
        self._loading = threading.Lock()
        self._loaded: DWPose | None = None
        self._refused = False

    @property
    def name(self) -> str:
        """Who finds: "dwpose" or "followed"."""
        return "followed" if self._dwpose is None else MODEL

    def picture(self, rgb: ByteArray, marked: FloatArray) -> FloatArray:
        """Return the points of a portrait, float32 [68, 2]; `marked` are those of its owner, mapped
        to 68, which hold where DWPose is not there, or does not see the same face.
        """
        dwpose = self._dwpose
        face = dwpose.face(rgb) if dwpose else None
        return face.points if face and _same(face.points, marked) else marked

    def clip(self, frames: Sequence[ByteArray], marked: FloatArray) -> list[FloatArray | None]:
        """Return the points of each frame, None where there is no face; `marked` as in `picture`,
        of the first frame.
        """
        from modules.avatar.landmarks.following import follow  # late: OpenCV comes with it

        dwpose = self._dwpose
        if dwpose is None:
            return list(follow(frames, marked))
        found: list[FloatArray | None] = []
        box: FloatArray | None = None
        for frame in frames:
            box = box if box is not None else dwpose.person(frame)
            face = dwpose.face(frame, box) if box is not None else None
            if face is None:
                box = None  # searched anew in the next frame
            found.append(face.points if face else None)
        if found and found[0] is not None and _same(found[0], marked):
            return found
        log.info("dwpose sees another face: its points are followed instead")
        return list(follow(frames, marked))

    @property
    def _dwpose(self) -> DWPose | None:
        """The networks, once they are there: they may be fetched while the app runs."""
        with self._loading:
            if self._loaded is None and not self._refused and self._present():
                self._loaded = self._load()
                self._refused = self._loaded is None
            return self._loaded

    def _present(self) -> bool:
        return self._weights is not None and self._weights.present(MODEL)

    def _load(self) -> DWPose | None:
        from modules.avatar.landmarks.dwpose import DWPose

        assert self._weights is not None
        try:
            return DWPose(self._weights.path(MODEL))
        except (EngineUnavailable, WeightsRejected) as error:
            log.warning("dwpose is not used: %s", error)
            return None


_shared: WeakValueDictionary[Path, Finder] = WeakValueDictionary()
_sharing = threading.Lock()


def finder_of(weights: Weights) -> Finder:
    """Return the finder of a directory of weights: all that look for points share its networks."""
    with _sharing:
        found = _shared.get(weights.directory)
        if found is None:
            found = _shared[weights.directory] = Finder(weights)
        return found


def _same(found: FloatArray, marked: FloatArray) -> bool:
    irises = float(np.hypot(*(marked[42:48].mean(0) - marked[36:42].mean(0))))
    apart = np.hypot(*(found[_KNOWN] - marked[_KNOWN]).T)
    return bool(apart.max() < _APART * irises)
