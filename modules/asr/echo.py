"""Telling the user's voice from the avatar's own, heard back through the microphone.

The page cancels echo; what is left is faint. While the avatar speaks, three doubts therefore apply
to a frame before it may interrupt: the first moments of playback are ignored (the canceller has yet
to adapt), a frame must be louder than residual echo ever is, and, where the level of what is being
played is known, louder than that by more than the room has shown so far.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from modules.messages import FloatArray

UNHEARD_DB = -50.0
"""Played sound below this level tells nothing about the room."""
WINDOW, DELAY = 31, 12
"""Frames: loudest levels are compared over the last second, and what was played in the last 0.4 s
may not have come back yet (network, buffers, air)."""
SYLLABLE = 5
"""Frames over which the loudest heard counts: between the syllables of a word nothing is loud."""
FALLS, RISES = 0.1, 0.005
"""How fast the estimate follows: within a second down, in six up. The user's voice raises what is
heard for much less than that before it counts as an interruption."""


@dataclass(frozen=True, slots=True)
class EchoSettings:
    """When a frame heard during playback may be the user's."""

    ignore_s: float = 0.3
    """After playback starts, and again the same after it ends."""
    floor_db: float = -42.0
    """Browsers' cancellers leave about -50 dBFS of echo; a user near the microphone gives -30."""
    margin_db: float = 6.0
    """How much louder than the expected echo a frame must be."""


class EchoGuard:
    """Learns, over one session, how much of what is played comes back."""

    def __init__(self, settings: EchoSettings) -> None:
        self.settings = settings
        self.coupling_db = 0.0
        """Level heard minus level played; at zero nothing is trusted that is below the playback."""
        self._played: deque[float] = deque(maxlen=WINDOW)
        self._heard: deque[float] = deque(maxlen=WINDOW)

    def admits(self, frame: FloatArray, played_db: float | None) -> bool:
        """Tell whether a frame heard during playback is loud enough to be the user's."""
        heard = level_db(frame)
        self._heard.append(heard)
        heard = max(list(self._heard)[-SYLLABLE:])
        self._played.append(-math.inf if played_db is None else played_db)
        loudest = max(self._played)
        if loudest <= UNHEARD_DB:
            return heard >= self.settings.floor_db
        expected = loudest + self.coupling_db
        self._learn()
        return heard >= max(self.settings.floor_db, expected + self.settings.margin_db)

    def forget_playback(self) -> None:
        """Forget what was played; what the room is like is kept."""
        self._played.clear()
        self._heard.clear()

    def _learn(self) -> None:
        # Loudest against loudest: pauses and the delay of the room would otherwise pass for a quiet
        # room. What was played a moment ago is left out, so that the error is on the safe side.
        returned = list(self._played)[:-DELAY]
        loudest = max(returned, default=-math.inf)
        if loudest > UNHEARD_DB:
            difference = max(self._heard) - loudest - self.coupling_db
            self.coupling_db += difference * (FALLS if difference < 0 else RISES)


def level_db(frame: FloatArray) -> float:
    """Return the RMS level of a frame in dB relative to full scale; silence is -120."""
    power = float(np.mean(np.square(frame, dtype=np.float64))) if len(frame) else 0.0
    return 10.0 * math.log10(max(power, 1e-12))
