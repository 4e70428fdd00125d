"""Points that a user corrected are a face, or are refused with the name of the point."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.avatar.photo.points import INDEX, check_points, expected
from modules.errors import InvalidInput
from modules.messages import FACE_POINTS


def usual():
    return {name: [256 + 84 * x, 215 + 84 * y] for name, (x, y) in expected().items()}


def refused(points):
    with pytest.raises(InvalidInput) as caught:
        check_points(points)
    return caught.value


def test_an_average_face_is_a_face():
    found = check_points(usual())
    assert found.shape == (len(FACE_POINTS), 2)
    assert found[INDEX["left_iris"], 0] == 256 - 42


@pytest.mark.parametrize("given", [None, [], "points", {}, 7])
def test_what_is_no_table_misses_its_first_point(given):
    error = refused(given)
    assert (error.reason, error.params["point"]) == ("points_missing", FACE_POINTS[0])


@pytest.mark.parametrize(
    "place",
    [None, "here", [1], [1, 2, 3], [math.nan, 1], [math.inf, 1], [-1, 5], [5, 513], [True, 1]],
)
def test_a_point_that_is_no_place_in_the_picture_is_named(place):
    error = refused({**usual(), "chin": place})
    assert (error.reason, error.params["point"]) == ("points_number", "chin")


def test_what_is_not_asked_for_is_ignored():
    assert check_points({**usual(), "ear": "left"}).shape == (26, 2)


@pytest.mark.parametrize(
    ("point", "place"),
    [("mouth_left", [400, 306]), ("chin", [256, 100]), ("left_iris", [300, 215])],
)
def test_a_face_that_is_inside_out_is_refused(point, place):
    error = refused({**usual(), point: place})
    assert error.reason == "points_order"
    assert point in (error.params["point"], error.params["than"])


@given(
    st.dictionaries(
        st.sampled_from(FACE_POINTS),
        st.one_of(
            st.none(), st.text(max_size=3),
            st.lists(st.floats(allow_nan=True, width=32), min_size=0, max_size=3),
        ),
    )
)  # fmt: skip
def test_wild_points_are_kept_or_refused_by_name(changes):
    try:
        found = check_points({**usual(), **changes})
    except InvalidInput as error:
        assert error.params["point"] in FACE_POINTS
    else:
        assert (found >= 0).all()
        assert (found <= 512).all()
