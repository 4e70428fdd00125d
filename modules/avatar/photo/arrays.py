"""What all of the puppet's arithmetic shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

NO_MAP = np.empty(0, np.float32)
"""For `cv2.remap` with both coordinates in one map."""
Array = npt.NDArray[Any]
"""An array of whatever number type OpenCV or numpy chose; docstrings give shapes and units."""


def ease(value: Array | float) -> Array:
    """Return 0 to 1, smooth at both ends, over a value's way from 0 to 1; float32."""
    part = np.clip(value, 0, 1)
    return np.asarray(part * part * (3 - 2 * part), dtype=np.float32)
