"""How it was said is a hint beside what was said."""

import numpy as np
import pytest

from modules.emotion import Baseline, classify, hinted, measure
from modules.emotion.voice import FEWEST, Manner
from modules.messages import LISTEN_RATE, FloatArray, Mood

TEXT = "hôm nay mình đi học về muộn quá trời"
USUAL = Manner(4.5, -26.0, 8.0)


def spoken(hz: float = 150.0, level: float = 0.05, seconds: float = 2.0) -> FloatArray:
    """Return something like a voice: harmonics of a wavering F0, with syllables in it."""
    time = np.arange(round(seconds * LISTEN_RATE)) / LISTEN_RATE
    phase = 2 * np.pi * np.cumsum(hz * (1 + 0.02 * np.sin(2 * np.pi * 3 * time))) / LISTEN_RATE
    tone = sum(np.sin(n * phase) / n for n in range(1, 12))
    loud = 0.6 + 0.4 * np.sin(2 * np.pi * 4.5 * time)
    return np.asarray(level * tone * loud, np.float32)


def after(*usual: Manner) -> Baseline:
    baseline = Baseline()
    for each in usual:
        baseline.take(each)
    return baseline


@pytest.mark.parametrize("hz", [90.0, 150.0, 240.0, 330.0])
def test_pitch_is_measured_in_semitones_above_100_hz(hz: float) -> None:
    manner = measure(spoken(hz), TEXT)
    assert manner is not None
    assert manner.pitch == pytest.approx(12 * np.log2(hz / 100), abs=0.5)


def test_pace_and_level_are_measured() -> None:
    slow, fast = measure(spoken(seconds=4.0), TEXT), measure(spoken(seconds=2.0), TEXT)
    loud = measure(spoken(level=0.1), TEXT)
    assert slow and fast and loud
    assert fast.pace == pytest.approx(2 * slow.pace, rel=0.1)
    assert loud.level - fast.level == pytest.approx(6.0, abs=0.2)


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(100), np.zeros(32_000)])
def test_silence_says_nothing(samples: FloatArray) -> None:
    assert measure(samples.astype(np.float32), TEXT) is None


def test_noise_has_no_pitch_and_says_nothing() -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, 32_000).astype(np.float32)
    assert measure(noise, TEXT) is None


def test_the_first_utterances_give_no_hint() -> None:
    baseline = Baseline()
    assert all(baseline.take(USUAL) == {} for _ in range(FEWEST))
    assert baseline.take(USUAL) != {}


def test_the_same_as_always_shifts_nothing() -> None:
    assert after(*[USUAL] * 6).take(USUAL)["arousal"] == 0


def test_faster_louder_and_higher_than_usual_is_aroused_and_the_opposite_is_not() -> None:
    assert after(*[USUAL] * 6).take(Manner(6.5, -18.0, 12.0))["arousal"] > 0.5
    assert after(*[USUAL] * 6).take(Manner(3.0, -34.0, 5.0))["arousal"] < -0.5


def test_one_outlier_does_not_move_what_is_usual() -> None:
    assert after(*[USUAL] * 6, Manner(9.0, -3.0, 20.0)).take(USUAL)["arousal"] == 0


def test_a_loud_voice_raises_anger_and_a_low_one_sadness() -> None:
    mood = classify("bực mình ghê mà cũng buồn nữa")
    up, down = hinted(mood, {"arousal": 1.0}), hinted(mood, {"arousal": -1.0})
    assert up.scores["Anger"] > mood.scores["Anger"] > down.scores["Anger"]
    assert down.scores["Sadness"] > mood.scores["Sadness"]
    assert sum(up.scores.values()) == pytest.approx(1)
    assert up.voice == {"arousal": 1.0}


@pytest.mark.parametrize("arousal", [-1.0, 1.0])
def test_the_voice_alone_makes_no_feeling(arousal: float) -> None:
    assert hinted(classify("cuộc họp lúc tám giờ"), {"arousal": arousal}).label == "Other"
    assert hinted(classify("mình vui quá"), {"arousal": arousal}).label == "Enjoyment"
    assert hinted(Mood(1), {"arousal": arousal}).label == "Other"
