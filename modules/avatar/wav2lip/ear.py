"""What is heard in each frame of a reply, while the reply goes on."""

from __future__ import annotations

import numpy as np
from scipy import signal

from modules.avatar.neural.painting import FRAME_HEARD
from modules.avatar.wav2lip.mel import (
    BANDS,
    COLUMNS_PER_S,
    FFT,
    HOP,
    PREEMPHASIS,
    WINDOW,
    columns,
)
from modules.messages import FPS, FloatArray

FUTURE = (WINDOW - 1) * HOP + FFT // 2 - FRAME_HEARD
"""2,760 samples: a frame's moment of 0.2 s begins where the frame does."""


class MelEar:
    """The moments of mel of one reply: columns are made once, as soon as their sound is there.

    Before the beginning and beyond the end lies silence: where upstream repeats the last moment,
    the mouth here has the time to close.
    """

    def __init__(self) -> None:
        self._memory = np.zeros(1)
        self._sound = np.zeros(FFT // 2, np.float32)
        self._mel = np.zeros((BANDS, 0), np.float32)
        self._dropped = 0
        self._heard = 0
        self._frame = 0

    def push(self, samples: FloatArray, last: bool = False) -> FloatArray:
        """Take the next samples; return moments, float32 [frames, 1, 80, 16]."""
        self._heard += len(samples)
        if len(samples):
            made, self._memory = signal.lfilter(
                [1.0, -PREEMPHASIS], [1.0], samples, zi=self._memory
            )
            self._sound = np.concatenate([self._sound, made.astype(np.float32)])
        frames = self._heard // FRAME_HEARD
        if last:
            frames = -(-self._heard // FRAME_HEARD)
            self._sound = np.pad(self._sound, (0, FRAME_HEARD + FUTURE + FFT))
        self._listen()
        return self._moments(frames)

    def _listen(self) -> None:
        count = max(0, (len(self._sound) - FFT) // HOP + 1)
        if count:
            self._mel = np.concatenate([self._mel, columns(self._sound)[:, :count]], axis=1)
            self._sound = self._sound[count * HOP :]

    def _moments(self, frames: int) -> FloatArray:
        made = []
        while self._frame < frames:
            start = _column(self._frame) - self._dropped
            if start + WINDOW > self._mel.shape[1]:
                break
            made.append(self._mel[:, start : start + WINDOW])
            self._frame += 1
        kept = _column(self._frame)
        moments = np.stack(made)[:, None] if made else np.zeros((0, 1, BANDS, WINDOW), np.float32)
        self._mel, self._dropped = self._mel[:, kept - self._dropped :], kept
        return moments


def _column(frame: int) -> int:
    return frame * COLUMNS_PER_S // FPS
