"""Wrinkles as they are painted, and how they deepen as the face moves."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from modules.avatar.art.canvas import LARGE, SCALE
from modules.avatar.art.parts import Skin, Wrinkle
from modules.avatar.art.scene import Light
from modules.avatar.art.wrinkles import paint_wrinkles
from modules.avatar.face.furrows import LEVELS, clear_of, furrows
from modules.avatar.gallery import persona_ids
from modules.avatar.layers import renderer
from modules.avatar.rig.idle import idle_pose
from modules.avatar.rig.pose import Pose
from modules.avatar.specification import load_persona

SKIN = Skin(ramp=("#503020", "#f0d0b0"), hollow="#a06040", shadow="#805030", wrinkle="#9a5a40")
LIGHT = Light(
    key=(-0.5, -0.5, 0.7), fill=(0.7, 0.1, 0.5), rim=(0.9, 0, 0.2), rim_colour="#ffffff",
    rim_amount=0,
)  # fmt: skip
ACROSS = ((-40.0, 140.0), (0.0, 140.0), (40.0, 140.0))


def wrinkle(points=ACROSS, width=2.0, depth=1.0, **more):
    return Wrinkle(points=points, width=width, depth=depth, **more)


def painted(*lines, light=LIGHT):
    """What wrinkles change on flat, evenly lit skin: [LARGE, LARGE], negative where darker."""
    picture = np.full((LARGE, LARGE, 3), 0.7, np.float32)
    flat = np.zeros((LARGE // SCALE, LARGE // SCALE), np.float32)
    paint_wrinkles(picture, flat, lines, SKIN, light, 256.0)
    return picture.mean(axis=2) - 0.7


def test_skin_without_wrinkles_is_left_alone():
    assert not painted().any()


def test_a_wrinkle_is_dark_along_its_line_and_changes_nothing_far_from_it():
    change = painted(wrinkle())
    row, column = np.unravel_index(change.argmin(), change.shape)
    assert abs(row - 140 * SCALE) <= 3
    assert abs(column - 256 * SCALE) < 40 * SCALE
    assert change.min() < -0.08
    change[120 * SCALE : 160 * SCALE, 205 * SCALE : 307 * SCALE] = 0
    assert np.abs(change).max() < 0.002


def test_the_wall_of_a_wrinkle_that_turns_from_the_light_is_the_dark_one():
    lights = [LIGHT.model_copy(update={"key": (0.0, down, 0.8)}) for down in (-0.6, 0.6)]
    above, below = (int(painted(wrinkle(), light=one)[:, 512].argmin()) for one in lights)
    assert above < 140 * SCALE < below


def test_the_deeper_a_wrinkle_the_darker_it_is():
    darkest = [painted(wrinkle(depth=depth)).min() for depth in (0.4, 0.8, 1.6)]
    assert darkest[0] > darkest[1] > darkest[2]


def test_a_shallow_wrinkle_beside_a_deep_one_stays_shallow():
    alone = painted(wrinkle(depth=0.4)).min()
    below = tuple((x, y + 60) for x, y in ACROSS)
    both = painted(wrinkle(depth=0.4), wrinkle(points=below, depth=2.0))
    assert both[: 170 * SCALE].min() == pytest.approx(alone, abs=0.02)


def test_a_wrinkle_runs_out_at_both_ends():
    change = painted(wrinkle())
    middle, *ends = (-change[:, (256 + x) * SCALE].min() for x in (-5, -38, 38))
    assert max(ends) < 0.5 * middle


def test_a_pair_is_mirrored_at_the_middle_of_the_face():
    points = ((30.0, 200.0), (45.0, 205.0), (60.0, 200.0))
    change = painted(wrinkle(points=points, pair=True))
    left, right = change[:, : LARGE // 2], change[:, LARGE // 2 :]
    assert left.min() < -0.05
    # The light comes from one side, so the two are alike but not the same.
    assert left.min() == pytest.approx(right.min(), rel=0.5)
    for half in (left[:, ::-1], right):
        row, column = np.unravel_index(half.argmin(), half.shape)
        assert 30 * SCALE < column < 60 * SCALE
        assert abs(row - 203 * SCALE) < 6 * SCALE


@pytest.mark.parametrize(
    "spoilt",
    [{"depth": 0}, {"width": -1}, {"by": "nose"}, {"more": 2}, {"points": ((0, 0),)}, {"deep": 1}],
)
def test_a_mistake_in_a_wrinkle_is_an_error(spoilt):
    with pytest.raises(ValidationError):
        Wrinkle.model_validate({"points": ACROSS, "width": 2.0, "depth": 1.0, **spoilt})


boxes = st.tuples(*[st.integers(0, 60)] * 4).map(
    lambda b: (b[0], b[0] + b[1] + 1, b[2], b[2] + b[3] + 1)
)


def overlap(one, other):
    down = min(one[1], other[1]) - max(one[0], other[0])
    across = min(one[3], other[3]) - max(one[2], other[2])
    return down > 0 and across > 0


@given(boxes, st.lists(boxes, max_size=4))
def test_a_box_that_is_cut_back_overlaps_nothing_and_grows_nowhere(box, taken):
    top, bottom, left, right = cut = clear_of(box, taken)
    if bottom > top and right > left:
        assert not any(overlap(cut, other) for other in taken)
    assert top >= box[0]
    assert bottom <= box[1]
    assert left >= box[2]
    assert right <= box[3]


def moving(*lines, rest=None):
    portrait = np.full((LARGE, LARGE, 3), 180, np.uint8)
    skin = SKIN.model_copy(update={"wrinkles": lines})
    return furrows(skin, rest or Pose(), 256.0, portrait, [])


def test_only_wrinkles_that_name_a_control_move():
    assert moving(wrinkle()) == ()
    assert len(moving(wrinkle(by="brow", more=0.5))) == 1
    pair = wrinkle(points=((30, 200), (45, 205)), pair=True, by="squint", more=0.5)
    assert len(moving(pair)) == 2


def test_moving_wrinkles_deepen_level_by_level_and_not_at_the_edge_of_their_box():
    [lines] = moving(wrinkle(by="brow", more=0.8))
    darkest = [int(lines.skin(level).min()) for level in range(LEVELS + 1)]
    assert darkest == sorted(darkest, reverse=True)
    assert darkest[0] == 180
    assert darkest[-1] < 150
    for edge in (np.s_[:1], np.s_[-1:], np.s_[:, :1], np.s_[:, -1:]):
        assert np.abs(lines.skin(LEVELS)[edge].astype(int) - 180).max() <= 2


def test_the_idle_pose_is_where_depth_begins():
    [lines] = moving(wrinkle(by="squint", more=0.8), rest=Pose(squint=0.4))
    levels = [lines.level(Pose(squint=squint)) for squint in (0, 0.4, 0.7, 1.0, 1.4)]
    assert levels == [0, 0, LEVELS // 2, LEVELS, LEVELS]


@pytest.mark.parametrize("name", persona_ids())
def test_what_moves_in_a_face_never_overlaps(name, data_folder):
    face = renderer(name)
    drawn = [face.mouth.box, *(eye.box for eye in face.eyes), *(each.box for each in face.furrows)]
    for k, one in enumerate(drawn):
        assert not any(overlap(one, other) for other in drawn[k + 1 :])


@pytest.mark.parametrize("name", persona_ids())
def test_the_portrait_is_as_it_was_painted_while_the_face_is_idle(name, data_folder):
    face, still = renderer(name), idle_pose(load_persona(name).rest)
    for lines in face.furrows:
        assert lines.level(still) == 0
        top, bottom, left, right = lines.box
        np.testing.assert_array_equal(lines.skin(0), face.portrait[top:bottom, left:right])


@pytest.mark.parametrize("move", [{"brow": 1}, {"frown": 1}, {"squint": 1}, {"cheek": 1}])
def test_an_old_face_is_drawn_with_deeper_lines_and_comes_back(move, data_folder, monkeypatch):
    face, still = renderer("ba-sau"), idle_pose(load_persona("ba-sau").rest)
    brush = face.brush()

    def drawn(pose):
        out = np.empty((512, 512, 3), np.uint8)
        brush.draw(pose, out)
        return out

    before = drawn(still)
    assert any(each.level(still._replace(**move)) == LEVELS for each in face.furrows)
    moved = drawn(still._replace(**move))
    # Without its moving wrinkles the same pose is lighter where they lie.
    monkeypatch.setattr(face, "furrows", ())
    plain = face.brush()
    out = np.empty((512, 512, 3), np.uint8)
    plain.draw(still._replace(**move), out)
    monkeypatch.undo()
    assert moved.astype(int).sum() < out.astype(int).sum()
    assert (out.astype(int) - moved).max() > 12
    np.testing.assert_array_equal(drawn(still), before)


def test_lines_of_one_control_that_lie_close_share_a_box_and_others_do_not():
    beside = wrinkle(points=((30, 146), (50, 150)), by="brow", more=0.5)
    far = wrinkle(points=((30, 220), (50, 224)), by="brow", more=0.5)
    frown = wrinkle(points=((-5, 240), (-5, 260)), by="frown", more=0.5)
    across = wrinkle(by="brow", more=0.5)
    boxes = [each.box for each in moving(beside, far, across, frown)]
    assert len(boxes) == 3
    assert not any(overlap(a, b) for a, b in itertools.combinations(boxes, 2))
    # No line is cut off: each lies within one box.
    for line in (beside, far, across, frown):
        x, y = np.array(line.points).T
        top, bottom, left, right = SCALE * np.array(
            [y.min(), y.max(), 256 + x.min(), 256 + x.max()]
        )
        assert any(a <= top and bottom <= b and c <= left and right <= d for a, b, c, d in boxes)
