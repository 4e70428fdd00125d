"""Voices of which it is known what makes them: a base voice changed by pyworld itself.

Analysis and synthesis are pyworld's own at 5 ms with full D4C, not the stage's, so that a mistake
in the stage does not cancel out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyworld

from modules.messages import SPEECH_RATE, FloatArray, VoiceProfile
from modules.voice import measure_profile
from tests.voice.speaking import other_reading, reading


@dataclass(frozen=True, slots=True)
class Change:
    """Tract scale, ratio of F0, ratio of the spread of ln(F0)."""

    tract: float
    pitch: float
    spread: float


CHANGES = {
    "female-like": Change(1.16, 1.9, 1.5),
    "child": Change(1.22, 2.4, 1.3),
    "deep": Change(0.90, 0.8, 0.9),
    "same": Change(1.0, 1.0, 1.0),
}


@cache
def base_profile(voice: str = "north-man") -> VoiceProfile:
    """Return the profile of a base voice, measured on the reading text."""
    return measure_profile(reading(voice), SPEECH_RATE, id=f"espeak:{voice}", name=voice)


@cache
def reference(name: str) -> VoiceProfile:
    """Return the profile of one of `CHANGES`, measured on other words than the base voice's."""
    sample = changed(other_reading()[: 11 * SPEECH_RATE], CHANGES[name])
    return measure_profile(sample, SPEECH_RATE, id=name, name=name)


def changed(samples: FloatArray, change: Change) -> FloatArray:
    """Return speech with its pitch and its envelope moved by a known amount, RMS 0.1."""
    sound = np.asarray(samples, dtype=np.float64)
    f0, times = pyworld.dio(sound, SPEECH_RATE, f0_floor=50.0, f0_ceil=600.0)
    f0 = pyworld.stonemask(sound, f0, times, SPEECH_RATE)
    envelope = pyworld.cheaptrick(sound, f0, times, SPEECH_RATE)
    breath = pyworld.d4c(sound, f0, times, SPEECH_RATE)
    voiced = f0 > 0
    moves = np.log(f0[voiced])
    middle = np.median(moves)
    moved = np.zeros_like(f0)
    moved[voiced] = np.exp(middle + np.log(change.pitch) + change.spread * (moves - middle))
    bins = np.arange(envelope.shape[1])
    stretched = np.exp(_rows_at(bins / change.tract, np.log(envelope + 1e-16)))
    made = pyworld.synthesize(
        moved, stretched, np.clip(_rows_at(bins / change.tract, breath), 0, 1), SPEECH_RATE
    )
    return np.asarray(made * (0.1 / np.sqrt(np.mean(made**2))), dtype=np.float32)


def _rows_at(position: np.ndarray, rows: np.ndarray) -> np.ndarray:
    axis = np.arange(rows.shape[1])
    return np.ascontiguousarray([np.interp(position, axis, row) for row in rows])
