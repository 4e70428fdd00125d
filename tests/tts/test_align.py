"""Visemes of recorded voices: right in time, right in shape, whole for any sound."""

from __future__ import annotations

import itertools
import random
import re

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

import modules.tts
from benchmarks.mouth_material import SENTENCES, Known, curves, said, spoiled, uneven
from benchmarks.stock_voices import stock_file
from modules.errors import EngineUnavailable
from modules.messages import SPEECH_RATE, Viseme
from modules.tts import espeak_library
from modules.tts.align import aligned, visemes_of
from modules.tts.spoken_words import spoken_words


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    espeak_library.load()


@pytest.fixture(scope="module")
def recorded() -> list[tuple[str, Known]]:
    """Held-out sentences in stock voices, each word at a rate of its own."""
    rng = random.Random(11)
    voices = ("f3", "m5", "klatt2")
    return [
        (text, said(uneven(text, rng), stock_file(voice, wide=True)))
        for text, voice in zip(SENTENCES[:3], voices, strict=True)
    ]


def agreement(
    made: tuple[Viseme, ...], known: Known, rate: int = SPEECH_RATE
) -> tuple[float, float]:
    """Correlation of openness and of rounding with the truth."""
    truth = curves(known.visemes, len(known.samples))
    got = curves(made, len(known.samples) * rate // SPEECH_RATE, rate)
    n = min(len(truth), len(got))
    return tuple(float(np.corrcoef(got[:n, k], truth[:n, k])[0, 1]) for k in (0, 2))  # type: ignore[return-value]


def covers(made: tuple[Viseme, ...], total: int) -> None:
    assert (made[0].start, made[-1].end) == (0, total)
    assert all(a.end == b.start for a, b in itertools.pairwise(made))
    assert all(v.start < v.end and 0 <= v.weight <= 1 for v in made)


def test_with_its_words_the_mouth_is_all_but_known(recorded: list[tuple[str, Known]]) -> None:
    for text, known in recorded:
        made = visemes_of(known.samples, SPEECH_RATE, text)
        covers(made, len(known.samples))
        openness, rounding = agreement(made, known)
        assert openness > 0.9, text
        assert rounding > 0.88, text


def test_without_words_the_sound_tells_most(recorded: list[tuple[str, Known]]) -> None:
    for text, known in recorded:
        made = visemes_of(known.samples, SPEECH_RATE)
        covers(made, len(known.samples))
        openness, rounding = agreement(made, known)
        assert openness > 0.7, text
        assert rounding > 0.6, text


def test_noise_and_a_room_do_not_matter_much(recorded: list[tuple[str, Known]]) -> None:
    text, known = recorded[1]
    noisy = spoiled(known.samples, random.Random(4))
    assert agreement(visemes_of(noisy, SPEECH_RATE, text), known)[0] > 0.9


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_any_rate_will_do(recorded: list[tuple[str, Known]], rate: int) -> None:
    text, known = recorded[1]
    samples = soxr.resample(known.samples, SPEECH_RATE, rate)
    made = visemes_of(samples, rate, text)
    covers(made, len(samples))
    assert agreement(made, known, rate)[0] > 0.9


def test_silence_around_and_within_is_rest(recorded: list[tuple[str, Known]]) -> None:
    text, known = recorded[1]
    quiet = np.zeros(SPEECH_RATE, np.float32)
    middle = next(v.end for v in known.visemes[:-1] if v.shape == "rest")
    parts = [quiet, known.samples[:middle], quiet, known.samples[middle:], quiet]
    samples = np.concatenate(parts)
    for made in (visemes_of(samples, SPEECH_RATE, text), visemes_of(samples, SPEECH_RATE)):
        covers(made, len(samples))
        for start in (0, SPEECH_RATE + middle, len(samples) - SPEECH_RATE):
            inner = (start + 0.15 * SPEECH_RATE, start + 0.85 * SPEECH_RATE)
            seen = {v.shape for v in made if v.start < inner[1] and v.end > inner[0]}
            assert seen == {"rest"}


def test_lips_close_where_they_must(recorded: list[tuple[str, Known]]) -> None:
    for text, known in recorded:
        made = visemes_of(known.samples, SPEECH_RATE, text)
        closures = [v for v in made if v.shape == "closed"]
        for truth in (v for v in known.visemes if v.shape == "closed"):
            reach = 0.04 * SPEECH_RATE
            assert any(
                v.start < truth.end + reach and v.end > truth.start - reach for v in closures
            ), text


def test_every_word_is_found_where_it_is_said(recorded: list[tuple[str, Known]]) -> None:
    rng = random.Random(11)
    for (text, known), voice in zip(recorded, ("f3", "m5", "klatt2"), strict=True):
        made = espeak_library.speak(uneven(text, rng), stock_file(voice, wide=True), 180)
        truth = spoken_words(text, made.phonemes)
        found = aligned(known.samples, SPEECH_RATE, text).words
        assert [w.text for w in found] == re.findall(r"\w+", text)
        errors = [abs(a.start - b.start) / SPEECH_RATE for a, b in zip(found, truth, strict=True)]
        assert max(errors) < 0.08 and sorted(errors)[len(errors) // 2] < 0.02
        for a, b in itertools.pairwise(found):
            assert a.start <= a.end and a.start <= b.start


def test_without_a_text_that_fits_there_are_no_words(recorded: list[tuple[str, Known]]) -> None:
    _, known = recorded[1]
    for text in (None, "", SENTENCES[3]):
        assert aligned(known.samples, SPEECH_RATE, text).words == ()


def test_where_espeak_is_missing_the_sound_is_heard(
    recorded: list[tuple[str, Known]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise EngineUnavailable("library_missing", stage="tts", remedy="")

    text, known = recorded[1]
    heard = visemes_of(known.samples, SPEECH_RATE)
    monkeypatch.setattr(espeak_library, "load", missing)
    assert visemes_of(known.samples, SPEECH_RATE, text) == heard


def test_words_that_are_not_said_are_left_aside(recorded: list[tuple[str, Known]]) -> None:
    _, known = recorded[1]
    heard = visemes_of(known.samples, SPEECH_RATE)
    assert visemes_of(known.samples, SPEECH_RATE, SENTENCES[3]) == heard
    assert visemes_of(known.samples, SPEECH_RATE, "một " * 400) == heard
    assert visemes_of(known.samples, SPEECH_RATE, "🙂 ...") == heard
    assert visemes_of(known.samples, SPEECH_RATE, "") == heard


def test_minutes_are_no_problem(recorded: list[tuple[str, Known]]) -> None:
    text, known = recorded[1]
    samples = np.concatenate([known.samples, np.zeros(9000, np.float32)] * 15)
    made = visemes_of(samples, SPEECH_RATE, " ".join([text] * 15))
    covers(made, len(samples))
    # The last repetition is as good as the first: nothing drifts.
    # Every repetition stays where it is said: nothing drifts away.
    length = len(known.samples) + 9000
    agreements = [
        agreement(between(made, start, start + length), known)[0]
        for start in range(0, len(samples), length)
    ]
    assert min(agreements) > 0.85


def between(visemes: tuple[Viseme, ...], start: int, end: int) -> tuple[Viseme, ...]:
    return tuple(
        Viseme(max(start, v.start) - start, min(end, v.end) - start, v.shape, v.weight)
        for v in visemes
        if v.end > start and v.start < end
    )


def test_the_stage_offers_it(recorded: list[tuple[str, Known]]) -> None:
    text, known = recorded[0]
    made = visemes_of(known.samples, SPEECH_RATE, text)
    assert modules.tts.visemes_of(known.samples, SPEECH_RATE, text) == made


@settings(max_examples=25, deadline=None)
@given(
    length=st.integers(0, 9000),
    height=st.sampled_from([0.0, 1e-6, 0.1, 30.0, float("nan")]),
    rate=st.sampled_from([0, 100, 8000, 22050]),
    text=st.sampled_from([None, "", "xin chào bạn", "🙂"]),
)
def test_any_sound_gets_a_mouth(length: int, height: float, rate: int, text: str | None) -> None:
    noise = np.random.default_rng(length).normal(size=length) * height
    made = visemes_of(noise.astype(np.float32), rate, text)
    assert sum(v.end - v.start for v in made) == length
    if made:
        covers(made, length)
    if height == 0.0:
        assert {v.shape for v in made} <= {"rest"}
