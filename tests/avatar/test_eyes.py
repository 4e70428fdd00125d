"""What the drawn eyes look like, and how drawn parts are kept."""

import numpy as np
import pytest

from modules.avatar.face.eyes import EyeState
from modules.avatar.face.renderer import Patches
from modules.avatar.layers import renderer
from modules.avatar.rig.pose import Pose
from modules.avatar.specification import Mouth


@pytest.fixture(scope="module")
def eyes(data_folder):
    return renderer("linh").eyes


def dark(picture):
    return picture.max(axis=2) < 60


def middle_of(spots):
    return np.argwhere(spots).mean(axis=0)


@pytest.mark.parametrize("side", [0, 1])
def test_the_iris_is_hidden_step_by_step_as_the_lid_falls(eyes, side):
    seen = [int(dark(eyes[side].paint(EyeState(lid))).sum()) for lid in (1.25, 1.0, 0.75, 0.5)]
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] < 0.75 * seen[0]


@pytest.mark.parametrize("side", [0, 1])
def test_a_shut_eye_is_a_line_of_lashes_at_the_lower_lid_and_nothing_white(eyes, side):
    # The hair beside the right eye is dark too, and left out.
    opened, shut = (eyes[side].paint(EyeState(lid))[:, 16:-24] for lid in (1.0, 0.0))
    lashes = dark(shut)
    assert 20 < lashes.sum() < 0.5 * dark(opened).sum()
    lowest_of_iris = np.argwhere(dark(opened))[:, 0].max()
    assert abs(middle_of(lashes)[0] - lowest_of_iris) < 8
    grey = shut.max(axis=2).astype(int) - shut.min(axis=2)
    assert not ((grey < 18) & (shut.min(axis=2) > 150)).any()


@pytest.mark.parametrize("side", [0, 1])
def test_the_iris_follows_the_gaze(eyes, side):
    def pupil(**gaze):
        return middle_of(eyes[side].paint(EyeState(1.0, **gaze)).max(axis=2) < 30)

    assert pupil(gaze_x=2.5)[1] - pupil(gaze_x=-2.5)[1] > 5
    assert pupil(gaze_y=1.0)[0] - pupil(gaze_y=-1.0)[0] > 1


def test_a_squint_raises_the_lower_lid(eyes):
    calm, squinting = (eyes[0].paint(EyeState(1.0, squint)) for squint in (0.0, 1.0))
    lowest = [np.argwhere(dark(picture))[:, 0].max() for picture in (calm, squinting)]
    assert lowest[1] < lowest[0]


def drawn(brush, pose):
    out = np.empty((512, 512, 3), np.uint8)
    brush.draw(pose, out)
    return out


@pytest.mark.parametrize(
    "pose",
    [
        Pose(yaw=2), Pose(pitch=2), Pose(roll=0.03), Pose(breath=1), Pose(brow=1), Pose(inner=1),
        Pose(frown=1), Pose(cheek=1), Pose(lid=0), Pose(squint=1), Pose(gaze_x=2), Pose(gaze_y=1),
        *(Pose(mouth=Mouth(open=0.3)._replace(**{name: 1.0})) for name in Mouth._fields),
    ],
)  # fmt: skip
def test_every_value_of_a_pose_is_seen_and_leaves_no_trace(data_folder, pose):
    brush = renderer("linh").brush()
    plain = Pose(mouth=Mouth(open=0.3)) if pose.mouth.open else Pose()
    before = drawn(brush, plain)
    changed = np.abs(drawn(brush, pose).astype(np.int16) - before)
    assert changed.max() > 25
    np.testing.assert_array_equal(drawn(brush, plain), before)


def test_drawing_fills_the_array_that_it_is_given(data_folder):
    frames = np.zeros((2, 512, 512, 3), np.uint8)
    brush = renderer("linh").brush()
    brush.draw(Pose(), frames[1])
    assert not frames[0].any()
    assert frames[1].any(axis=(0, 2)).all()


def test_nothing_moves_at_the_upper_edge_of_the_picture(data_folder):
    brush = renderer("linh").brush()
    still, moved = drawn(brush, Pose()), drawn(brush, Pose(yaw=4, pitch=4, roll=0.05))
    assert np.abs(still[0].astype(np.int16) - moved[0]).max() < 12


def test_patches_are_drawn_once_kept_read_only_and_bounded():
    patches, calls = Patches(limit=5 * 300), []

    def draw(k):
        calls.append(k)
        return np.full((10, 10, 3), k, np.uint8)

    for k in (1, 2, 1, 2, 1):
        assert patches.get((k,), lambda k=k: draw(k))[0, 0, 0] == k
    assert calls == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        patches.get((1,), lambda: draw(1))[:] = 0
    for k in range(3, 8):
        patches.get((k,), lambda k=k: draw(k))
    assert patches.nbytes <= 5 * 300
    patches.get((7,), lambda: draw(7))
    patches.get((1,), lambda: draw(1))
    assert calls == [1, 2, 3, 4, 5, 6, 7, 1]
