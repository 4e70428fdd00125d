import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.avatar.rig.articulation import CHANNELS, Articulation
from modules.avatar.specification import load_persona
from modules.messages import FPS, SPEECH_RATE, Viseme, VisemeShape

SHAPES = VisemeShape.__args__
OPEN, WIDTH, ROUND, TEETH, PRESS = (
    CHANNELS.index(name) for name in ("open", "width", "round", "teeth", "press")
)
FASTEST = np.array([0.62, 0.36, 0.36, 0.50, 0.45, 0.50, 0.30])


def line_of(*shapes_and_seconds):
    at, visemes = 0, []
    for shape, seconds in shapes_and_seconds:
        end = at + round(seconds * SPEECH_RATE)
        visemes.append(Viseme(at, end, shape))
        at = end
    return tuple(visemes)


def mouths(visemes, frames=None, articulation=None):
    articulation = articulation or Articulation(load_persona("linh").visemes)
    articulation.hear(visemes, 0)
    frames = frames or round(visemes[-1].end / SPEECH_RATE * FPS) + 6
    return np.array([articulation.mouth((k + 0.5) / FPS) for k in range(frames)])


timelines = st.lists(
    st.tuples(st.sampled_from(SHAPES), st.floats(0.01, 0.3)), min_size=1, max_size=14
)


@given(timelines)
def test_the_mouth_is_never_faster_than_allowed_and_never_out_of_range(line):
    values = mouths(line_of(*line))
    steps = np.abs(np.diff(values, axis=0, prepend=0))
    assert (steps <= FASTEST + 1e-6).all()
    low = np.where(np.array(CHANNELS) == "width", -1, 0)
    assert ((values >= low - 1e-6) & (values <= 1 + 1e-6)).all()


@given(timelines)
def test_the_mouth_is_exactly_at_rest_soon_after_the_last_sound(line):
    visemes = line_of(*line, ("rest", 0.4))
    values = mouths(visemes)
    np.testing.assert_array_equal(values[-8:], 0)


@given(st.lists(st.integers(0, 60), max_size=3), timelines)
def test_gaps_between_visemes_are_silence(gaps, line):
    visemes = line_of(*line)
    assert mouths(visemes, frames=200)[-1].max() == 0


def test_silence_keeps_the_mouth_still():
    assert not mouths(line_of(("rest", 1.0))).any()


@pytest.mark.parametrize("vowel", ["open", "spread", "round_open", "mid"])
@pytest.mark.parametrize("lasts", [0.06, 0.08, 0.12])
@pytest.mark.parametrize("early", [0.0, 0.01, 0.02, 0.03])
def test_lips_really_meet_for_m_b_p_between_vowels(vowel, lasts, early):
    values = mouths(line_of((vowel, 0.2 + early), ("closed", lasts), (vowel, 0.2)))
    meeting = values[4:9]
    assert meeting[:, OPEN].min() < 0.03
    assert meeting[:, PRESS].max() > 0.6


def test_the_lower_lip_really_meets_the_teeth_for_v():
    values = mouths(line_of(("open", 0.2), ("lip_teeth", 0.08), ("open", 0.2)))
    assert values[:, TEETH].max() > 0.6


@pytest.mark.parametrize("vowel", ["open", "spread_open", "round_open"])
def test_a_vowel_of_normal_length_is_reached(vowel):
    target = load_persona("linh").visemes[vowel]
    values = mouths(line_of(("velar", 0.08), (vowel, 0.16), ("velar", 0.08)))
    assert values[:, OPEN].max() > 0.85 * target.open


def test_the_mouth_moves_before_the_sound():
    values = mouths(line_of(("rest", 0.6), ("round", 0.2)))
    begins = round(0.6 * FPS)
    assert values[begins - 1, ROUND] > 0.15
    assert not values[: begins - 3].any()


def test_k_and_g_take_their_rounding_from_the_vowel_beside_them():
    rounded = mouths(line_of(("velar", 0.1), ("round", 0.2)))
    spread = mouths(line_of(("velar", 0.1), ("spread", 0.2)))
    assert rounded[2, ROUND] > spread[2, ROUND] + 0.3
    assert spread[2, WIDTH] > rounded[2, WIDTH] + 0.3


@pytest.mark.parametrize("vowel", ["round", "round_mid", "round_open"])
def test_lips_that_close_behind_a_round_vowel_stay_rounded(vowel):
    after_round = mouths(line_of((vowel, 0.16), ("closed", 0.12), ("rest", 0.3)))
    after_open = mouths(line_of(("open", 0.16), ("closed", 0.12), ("rest", 0.3)))
    shut = slice(4, 6)
    assert after_round[shut, OPEN].max() < 0.05
    assert after_round[shut, ROUND].min() > 0.22
    assert after_open[shut, ROUND].max() < 0.05
    assert not after_round[-1].any()


def test_a_weak_vowel_opens_less():
    strong, weak = Viseme(0, 6_000, "open"), Viseme(0, 6_000, "open", 0.5)
    assert mouths((weak,))[:, OPEN].max() < 0.7 * mouths((strong,))[:, OPEN].max()


def test_the_last_known_shape_is_held_until_its_end_because_more_may_follow():
    values = mouths(line_of(("open", 0.4)), frames=10)
    assert values[-1, OPEN] > 0.6


def test_a_vowel_that_is_held_slackens_and_never_stands_still():
    held = mouths(line_of(("open", 0.9)), frames=22)[:, OPEN]
    steps = np.diff(held[5:])
    assert (steps < -1e-4).all()
    assert 0.15 < 1 - held[-1] / held.max() < 0.35
    assert np.abs(steps).max() < 0.05


def test_what_is_forgotten_is_not_shown():
    articulation = Articulation(load_persona("linh").visemes)
    mouths(line_of(("open", 2.0)), frames=5, articulation=articulation)
    articulation.forget()
    later = [articulation.mouth((k + 0.5) / FPS) for k in range(5, 12)]
    assert later[-1].max() == 0
