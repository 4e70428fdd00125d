"""Mixing of small pictures, float32 [rows, columns, 3], by amounts of one value a pixel.

NumPy would repeat an amount over the three channels in a loop of three steps a pixel; merged into a
picture of its own first, everything runs in long rows, several times as fast.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from modules.messages import FloatArray

Amount = npt.NDArray[np.floating]


def threefold(amount: Amount) -> FloatArray:
    """Return an amount [rows, columns] in each of three channels."""
    plain = np.ascontiguousarray(amount, np.float32)
    return cast("FloatArray", cv2.merge((plain, plain, plain)))


def blend(picture: FloatArray, towards: cv2.typing.MatLike, amount: Amount) -> None:
    """Move a picture towards another (or towards one colour) by an amount, in place."""
    way = towards - picture
    way *= threefold(amount)
    picture += way


def darken(picture: FloatArray, amount: Amount, taken: FloatArray) -> None:
    """Take an amount of a picture's light, and of each channel the share `taken` [3], in place."""
    plain = np.asarray(amount, np.float32)
    picture *= cv2.merge([1 - plain * share for share in taken])
