"""Draws a portrait that speaks: moved lips, the inside of the mouth, eyes, then the whole head."""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.photo.inside import Inside
from modules.avatar.photo.lids import Eye
from modules.avatar.photo.lips import LipWarp
from modules.avatar.photo.outlines import Outlines
from modules.avatar.photo.sway import Sway
from modules.avatar.rig.pose import Pose
from modules.avatar.specification import Mouth
from modules.messages import ByteArray, Portrait

_AT_REST = 0.004
"""Values of a mouth below this leave the portrait as it is."""


class Puppet:
    """Everything about one portrait that all its replies share. Immutable after it is made."""

    def __init__(self, portrait: Portrait) -> None:
        self.rgb = np.ascontiguousarray(portrait.rgb)
        outlines = Outlines(self.rgb, portrait.points)
        self._lips = LipWarp(outlines)
        self._inside = Inside(self.rgb, portrait.points, outlines)
        self._eyes = [Eye(self.rgb, portrait.points, side) for side in ("left", "right")]
        self._sway = Sway(portrait.points)

    def draw(self, pose: Pose, out: ByteArray) -> None:
        """Draw a pose into `out`, uint8 [512, 512, 3]. At rest it is the portrait, bit by bit."""
        picture = self.rgb.copy()
        self._speak(picture, pose.mouth)
        for eye in self._eyes:
            eye.look(picture, pose.gaze_x, pose.gaze_y)
            eye.close(picture, pose.lid, pose.squint)
        self._sway.draw(picture, pose, out)

    def _speak(self, picture: ByteArray, mouth: Mouth) -> None:
        # Corners and lip of a feeling move with the cheeks (`Sway`), not here.
        if max(abs(value) for value in mouth[:7]) < _AT_REST:
            return
        warp = self._lips
        lips = warp.move(mouth._replace(corner=0.0, lift=0.0))
        part = cv2.remap(
            self.rgb, lips.x.astype(np.float32), lips.y.astype(np.float32), cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        ).astype(np.float32)  # fmt: skip
        self._inside.close(part, warp.top, lips)
        self._inside.paint(part, warp.top, mouth, lips)
        box = picture[warp.top : warp.bottom, warp.left : warp.right]
        box[:] = np.clip(part, 0, 255)
