"""Lips that a sound closes are seen to close: from the voice through to the pictures of the rig."""

from __future__ import annotations

import random

import numpy as np
import pytest

from benchmarks.mouth_material import SENTENCES, said, spoiled, uneven
from benchmarks.stock_voices import stock_file
from benchmarks.visemes import touching
from modules.avatar.rig.rig import Rig
from modules.avatar.specification import load_persona
from modules.messages import (
    FPS,
    SPEECH_RATE,
    Clause,
    EmotionLabel,
    Speech,
    TurnRequest,
    Viseme,
)
from modules.tts import ENGINES
from modules.tts.align import visemes_of

TEXT = "mẹ mua bốn bó hoa hồng, ông bà bảo tôi đem về phòng."
REACH_S = 0.04
TOUCHING = 0.06


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    ENGINES[-1].make().load()


def spoken(rate: float, feeling: EmotionLabel) -> Speech:
    stream = ENGINES[-1].make().open(TurnRequest(1, "", rate=rate, expression=feeling))
    (piece,) = stream.process(Clause(1, 0, TEXT, TEXT, True))
    return piece


def least_open(opened: list[float], viseme: Viseme) -> float:
    first = int(np.ceil((viseme.start / SPEECH_RATE - REACH_S) * FPS - 0.5))
    last = int(np.floor((viseme.end / SPEECH_RATE + REACH_S) * FPS - 0.5))
    return min(opened[max(0, first) : last + 1])


@pytest.mark.parametrize("rate", [0.75, 1.0, 1.35])
@pytest.mark.parametrize("feeling", ["Other", "Enjoyment", "Surprise"])
def test_every_closure_of_a_voice_is_seen_in_its_pictures(
    rate: float, feeling: EmotionLabel
) -> None:
    speech = spoken(rate, feeling)
    rig = Rig(load_persona("linh"), "linh", 1, feeling)
    rig.hear(speech, 0)
    frames = -(-len(speech.samples) * FPS // SPEECH_RATE)
    opened = [rig.pose(frame).mouth.open for frame in range(frames)]
    closures = [v for v in speech.visemes if v.shape == "closed"]
    assert len(closures) == 10
    assert all(least_open(opened, viseme) < TOUCHING for viseme in closures)
    assert max(opened) > 0.3


@pytest.mark.parametrize("voice", ["f3", "klatt2"])
@pytest.mark.parametrize("noisy", [False, True])
def test_with_its_words_every_closure_of_a_recording_is_seen(voice: str, noisy: bool) -> None:
    rng = random.Random(3)
    for text in SENTENCES[:3]:
        known = said(uneven(text, rng), stock_file(voice, wide=True))
        samples = spoiled(known.samples, rng) if noisy else known.samples
        drawn = touching(visemes_of(samples, SPEECH_RATE, text), len(samples))
        opened = [0.0 if shut else 1.0 for shut in drawn]
        assert all(least_open(opened, v) == 0 for v in known.visemes if v.shape == "closed")
        assert sum(drawn) < 0.5 * len(drawn)


def test_the_sound_alone_tells_most_closures_and_invents_few() -> None:
    rng, hits, wrong, shut = random.Random(8), [], 0, 0
    for text, voice in zip(SENTENCES[:4], ("f3", "m5", "f4", "klatt2"), strict=True):
        known = said(uneven(text, rng), stock_file(voice, wide=True))
        drawn = touching(visemes_of(known.samples, SPEECH_RATE), len(known.samples))
        opened = [0.0 if each else 1.0 for each in drawn]
        hits += [least_open(opened, v) == 0 for v in known.visemes if v.shape == "closed"]
        truth = touching(known.visemes, len(known.samples))
        near = np.convolve(truth, np.ones(5), "same") > 0
        wrong += sum(each and not close for each, close in zip(drawn, near, strict=True))
        shut += sum(drawn)
    assert sum(hits) > 0.75 * len(hits)
    assert wrong < 0.35 * shut
