"""The voices of VieNeu: a vector and some frames of codes each (data/vieneu_voices.npz).

They are taken from the package vieneu 3.8.3 (Apache-2.0, Phạm Nguyễn Ngọc Bảo), from its
assets/voices_v3_turbo.json, unchanged but for the type of the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from modules.messages import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Preset:
    """Who speaks, float32 [192], and how: codes of some seconds of it, int64 [frames, 16]."""

    voice: FloatArray
    codes: np.ndarray[tuple[int, int], np.dtype[np.int64]]


@cache
def presets() -> dict[str, Preset]:
    """Return the voices by their names."""
    path = resources.files("modules.tts") / "data" / "vieneu_voices.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
        names = [str(name) for name in held["names"]]
        return {
            name: Preset(
                np.asarray(held["voices"][number], np.float32),
                np.asarray(held[f"codes{number}"], np.int64),
            )
            for number, name in enumerate(names)
        }
