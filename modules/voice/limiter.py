"""The end of every conversion: nothing leaves the bounds of sound."""

from __future__ import annotations

import numpy as np

from modules.messages import FloatArray

_KNEE = 0.9  # what is louder is bent
_CEILING = 0.99


def bent(samples: FloatArray) -> FloatArray:
    """Return samples within (-1, 1), float32; what is softer than -1 dB is untouched.

    Sample by sample, so that it does not matter where a piece begins.
    """
    room = _CEILING - _KNEE
    over = np.maximum(np.abs(samples) - _KNEE, 0)
    loud = np.copysign(_KNEE + room * np.tanh(over / room), samples)
    return np.where(over > 0, loud, samples).astype(np.float32)
