"""Tones stay apart and feelings differ, measured on the sound."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from benchmarks.tones import f0, spoken, tone_distances
from modules.messages import EMOTIONS, SPEECH_RATE, EmotionLabel
from modules.tts import espeak_library, mastering
from modules.tts.phrases import Phrase
from modules.tts.prosody import PROSODY
from modules.tts.speaker import Speaker
from modules.tts.voices import VOICES, Voice

# Two contours that start as one and part evenly by 3 semitones, the least difference of movement
# that counts in communication ('t Hart 1981), are this far apart, RMS over the whole contour.
LEAST_SEMITONES = 3 / 3**0.5
TIMBRES = VOICES[:7]
TWO = (("m", "a"), ("l", "an"))


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    espeak_library.load()


@pytest.mark.parametrize("voice", TIMBRES, ids=lambda voice: voice.id)
def test_no_two_tones_merge_under_any_feeling(voice: Voice) -> None:
    for emotion in EMOTIONS:
        distances = tone_distances(voice, emotion, TWO)
        assert min(distances.values()) >= LEAST_SEMITONES, (emotion, distances)


@pytest.mark.parametrize("voice", VOICES[7::3], ids=lambda voice: voice.id)
def test_no_two_tones_merge_in_any_accent(voice: Voice) -> None:
    distances = tone_distances(voice, "Sadness", TWO)
    assert min(distances.values()) >= LEAST_SEMITONES, distances


@cache
def figures(emotion: EmotionLabel) -> tuple[float, float, float]:
    """Length in seconds, F0 in semitones, level in dB."""
    samples = spoken(VOICES[0], emotion)
    found = f0(samples, VOICES[0].timbre.level_hz)
    return (
        len(samples) / SPEECH_RATE,
        float(12 * np.log2(np.median(found[found > 0]))),
        mastering.level_db(samples),
    )


def test_feelings_sound_as_their_prosody_says() -> None:
    seconds, pitch, level = figures("Other")
    for emotion in EMOTIONS:
        asked, got = PROSODY[emotion], figures(emotion)
        # Pauses shrink and grow by themselves: the rate shows within a tenth.
        assert got[0] / seconds == pytest.approx(1 / asked.rate, rel=0.1), emotion
        assert got[1] - pitch == pytest.approx(asked.pitch, abs=0.6), emotion
        assert got[2] - level == pytest.approx(asked.volume, abs=1.0), emotion


def test_each_two_feelings_differ_in_something_one_hears() -> None:
    measured = {emotion: figures(emotion) for emotion in EMOTIONS}
    for a in EMOTIONS:
        for b in EMOTIONS:
            if a < b:
                seconds, pitch, level = (
                    abs(x - y) for x, y in zip(measured[a], measured[b], strict=True)
                )
                tempo = seconds / min(measured[a][0], measured[b][0])
                assert tempo > 0.05 or pitch > 0.5 or level > 1.0, (a, b)


def test_a_question_is_higher_and_keeps_its_tones() -> None:
    speaker = Speaker(VOICES[0], PROSODY["Other"])
    level = VOICES[0].timbre.level_hz
    for words in ("anh có khỏe không", "chị mới mua nhà", "em đã về chưa"):
        told, asked = (f0(speaker.say(Phrase(words, mark)).samples, level) for mark in (".", "?"))
        n = min(len(told), len(asked))
        both = (told[:n] > 0) & (asked[:n] > 0)
        rise = 12 * np.log2(asked[:n][both] / told[:n][both])
        third = len(rise) // 3
        assert np.median(rise[:third]) == pytest.approx(0.8, abs=0.3)
        assert np.median(rise[-third:]) > 1.2
