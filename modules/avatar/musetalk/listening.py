"""The sound of one reply as the painter hears it while it is still being spoken.

Whisper's encoder looks both ways over half a minute. A piece of new sound is encoded once, with up
to half a minute of the reply's past before it; the rows of earlier pieces stay as they were. A
frame is certain when the sound of its ten rows is there: 132 ms from its start, with the reach of
the encoder's convolutions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from modules.avatar.musetalk.ear import ROW_SAMPLES, WINDOW_S
from modules.avatar.musetalk.windows import FUTURE, PAST, windows
from modules.avatar.neural.painting import FRAME_HEARD
from modules.messages import LISTEN_RATE, FloatArray

_CONVOLUTIONS = 200
"""Samples that the last row hears beyond its own: half a spectrum's window, and both convolutions'
kernels."""
BEYOND = FUTURE * ROW_SAMPLES + _CONVOLUTIONS - FRAME_HEARD
"""Samples beyond a frame's own end that its features need: 92 ms."""
WINDOW = WINDOW_S * LISTEN_RATE
_FRAME_ROWS = FRAME_HEARD // ROW_SAMPLES

Encode = Callable[[FloatArray], Tensor]
"""From at most half a minute of sound to rows [1500, layers, width], silence behind it."""


class Listening:
    """One reply's sound; gives each frame's tokens once."""

    def __init__(self, encode: Encode, positions: Tensor) -> None:
        """`positions` [tokens, width] is added to every frame's tokens; its type and device are
        those of the features.
        """
        self._encode, self._positions = encode, positions
        self._samples: FloatArray = np.zeros(0, np.float32)
        self._start = 0
        """Sample of the reply at which the kept sound begins; a multiple of a frame's."""
        self._given = 0

    def push(self, samples: FloatArray, last: bool = False) -> Tensor:
        """Take sound at 16 kHz; return the tokens [frames, 50, width] of what is certain now."""
        self._samples = np.concatenate([self._samples, samples])
        heard = self._start + len(self._samples)
        certain = -(-heard // FRAME_HEARD) if last else max(0, (heard - BEYOND) // FRAME_HEARD)
        pieces = []
        while self._given < certain:
            pieces.append(self._step(certain))
        if not pieces:
            return self._positions.new_zeros((0, *self._positions.shape))
        return torch.cat(pieces)

    def _step(self, certain: int) -> Tensor:
        """Return the tokens of the next frames: all, or as many as half a minute holds."""
        need = (certain * FRAME_HEARD + BEYOND) - self._start
        if need > WINDOW:
            self._let_go(min(need - WINDOW, self._most_past()))
        room = (self._start + WINDOW - BEYOND) // FRAME_HEARD
        end = min(certain, room)
        rows = self._encode(self._samples[:WINDOW])
        known = -(-min(len(self._samples), WINDOW) // ROW_SAMPLES)
        skipped = self._start // FRAME_HEARD
        heard = windows(rows[:known], self._given - skipped, end - self._given)
        self._given = end
        return heard.to(self._positions) + self._positions

    def _most_past(self) -> int:
        # Before the next frame's window nothing must stay but its first rows.
        kept = self._given * FRAME_HEARD - PAST * ROW_SAMPLES
        return max(0, kept - self._start)

    def _let_go(self, samples: int) -> None:
        whole = -(-samples // FRAME_HEARD) * FRAME_HEARD
        whole = min(whole, self._most_past() // FRAME_HEARD * FRAME_HEARD)
        self._samples = self._samples[whole:]
        self._start += whole


def certain_frames(samples: int) -> int:
    """Return how many frames are certain after so many samples of a reply that goes on."""
    return max(0, (samples - BEYOND) // FRAME_HEARD)


assert _FRAME_ROWS * ROW_SAMPLES == FRAME_HEARD
