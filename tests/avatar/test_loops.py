"""How a face moves that idles, listens or thinks."""

import numpy as np
import pytest

from modules.avatar.gallery import persona_ids
from modules.avatar.rig.idle import idle_pose
from modules.avatar.rig.loops import FRAMES, Loop
from modules.avatar.specification import STATES, load_persona
from modules.messages import FPS

FASTEST = {
    "yaw": 0.9, "pitch": 0.9, "roll": 0.009, "breath": 0.16, "brow": 0.08, "inner": 0.06,
    "frown": 0.09, "squint": 0.04, "cheek": 0.06,
}  # fmt: skip
"""The largest change of each value from one frame to the next."""


def loop(state="idle", avatar="linh"):
    made = Loop(load_persona(avatar), avatar, state)
    return [made.pose(frame) for frame in range(FRAMES)]


def of(poses, name):
    return np.array([getattr(pose, name) for pose in poses])


def corner(poses):
    return np.array([pose.mouth.corner for pose in poses])


@pytest.mark.parametrize("avatar", persona_ids())
@pytest.mark.parametrize("state", STATES)
def test_every_loop_begins_in_the_idle_pose_and_nothing_jumps_where_it_joins(avatar, state):
    poses = loop(state, avatar)
    still = idle_pose(load_persona(avatar).rest)
    assert poses[0]._replace(mouth=still.mouth) == still
    np.testing.assert_allclose(poses[0].mouth, still.mouth)
    for name, limit in FASTEST.items():
        values = of([*poses, poses[0]], name)
        assert np.abs(np.diff(values)).max() < limit, name
        assert np.abs(values[-2] - values[0]) < 0.5 * limit, name
    assert poses[-1].gaze_x == poses[-1].gaze_y == 0
    assert poses[-1].lid > 0.95
    assert all(pose.mouth.open == 0 for pose in poses)


@pytest.mark.parametrize("avatar", persona_ids())
def test_the_idle_face_never_stands_still_and_repeats_nothing(avatar):
    poses = loop("idle", avatar)
    crown = 200  # pixels above the neck about which the head rolls
    moves = [of(poses, "yaw"), of(poses, "pitch"), crown * of(poses, "roll"), of(poses, "breath")]
    steps = np.abs(np.diff(moves)).sum(axis=0)
    assert np.convolve(steps, np.ones(15), "valid").min() > 0.3
    for values in moves[:3]:
        # Shifted by anything from one second on it is never the same motion again.
        alike = [np.corrcoef(values, np.roll(values, k))[0, 1] for k in range(FPS, FRAMES // 2)]
        assert max(alike) < 0.85


def test_two_personas_do_not_idle_alike():
    one, other = (Loop(load_persona("linh"), name, "idle") for name in ("linh", "another"))
    assert one.pose(100) != other.pose(100)


def test_who_listens_looks_at_the_viewer_and_nods_but_not_like_a_metronome():
    poses = loop("listening")
    gaze = np.hypot(of(poses, "gaze_x"), of(poses, "gaze_y"))
    assert gaze.max() < 1
    down = of(poses, "pitch") - np.median(of(poses, "pitch"))
    nods = [
        k for k in range(2, FRAMES - 2)
        if down[k] > 0.9 and down[k] == down[k - 2 : k + 3].max()
    ]  # fmt: skip
    assert 3 <= len(nods) <= 8
    gaps = np.diff(nods)
    assert gaps.std() > 0.15 * gaps.mean()
    assert np.ptp(down[nods]) > 0.3


def test_the_states_can_be_told_apart_by_their_posture():
    idle, listening, thinking = (loop(state)[40:250] for state in STATES)
    degrees = 180 / np.pi
    tilt = degrees * (of(listening, "roll").mean() - of(idle, "roll").mean())
    assert abs(tilt) > 2.5
    assert of(listening, "brow").mean() > of(idle, "brow").mean() + 0.25
    assert corner(idle).mean() > corner(listening).mean() > corner(thinking).mean() + 0.2
    assert of(thinking, "yaw").mean() > of(idle, "yaw").mean() + 4
    assert of(thinking, "frown").mean() > 0.3
    away = np.hypot(of(thinking, "gaze_x"), of(thinking, "gaze_y")) > 2
    assert 0.5 < away.mean() < 0.98
    assert (of(thinking, "gaze_y") < -2).mean() > 0.4


def shut(poses):
    return np.flatnonzero(np.diff((of(poses, "lid") == 0).astype(int), prepend=0) == 1)


@pytest.mark.parametrize("avatar", persona_ids())
@pytest.mark.parametrize("state", STATES)
def test_blinks_are_whole_and_unevenly_apart(avatar, state):
    poses = loop(state, avatar)
    starts = shut(poses)
    assert 1 <= len(starts) <= 6
    if len(starts) > 2:
        assert np.ptp(np.diff(starts)) > 5


def test_who_thinks_blinks_slower():
    def lasts(state):
        lids = of(loop(state), "lid")
        return (lids < 0.9).sum() / len(shut(loop(state)))

    assert lasts("thinking") > 1.3 * lasts("idle")
