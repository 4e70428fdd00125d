"""How far a mouth is open in each picture, and whether it opens with its sound.

The measure of `benchmarks.face`; its docstring says what the figures are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from modules.avatar.landmarks.finder import Finder
from modules.avatar.landmarks.following import follow
from modules.avatar.landmarks.mapping import points68
from modules.avatar.photo.evidence import Evidence
from modules.avatar.photo.mouth import find_mouth
from modules.messages import FRAME_SAMPLES, ByteArray, FloatArray, Portrait
from modules.models import weights

FIT, LAG_MS, SILENT = 0.4, 60.0, 0.25
SYLLABLE = 5
_SHIFTS_MS = np.arange(-240, 241, 10)
QUIET_DB, FLOOR_DB = -50.0, -60.0
_CLOSES, _OPENS = 5, 3


@dataclass(frozen=True)
class Measured:
    """What the pictures show against the sound."""

    fit: float
    lag_ms: float
    silent: float

    @property
    def passes(self) -> bool:
        """Whether such a face may be called one that speaks."""
        return self.fit >= FIT and abs(self.lag_ms) <= LAG_MS and self.silent <= SILENT


def opening(frames: ByteArray, portrait: Portrait) -> FloatArray:
    """Return how far the lips are apart in each frame, float32 [n], in distances of the irises."""
    finder, marked = Finder(weights()), points68(portrait.points)
    if finder.name == "dwpose":
        rows = [p if p is not None else marked for p in finder.clip(list(frames), marked)]
        points = np.stack(rows)
        irises = np.hypot(*(points[:, 42:48].mean(1) - points[:, 36:42].mean(1)).T)
        return np.asarray((points[:, 57, 1] - points[:, 51, 1]) / irises, np.float32)
    left, right = portrait.marks["left_iris"], portrait.marks["right_iris"]
    known = np.concatenate([marked, [left, right]]).astype(np.float32)
    return np.array(
        [
            _apart(frame, points)
            for frame, points in zip(frames, _heads(frames, known), strict=True)
        ],
        np.float32,
    )


def _heads(frames: ByteArray, known: FloatArray) -> Iterator[FloatArray]:
    last = known
    for points in follow(frames, known):
        last = points if points is not None else last
        yield last


def _apart(frame: ByteArray, points: FloatArray) -> float:
    mouth = find_mouth(Evidence(frame, points[-2], points[-1]))
    return mouth.lower - mouth.upper


def measured(opens: FloatArray, sound: FloatArray) -> Measured:
    """Compare an opening with its sound, `FRAME_SAMPLES` for each of its frames."""
    fits = [_fit(opens, sound, float(shift)) for shift in _SHIFTS_MS]
    best = int(np.argmax(fits))
    moves = np.abs(np.diff(opens, prepend=opens[:1]))
    level = _level(sound, 0.0, len(opens))
    speaks, rests = level > QUIET_DB, silent(level)
    most = float(moves[speaks].mean()) if speaks.any() else 0.0
    share = float(moves[rests].mean()) / most if most > 1e-6 and rests.any() else float("inf")
    return Measured(fits[best], -float(_SHIFTS_MS[best]), share)


def _fit(opens: FloatArray, sound: FloatArray, shift_ms: float) -> float:
    window = np.ones(SYLLABLE) / SYLLABLE
    smooth = [
        np.convolve(values, window, "valid")
        for values in (opens, _level(sound, shift_ms, len(opens)))
    ]
    if min(float(np.std(values)) for values in smooth) < 1e-6:
        return 0.0
    return float(np.corrcoef(smooth[0], smooth[1])[0, 1])


def _level(sound: FloatArray, shift_ms: float, frames: int) -> FloatArray:
    """Return the level of the 40 ms of each frame, `shift_ms` later, in dB from -60."""
    padded = np.concatenate([np.zeros(11_025), sound, np.zeros(11_025)])
    sums = np.concatenate([[0.0], np.cumsum(padded.astype(np.float64) ** 2)])
    at = np.arange(frames) * FRAME_SAMPLES + 11_025 + round(shift_ms * 22.05)
    power = (sums[at + FRAME_SAMPLES] - sums[at]) / FRAME_SAMPLES
    return np.asarray(np.maximum(10 * np.log10(power + 1e-12), FLOOR_DB), np.float32)


def silent(
    level: FloatArray, closes: int = _CLOSES, opens: int = _OPENS
) -> np.typing.NDArray[np.bool_]:
    """Return the frames of silence by which the mouth had time to close."""
    quiet = level < QUIET_DB
    inner = np.zeros_like(quiet)
    for k in range(closes, len(quiet)):
        inner[k] = quiet[k - closes : k + opens + 1].all()
    return inner
