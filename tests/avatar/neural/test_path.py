import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.avatar.neural.path import DISSOLVE, Path


@given(
    count=st.integers(1, 400),
    loops=st.booleans(),
    before=st.integers(0, 900),
    frames=st.integers(1, 300),
)
def test_every_reply_ends_at_home_and_no_step_is_longer_than_two_frames(
    count, loops, before, frames
):
    path = Path(count, loops=loops)
    first, _ = path.take(before)
    path.end(frames)
    last, fades = path.take(frames)
    assert len(last) == frames
    steps = np.abs(np.diff(np.concatenate([first, last])))
    if loops:
        steps = np.minimum(steps, count - steps)
    assert steps.max(initial=0) <= 2
    assert (np.concatenate([first, last]) < count).all()
    home = last[-1] == 0
    assert home or fades[-1] == 1
    assert fades.max() == 0 or not home


def test_a_clip_is_walked_there_and_back_and_a_loop_round_and_round():
    there, _ = Path(4, loops=False).take(9)
    around, _ = Path(4, loops=True).take(9)
    assert there.tolist() == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert around.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0]


@pytest.mark.parametrize("loops", [False, True])
def test_with_time_enough_the_way_home_is_walked_at_the_pace_of_life(loops):
    path = Path(100, loops=loops)
    path.take(20)
    path.end(60)
    home, fades = path.take(60)
    steps = [abs(b - a) for a, b in itertools.pairwise([19, *home])]
    assert sum(step == 1 for step in steps) >= 58
    assert home[-1] == 0
    assert not fades.any()


def test_where_home_is_too_far_the_last_frames_are_dissolved():
    path = Path(200, loops=False)
    path.take(150)
    path.end(20)
    home, fades = path.take(20)
    assert home[-1] > 100
    assert fades.tolist() == [0] * (20 - DISSOLVE) + [(k + 1) / DISSOLVE for k in range(DISSOLVE)]


def test_a_reply_that_goes_on_after_all_goes_on_from_where_it_is():
    path = Path(50, loops=False)
    path.take(10)
    path.end(30)
    path.take(3)
    path.forget()
    assert path.take(1)[0][0] in (12, 13)
