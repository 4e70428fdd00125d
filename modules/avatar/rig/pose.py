"""All that the renderer needs to know about one frame."""

from __future__ import annotations

from typing import NamedTuple

from modules.avatar.specification import Mouth


class Pose(NamedTuple):
    """The face at one moment.

    `yaw` and `pitch` are pixels that the face's front moves right and down, `roll` radians
    clockwise as seen. `breath` runs 0 to 1; `brow`, `inner`, `frown`, `cheek` are as in
    `specification.Expression`. `lid` is 0 (shut) to about 1.25 (wide), `gaze_x` and `gaze_y` are
    pixels that the irises move right and down.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    breath: float = 0.0
    brow: float = 0.0
    inner: float = 0.0
    frown: float = 0.0
    cheek: float = 0.0
    lid: float = 1.0
    squint: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    mouth: Mouth = Mouth()
