"""What the drawn mouth looks like, by the measures of its outlines and by its colours."""

import itertools

import numpy as np
import pytest

from modules.avatar.face.contours import LipShape
from modules.avatar.gallery import persona_ids
from modules.avatar.layers import renderer
from modules.avatar.specification import WIDEST_SMILE, Mouth, load_persona
from modules.messages import VisemeShape

SHAPES = VisemeShape.__args__
X = np.arange(-46, 46, 0.5, dtype=np.float32)


def mouth_of(shape):
    target = load_persona("linh").visemes[shape]
    return Mouth(**{name: getattr(target, name, 0.0) for name in Mouth._fields})


@pytest.fixture(scope="module")
def outlines():
    lips = LipShape(load_persona("linh").look.lips, X)
    return {shape: lips.contours(mouth_of(shape)) for shape in SHAPES}


@pytest.fixture(scope="module")
def painted(data_folder):
    return {shape: between_lips(mouth_of(shape)) for shape in SHAPES}


def between_lips(mouth):
    """The part of the drawn mouth that has lips and what is between them, and little skin."""
    return renderer("linh").mouth.paint(mouth)[56:128, 30:-30]


def height(contours):
    return float((contours.lower_in - contours.upper_in).max())


def area(contours):
    return float((contours.lower_in - contours.upper_in).sum() / 2)


def white(picture):
    low, high = picture.min(axis=2).astype(int), picture.max(axis=2).astype(int)
    return int(((low > 105) & (high - low < 26)).sum())


def dark(picture):
    return int((picture.max(axis=2) < 90).sum())


def test_every_shape_has_a_target():
    assert set(load_persona("linh").visemes) == set(SHAPES)


def test_outlines_lie_in_order_for_every_shape(outlines):
    for contours in outlines.values():
        inside = np.abs(X) < contours.half_width - 0.5
        edges = [contours.upper_out, contours.upper_in, contours.lower_in, contours.lower_out]
        for above, below in itertools.pairwise(edges):
            assert (below - above)[inside].min() > -0.6


def test_lips_are_shut_for_rest_and_closed_only(outlines):
    for shape, contours in outlines.items():
        assert (height(contours) < 0.1) == (shape in ("rest", "closed")), shape


def test_closed_lips_are_pressed_thinner_than_resting_ones(outlines):
    def thickness(contours):
        return float((contours.lower_out - contours.upper_out).max())

    assert thickness(outlines["closed"]) < 0.8 * thickness(outlines["rest"])


def test_openness_follows_the_vowels(outlines):
    heights = [
        height(outlines[s]) for s in ("open", "spread_open", "spread_mid", "spread", "closed")
    ]
    assert heights == sorted(heights, reverse=True)
    heights = [height(outlines[s]) for s in ("open", "round_open", "round_mid", "round")]
    assert heights == sorted(heights, reverse=True)
    assert height(outlines["open"]) > 18


def test_spread_mouths_are_wide_and_round_ones_narrow(outlines):
    width = {shape: contours.half_width for shape, contours in outlines.items()}
    assert width["spread"] > width["spread_mid"] > width["mid"] > width["round_open"]
    assert width["round_open"] > width["round_mid"] > width["round"]
    assert width["spread"] > 1.7 * width["round"]


@pytest.mark.parametrize("shape", ["round_open", "round_mid", "round"])
def test_round_mouths_are_round_outside_and_inside(outlines, shape):
    contours = outlines[shape]
    across = 2 * contours.half_width
    tall = float((contours.lower_out - contours.upper_out).max())
    assert 0.72 < tall / across < 1.15
    # An ellipse fills pi / 4 of its box, a diamond a half, a rectangle all of it.
    filled = area(contours) / (height(contours) * 2 * contours.inner)
    assert abs(filled - np.pi / 4) < 0.08


def test_the_lower_lip_of_a_wide_mouth_is_a_curve_and_not_a_box(outlines):
    contours = outlines["open"]
    at = np.interp([0, 0.35, 0.7, 0.9], X / contours.half_width, contours.lower_out)
    drops = at[0] - at[1:]
    assert 0.3 < drops[0] < drops[1] < drops[2]


def test_teeth_show_on_the_lower_lip_for_f(painted):
    assert white(painted["lip_teeth"]) > 60
    assert dark(painted["lip_teeth"]) < 0.25 * dark(painted["open"])


def test_teeth_and_the_dark_of_the_mouth_show_where_it_is_open(painted):
    assert white(painted["open"]) > 150
    assert dark(painted["open"]) > 800
    for shape in ("rest", "closed"):
        assert white(painted[shape]) < 20, shape


def test_pursed_lips_hide_the_teeth(painted):
    assert white(painted["round"]) < 0.1 * white(painted["spread"])


def test_a_raised_tongue_fills_the_mouth(data_folder):
    low, high = (between_lips(Mouth(open=0.6, jaw=0.6, tongue=value)) for value in (0.0, 1.0))
    assert dark(high) < 0.75 * dark(low)


def test_the_mouth_changes_smoothly_with_every_value(data_folder):
    painter = renderer("linh").mouth
    for name in Mouth._fields:
        values = np.linspace(0, 1, 21)
        half_open = Mouth(open=0.5, jaw=0.5)
        drawn = [painter.paint(half_open._replace(**{name: v})) for v in values]
        steps = [np.abs(b.astype(np.int16) - a).mean() for a, b in itertools.pairwise(drawn)]
        assert sum(steps) > 0.05, name
        assert max(steps) < 2.5, name


def test_the_edge_of_the_box_is_never_touched(data_folder):
    painter = renderer("linh").mouth
    still = painter.paint(Mouth())
    extremes = [Mouth(open=1, width=1, corner=1, lift=1), Mouth(open=1, round=1), Mouth(corner=-1)]
    extremes += [mouth_of(shape) for shape in SHAPES]
    for picture in (painter.paint(each) for each in extremes):
        for edge in (np.s_[:2], np.s_[-2:], np.s_[:, :2], np.s_[:, -2:]):
            np.testing.assert_allclose(picture[edge], still[edge].astype(int), atol=1)


def patches(avatar):
    painter, smile = renderer(avatar).mouth, load_persona(avatar).rest.corner
    return {
        shape: painter.paint(mouth_of(shape)._replace(corner=0.7 * smile)).astype(np.int16)
        for shape in SHAPES
    }


@pytest.mark.parametrize("avatar", persona_ids())
def test_every_shape_can_be_told_from_every_other(avatar, drawn):
    seen = patches(avatar)
    for one, other in itertools.combinations(SHAPES, 2):
        assert np.abs(seen[one] - seen[other]).mean() > 1.0, (one, other)


@pytest.mark.parametrize("avatar", persona_ids())
def test_the_teeth_meet_for_sibilants_and_part_for_the_open_vowel(avatar, drawn):
    seen = patches(avatar)
    middle = np.s_[76:128, 88:96]  # from above the lips' line downwards, in the middle

    def gap(shape):
        return int((seen[shape][middle].max(axis=2) < 80).sum())

    assert gap("sibilant") < 25
    assert gap("open") > 60


@pytest.mark.parametrize("avatar", persona_ids())
def test_folds_deepen_with_the_smile_and_the_age(avatar, drawn):
    painter, persona = renderer(avatar).mouth, load_persona(avatar)
    smile = persona.rest.corner
    beside = np.s_[10:50]  # above the lips
    top, bottom, left, right = painter.box
    bare = renderer(avatar).portrait[top:bottom, left:right].astype(np.int16)
    depth = [
        np.clip(bare - painter.paint(Mouth(corner=corner)), 0, None)[beside].mean()
        for corner in (smile, (smile + WIDEST_SMILE) / 2, WIDEST_SMILE)
    ]
    assert depth[0] < depth[1] < depth[2]
    assert (depth[0] > 1.5) == (persona.identity.age > 50)
