"""The path that every network's voice takes: manner, pitch, pace, level, mouth."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from modules.errors import EngineFailed
from modules.messages import EMOTIONS, SPEECH_RATE, EmotionLabel, TurnRequest
from modules.tts import mastering
from modules.tts.manner import Manner, manner_of
from modules.tts.neural import NeuralSpeaker, Reading, kept_pace
from modules.tts.neural_voices import NEURAL_VOICES
from modules.tts.phrases import Phrase
from modules.tts.prosody import PROSODY
from modules.tts.reshaping import brightened, reshaped
from modules.tts.speaker import Speaker, joined, silence
from modules.tts.viseme_table import SHAPES
from modules.tts.voices import VOICES
from tests.tts.recorded import Recorded

WOMAN = VOICES[0]
SECONDS = 0.4
SENTENCE = Phrase("mẹ mua một bó hoa hồng màu đỏ", ".")


def hum(hertz: float, seconds: float = SECONDS, harmonics: int = 8) -> np.ndarray:
    time = np.arange(round(seconds * SPEECH_RATE)) / SPEECH_RATE
    parts = [np.sin(2 * np.pi * k * hertz * time) / k for k in range(1, harmonics + 1)]
    return (0.1 * np.sum(parts, axis=0)).astype(np.float32)


def pitch_of(samples: np.ndarray) -> float:
    """By autocorrelation, so that no mistake of WORLD's is made twice."""
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4].astype(np.float64)
    wave = np.correlate(middle, middle, "full")[len(middle) - 1 :]
    low, high = SPEECH_RATE // 500, SPEECH_RATE // 50
    return SPEECH_RATE / (low + int(np.argmax(wave[low:high])))


def level(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples))))


# --- manner -------------------------------------------------------------------------------------


def test_without_a_feeling_nothing_is_changed() -> None:
    assert manner_of(TurnRequest(0, "")) == Manner()


@pytest.mark.parametrize("emotion", [e for e in EMOTIONS if e != "Other"])
def test_every_feeling_changes_rate_pitch_and_energy(emotion: EmotionLabel) -> None:
    manner = manner_of(TurnRequest(0, "", expression=emotion))
    assert abs(manner.pace - 1) > 0.02
    assert abs(manner.semitones) >= 0.9
    assert abs(manner.volume_db) >= 0.5
    assert manner.spread >= 1.0  # tones come no closer than the voice has them


def test_the_users_rate_and_pitch_come_on_top_and_stay_within_bounds() -> None:
    manner = manner_of(TurnRequest(0, "", rate=9.0, pitch=-20.0))
    assert (manner.pace, manner.semitones) == (2.0, -6.0)
    assert manner.pause_s(".") < Manner().pause_s(".")


# --- reshaping ----------------------------------------------------------------------------------


def test_what_is_not_to_change_is_not_touched() -> None:
    samples = hum(200.0)
    assert reshaped(samples, Manner(pace=1.3, volume_db=3.0)) is samples


@pytest.mark.parametrize("semitones", [-6.0, -2.0, 3.2, 6.0])
@pytest.mark.parametrize("hertz", [95.0, 210.0])
def test_pitch_moves_by_what_is_asked(hertz: float, semitones: float) -> None:
    made = reshaped(hum(hertz), Manner(semitones=semitones))
    assert pitch_of(made) == pytest.approx(hertz * 2 ** (semitones / 12), rel=0.02)
    assert len(made) == round(SECONDS * SPEECH_RATE)


@pytest.mark.parametrize("pace", [0.5, 0.8, 1.25, 2.0])
def test_pace_moves_the_length_and_not_the_pitch(pace: float) -> None:
    made = reshaped(hum(180.0), Manner(), pace=pace)
    assert len(made) == pytest.approx(SECONDS * SPEECH_RATE / pace, abs=1)
    assert pitch_of(made) == pytest.approx(180.0, rel=0.02)


def test_spread_draws_high_and_low_apart_around_the_middle() -> None:
    samples = np.concatenate([hum(160.0), hum(200.0), hum(250.0)])
    made = reshaped(samples, Manner(spread=1.25))
    low, middle, high = (pitch_of(part) for part in np.array_split(made, 3))
    assert middle == pytest.approx(200.0, rel=0.02)
    assert low == pytest.approx(200 * (160 / 200) ** 1.25, rel=0.02)
    assert high == pytest.approx(200 * (250 / 200) ** 1.25, rel=0.02)


@pytest.mark.parametrize("gain", [-3.0, 3.0])
def test_brightness_lifts_what_is_above_two_kilohertz(gain: float) -> None:
    low, high = hum(220.0, harmonics=1), hum(6000.0, harmonics=1)
    assert level(brightened(low, gain)) - level(low) == pytest.approx(0, abs=0.3)
    assert level(brightened(high, gain)) - level(high) == pytest.approx(gain, abs=0.3)


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(5), np.zeros(3000), np.ones(700)])
def test_odd_sounds_are_reshaped_without_harm(samples: np.ndarray) -> None:
    made = reshaped(samples.astype(np.float32), Manner(semitones=3.0, brightness_db=2.0), pace=1.2)
    assert np.isfinite(made).all() and made.dtype == np.float32


# --- the speaker --------------------------------------------------------------------------------


def speaker(
    emotion: EmotionLabel = "Other", *, paced: bool = True, timed: bool = True
) -> NeuralSpeaker:
    network = Recorded(WOMAN.id, paced=paced, timed=timed)
    manner = manner_of(TurnRequest(0, "", expression=emotion))
    return NeuralSpeaker(network, NEURAL_VOICES[0], manner, "recorded")


@pytest.mark.parametrize("paced", [True, False])
@pytest.mark.parametrize("emotion", ["Other", "Sadness", "Fear"])
def test_words_and_mouth_fall_where_espeak_itself_puts_them(
    emotion: EmotionLabel, paced: bool
) -> None:
    truth = Speaker(WOMAN, PROSODY[emotion]).say(SENTENCE)
    made = speaker(emotion, paced=paced).say(SENTENCE)
    assert len(made.samples) == pytest.approx(len(truth.samples), rel=0.05)
    stretched = len(made.samples) / len(truth.samples)
    for ours, theirs in zip(made.words, truth.words, strict=True):
        assert ours.text == theirs.text
        assert abs(ours.start - theirs.start * stretched) < 0.04 * SPEECH_RATE
    closed = [[v.start for v in s.visemes if v.shape == "closed"] for s in (made, truth)]
    assert len(closed[0]) == len(closed[1])
    for here, there in zip(*closed, strict=True):
        assert abs(here - there * stretched) < 0.05 * SPEECH_RATE


def test_without_durations_the_mouth_is_found_by_alignment() -> None:
    truth = Speaker(WOMAN, PROSODY["Other"]).say(SENTENCE)
    made = speaker(timed=False).say(SENTENCE)
    assert made.shapes and not made.phonemes
    assert [word.text for word in made.words] == [word.text for word in truth.words]

    def openness(visemes: object) -> np.ndarray:
        out = np.zeros(len(truth.samples) // 220 + 2)
        for v in visemes:  # type: ignore[attr-defined]
            out[v.start // 220 : v.end // 220 + 1] = SHAPES[v.shape].open * v.weight
        return out

    agree = np.corrcoef(openness(made.visemes), openness(truth.visemes))[0, 1]
    assert agree > 0.8


def test_pieces_heard_and_pieces_known_are_joined_into_one_mouth() -> None:
    heard, known = speaker(timed=False).say(SENTENCE), speaker().say(SENTENCE)
    whole = joined([heard, silence(2000), known])
    shapes = whole.visemes
    assert shapes[0].start == 0 and shapes[-1].end == len(whole.samples)
    assert all(a.end == b.start for a, b in itertools.pairwise(shapes))
    assert len(whole.words) == 2 * len(known.words)


def test_the_pace_that_rounding_to_frames_takes_away_is_known() -> None:
    random = np.random.default_rng(3)
    meant = random.uniform(0.5, 9.0, 4000)
    for pace in (0.7, 1.03, 1.12, 1.6):
        frames = np.ceil(meant / pace)
        assert kept_pace(frames, pace) == pytest.approx(
            np.ceil(meant).sum() / frames.sum(), rel=0.01
        )
    assert kept_pace(np.zeros(3), 1.2) == 1.2


def test_a_little_of_the_pace_is_no_reason_for_a_copy() -> None:
    class Paced(Recorded):
        def read(self, *given: object) -> Reading:
            return replace(super().read(*given), pace=1.28)  # type: ignore[arg-type]

    manner = Manner(pace=1.3)
    made = NeuralSpeaker(Paced(WOMAN.id), NEURAL_VOICES[0], manner, "paced").say(SENTENCE)
    plain = Recorded(WOMAN.id).read(SENTENCE, NEURAL_VOICES[0], 1.3, lambda: False)
    assert len(made.samples) == pytest.approx(len(plain.samples), rel=0.01)


def test_a_question_lies_higher() -> None:
    calm, asked = (speaker().say(Phrase("anh khỏe không", mark)).samples for mark in ".?")
    assert pitch_of(asked) > 1.02 * pitch_of(calm)


class Broken:
    """A network that gives what it is told to."""

    def __init__(self, samples: np.ndarray) -> None:
        self.samples = samples

    def read(self, *_: object) -> Reading:
        return Reading(self.samples.astype(np.float32), SPEECH_RATE)


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (np.zeros(0), "nothing"),
        (np.zeros(9000), "nothing"),
        (np.full(9000, 1 / 70_000), "nothing"),  # less than the last of 16 bits
        (np.full(9000, np.nan), "not_finite"),
        (np.array([0.1, np.inf, -np.inf]), "not_finite"),
        (np.full(61 * SPEECH_RATE, 0.1), "nothing"),  # a minute of babble
    ],
)
def test_a_network_that_gives_no_speech_hands_over_to_the_next_engine(
    samples: np.ndarray, why: str
) -> None:
    made = NeuralSpeaker(Broken(samples), NEURAL_VOICES[0], Manner(), "broken")
    with pytest.raises(EngineFailed, match=why):
        made.say(SENTENCE)


@pytest.mark.parametrize("height", [40.0, 1.0, 1 / 32768 * 3])
def test_full_scale_and_the_last_bits_are_both_speech(height: float) -> None:
    wave = np.sign(hum(150.0, 0.5)) * height  # as hard as a clipped recording
    made = NeuralSpeaker(Broken(wave), NEURAL_VOICES[0], Manner(), "broken").say(SENTENCE).samples
    assert np.isfinite(made).all() and 0 < np.abs(made).max() <= mastering.CEILING
