import itertools

import numpy as np
import pytest

from modules.avatar import STATES, idle_loop, poster
from modules.avatar.framing import TAIL_FRAMES
from modules.avatar.rig.blinks import LIDS
from modules.avatar.rig.loops import FRAMES
from modules.messages import EMOTIONS
from tests.avatar.conftest import change, cut, pictures, play, request_for, silence, spoken

MOUTH = np.s_[275:335, 215:297]
EYES = np.s_[188:222, 185:327]


def opened(drawn, **what):
    return drawn.open(request_for(**what))


@pytest.fixture(scope="module")
def sentence(drawn):
    """Three seconds of speech in two clauses, the second in two pieces that cut a frame."""
    first = spoken(1.3)
    second, third = cut(spoken(1.7, clause=1, last=True, seed=2), 17_777)
    return pictures(play(opened(drawn), first, second, third))


def test_a_reply_begins_in_the_idle_pose_and_ends_in_it_exactly(sentence):
    idle = poster("linh").astype(np.int16)
    assert np.abs(sentence[0] - idle).mean() < 0.6
    np.testing.assert_array_equal(sentence[-1], idle)


def test_no_frame_jumps_not_even_where_clauses_and_pieces_meet(sentence):
    changes = change(sentence)
    assert changes.max() < 3.0
    border = round(1.3 * 25)
    assert changes[border - 3 : border + 3].max() < 2.0


def test_the_face_is_never_frozen_while_it_speaks(sentence):
    assert change(sentence[20:-TAIL_FRAMES]).min() > 0.02


def test_the_mouth_moves_with_speech_and_is_still_in_silence(drawn):
    talking = pictures(play(opened(drawn), spoken(2)))
    silent = pictures(play(opened(drawn), silence(2)))
    moving = change(talking[(slice(None), *MOUTH)])
    resting = change(silent[(slice(None), *MOUTH)])
    assert np.median(moving) > 4 * np.median(resting)
    assert resting.max() < 1.2


def test_the_mouth_is_shut_after_the_words(drawn):
    frames = pictures(play(opened(drawn), spoken(1), silence(1, clause=1, last=True)))
    shut = pictures(play(opened(drawn), silence(2, last=True)))
    inside = np.s_[292:300, 250:262]
    # Inside an open mouth it is dark or white; a shut one is lips at the same place all along.
    for frame in range(32, 50):
        difference = frames[frame].astype(np.int16)[inside] - shut[frame][inside]
        assert np.abs(difference).mean() < 12


def test_the_same_reply_is_drawn_the_same_and_another_differs(drawn):
    one, same, other = (
        pictures(play(opened(drawn, reply=reply), silence(2.4, reply=reply))) for reply in (5, 5, 6)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one[-1].astype(np.int16) - other[-1]).mean() > 0.3


def test_cutting_speech_elsewhere_changes_next_to_nothing(drawn):
    whole = pictures(play(opened(drawn), spoken(1.6, last=True)))
    pieces = pictures(play(opened(drawn), *cut(spoken(1.6, last=True), 20_000)))
    assert np.abs(whole.astype(np.int16) - pieces).mean() < 0.6


def test_two_streams_at_once_do_not_disturb_each_other(drawn):
    pieces = [(spoken(0.5, reply=reply, seed=reply), spoken(0.8, reply=reply)) for reply in (1, 2)]
    alone = [pictures(play(opened(drawn, reply=reply), *pieces[reply - 1])) for reply in (1, 2)]
    streams = [opened(drawn, reply=reply) for reply in (1, 2)]

    def run(k):
        for piece in pieces[k]:
            yield from streams[k].process(piece)

    running = [run(0), run(1)]
    together = [[], []]
    for _ in range(40):
        for k in (0, 1):
            together[k] += [batch for batch in [next(running[k], None)] if batch]
    for k in (0, 1):
        np.testing.assert_array_equal(pictures(together[k]), alone[k])


def test_an_unknown_avatar_is_the_default_one(drawn):
    known, unknown, path = (
        pictures(play(opened(drawn, avatar=name), silence(0.4)))
        for name in ("linh", "nobody", "../personas/linh")
    )
    np.testing.assert_array_equal(known, unknown)
    np.testing.assert_array_equal(known, path)


@pytest.mark.parametrize("feeling", [each for each in EMOTIONS if each != "Other"])
def test_every_feeling_shows_and_is_gone_at_the_end(drawn, feeling):
    calm = pictures(play(opened(drawn), silence(1.2)))[-1].astype(np.int16)
    felt = pictures(play(opened(drawn, expression=feeling), silence(1.2)))
    assert np.abs(felt[-1] - calm)[150:320, 170:340].mean() > 1.2
    whole = pictures(play(opened(drawn, expression=feeling), silence(1.2, last=True)))
    np.testing.assert_array_equal(whole[-1], poster("linh"))
    assert change(whole).max() < 3.0


def test_a_blink_shuts_both_eyes(drawn):
    batches = play(opened(drawn, reply=3), silence(6, reply=3))
    eyes = pictures(batches)[(slice(None), *EYES)].astype(np.int16)
    # The irises are the darkest thing there: shut lids hide them on both sides.
    dark = (eyes.max(axis=3) < 70).sum(axis=1)
    left, right = dark[:, :70].sum(axis=1), dark[:, -70:].sum(axis=1)
    shut = (left < 0.3 * left[0]) & (right < 0.3 * right[0])
    runs = np.flatnonzero(np.diff(np.concatenate([[0], shut.astype(int), [0]])) == 1)
    assert len(runs) >= 1
    assert 2 <= shut.sum() / len(runs) < len(LIDS)


@pytest.mark.parametrize("state", STATES)
def test_a_loop_is_seamless_and_starts_as_the_poster(drawn, state):
    loop = np.stack(list(idle_loop("linh", state)))
    np.testing.assert_array_equal(loop[0], poster("linh"))
    changes = change(np.concatenate([loop, loop[:1]]))
    assert len(loop) == FRAMES
    assert changes.max() < 2.9
    assert changes[-1] < 0.4
    assert change(loop[:, 400:]).mean() > 0.01  # it breathes


def test_listening_and_thinking_look_unlike_idling_and_each_other(drawn):
    middle = {
        state: np.mean([*itertools.islice(idle_loop("linh", state), 40, 120, 4)], axis=0)
        for state in STATES
    }
    for one, other in itertools.combinations(STATES, 2):
        face = np.abs(middle[one] - middle[other])[150:320, 170:340]
        assert face.mean() > 3, (one, other)


def test_frames_after_clear_go_on_from_where_the_face_is(drawn):
    import anyio

    stream = opened(drawn)
    before = play(stream, spoken(1))
    anyio.run(stream.clear)
    after = play(stream, silence(0.4))
    joint = np.concatenate([before[-1].rgb[-1:], after[0].rgb])
    assert change(joint).max() < 2.5
