"""What a feeling does to a face that rests or speaks."""

from __future__ import annotations

from modules.avatar.rig.pose import Pose
from modules.avatar.specification import WIDEST_SMILE, Expression, Mouth

DEGREE = 0.85
"""How much of an expression is shown at most: a face that says all of it looks like a mask."""


def felt_pose(still: Pose, felt: Expression, degree: float, said: Mouth) -> Pose:
    """Return a pose with some degree (0 to 1) of a feeling in it while the mouth says something."""
    wide = 0.26 * felt.lid if felt.lid > 0 else 0.42 * felt.lid
    return still._replace(
        pitch=still.pitch + 3 * degree * felt.pitch,
        roll=still.roll + 0.03 * degree * felt.roll,
        brow=degree * felt.brow,
        inner=degree * felt.inner,
        frown=degree * felt.frown,
        cheek=min(max(still.cheek + degree * felt.cheek, 0.0), 1.0),
        lid=still.lid * (1 + degree * wide),
        squint=min(1.0, still.squint + degree * felt.squint),
        gaze_y=still.gaze_y + 2.0 * degree * felt.look,
        mouth=felt_mouth(still.mouth.corner, felt, degree, said),
    )


def felt_mouth(smile: float, felt: Expression, degree: float, said: Mouth) -> Mouth:
    """Return the mouth that says something with a feeling; `smile` is that of the idle pose."""
    most = WIDEST_SMILE if felt.corner > 0 else -1.0
    corner = smile + degree * abs(felt.corner) * (most - smile)
    width = said.width + degree * felt.width * (1 - said.round)
    firm = degree * felt.press * (1 - min(1.0, 2 * said.open))
    gape = 1 + 0.5 * degree * felt.gape
    return said._replace(
        open=min(1.0, gape * said.open),
        width=min(max(width, -1.0), 1.0),
        press=said.press + (1 - said.press) * firm,
        jaw=min(1.0, gape * said.jaw),
        corner=corner * (1 - 0.35 * said.open),
        lift=degree * felt.lift,
    )
