"""The idle pose, in which every reply and every loop begins and ends."""

from __future__ import annotations

from modules.avatar.rig.pose import Pose
from modules.avatar.specification import Mouth, Rest


def idle_pose(rest: Rest) -> Pose:
    """Return the pose in which every reply begins and ends."""
    return Pose(
        yaw=rest.yaw, pitch=rest.pitch, roll=rest.roll, squint=rest.squint, cheek=rest.cheek,
        mouth=Mouth(corner=rest.corner),
    )  # fmt: skip
