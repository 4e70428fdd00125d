"""The idle loop: eight seconds of a face that waits, the same at both ends."""

from __future__ import annotations

import math

from modules.avatar.rig.blinks import LIDS
from modules.avatar.rig.pose import Pose
from modules.avatar.specification import Mouth, Rest
from modules.messages import FPS

FRAMES = 8 * FPS
_BLINKS = (46, 118, 171)
"""First frames of the blinks; unevenly apart, so that the loop is not heard as a beat."""
_LOOKS = ((0, 0.0, 0.0), (62, 1.25, 0.25), (84, 0.0, 0.0), (132, -1.0, 0.5), (150, 0.0, 0.0))
"""(first frame, x, y) of each look; a blink or a pause hides the jump home."""
_EDGE = 16
"""Frames over which the sway begins and ends, so that the loop is still where it joins."""


def idle_pose(rest: Rest) -> Pose:
    """Return the pose in which every reply begins and ends."""
    return Pose(
        yaw=rest.yaw, pitch=rest.pitch, roll=rest.roll, squint=rest.squint, cheek=rest.cheek,
        mouth=Mouth(corner=rest.corner),
    )  # fmt: skip


def _look(frame: int) -> tuple[float, float]:
    _, x, y = max(look for look in _LOOKS if look[0] <= frame)
    return x, y


def idle_frame(rest: Rest, frame: int) -> Pose:
    """Return the pose of a frame of the loop, 0 to `FRAMES` - 1; frame 0 is the idle pose."""
    turn = 2 * math.pi * frame / FRAMES
    edge = min(1.0, frame / _EDGE, (FRAMES - frame) / _EDGE)
    sway = edge * edge * (3 - 2 * edge)
    blink = next((b for b in _BLINKS if b <= frame < b + len(LIDS)), None)
    gaze_x, gaze_y = _look(frame)
    still = idle_pose(rest)
    return still._replace(
        yaw=still.yaw + sway * (0.9 * math.sin(turn) + 0.6 * math.sin(2 * turn + 1.1)),
        pitch=still.pitch + sway * (0.5 * math.sin(2 * turn + 0.4) + 0.3 * math.sin(3 * turn)),
        roll=still.roll + sway * (0.006 * math.sin(turn + 0.7) + 0.004 * math.sin(3 * turn + 2)),
        breath=0.5 - 0.5 * math.cos(2 * turn),
        brow=sway * 0.10 * math.sin(turn + 2.0),
        lid=LIDS[frame - blink] if blink is not None else 1.0,
        gaze_x=gaze_x,
        gaze_y=gaze_y,
    )
