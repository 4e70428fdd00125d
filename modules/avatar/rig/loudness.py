"""How loud a reply is at each moment: who speaks up opens the mouth wider."""

from __future__ import annotations

import numpy as np

from modules.messages import SPEECH_RATE, FloatArray

_STEP = SPEECH_RATE // 50
"""Samples of a step: 20 ms."""
_SILENT_DB, _FULL_DB = -45.0, -9.0
"""RMS levels of nothing and of a loud voice's peaks: speech comes levelled from the tts, at about
-20 dB, and nothing may be cut off above, or a loud vowel would stand still."""
_WEIGHTS = (0.25, 0.5, 0.25)
_KEEP_S = 1.0


class Loudness:
    """The level of one reply's sound, from 0 (silence) to 1 (full voice)."""

    def __init__(self) -> None:
        self._steps: dict[int, float] = {}

    def hear(self, samples: FloatArray, at: int) -> None:
        """Learn of sound that begins at sample `at` of the reply."""
        first = at // _STEP
        count = len(samples) // _STEP
        steps = samples[: count * _STEP].reshape(count, _STEP)
        level = 10 * np.log10(np.mean(np.square(steps), axis=1) + 1e-12)
        part = np.clip((level - _SILENT_DB) / (_FULL_DB - _SILENT_DB), 0.0, 1.0)
        self._steps.update(zip(range(first, first + count), part.tolist(), strict=True))

    def forget(self) -> None:
        """Forget what was heard and not shown."""
        self._steps.clear()

    def at(self, seconds: float) -> float:
        """Return the loudness around a moment: 60 ms of it, the middle most."""
        middle = int(seconds * SPEECH_RATE) // _STEP
        for old in [k for k in self._steps if k < middle - _KEEP_S * SPEECH_RATE / _STEP]:
            del self._steps[old]
        around = enumerate(_WEIGHTS, middle - 1)
        return sum(weight * self._steps.get(step, 0.0) for step, weight in around)
