"""Interrupting the avatar, and not being interrupted by it: rooms with every kind of echo."""

from __future__ import annotations

import numpy as np
import pytest

from modules.asr.echo import EchoGuard, EchoSettings, level_db
from modules.asr.endpointer import Endpointer, Event, SpeechStarted, UtteranceEnded
from modules.asr.vad import FRAME, silero
from modules.messages import LISTEN_RATE, FloatArray
from tests.asr.speech import SENTENCES, silence, speak
from tests.asr.test_endpointer import LOUD, Script, frames_of, frames_until

REPLY = np.concatenate([np.concatenate([speak(s), silence(0.25)]) for s in SENTENCES])
REPLY *= np.float32(0.1 / np.sqrt(np.mean(REPLY**2)))  # -20 dBFS, as replies are mastered
QUESTION = speak("Khoan đã, cho tôi hỏi một chút.", "vi-vn-x-south", 170)


def at_level(sound: FloatArray, decibel: float) -> FloatArray:
    rms = float(np.sqrt(np.mean(sound**2)))
    return (sound * (10 ** (decibel / 20) / rms)).astype(np.float32)


def echo_of(played: FloatArray, decibel: float, delay_s: float) -> FloatArray:
    """What comes back: a direct path and 50 ms of decaying reflections, `decibel` below."""
    rng = np.random.default_rng(3)
    count = LISTEN_RATE // 4
    room = rng.standard_normal(count) * np.exp(-np.arange(count) / (0.05 * LISTEN_RATE))
    room[0] += 3.0
    wet = np.convolve(played, room)[: len(played)]
    late = int(delay_s * LISTEN_RATE)
    wet = np.concatenate([np.zeros(late), wet])[: len(played)]
    return at_level(wet.astype(np.float32), level_db(played) - decibel)


def interruption(
    microphone: FloatArray, *, known: bool = True, played: FloatArray = REPLY
) -> float | None:
    """Return when the avatar was interrupted, in seconds of its reply."""
    hiss = np.random.default_rng(5).normal(0, 10 ** (-65 / 20), len(microphone) + LISTEN_RATE)
    endpointer = Endpointer(silero())
    for frame in frames_of(hiss[:LISTEN_RATE].astype(np.float32)):
        endpointer.push(frame)
    endpointer.playing(True)
    sound = (microphone + hiss[LISTEN_RATE:]).astype(np.float32)
    for index, (heard, out) in enumerate(zip(frames_of(sound), frames_of(played), strict=True)):
        events = endpointer.push(heard, played_db=level_db(out) if known else None)
        if events:
            assert events[0] == SpeechStarted(events[0].at, barge_in=True)  # type: ignore[union-attr]
            return (index + 1) * FRAME / LISTEN_RATE
    return None


def with_question(microphone: FloatArray, decibel: float, at_s: float) -> FloatArray:
    sound, start = microphone.copy(), int(at_s * LISTEN_RATE)
    sound[start : start + len(QUESTION)] += at_level(QUESTION, decibel)
    return sound


@pytest.mark.parametrize("delay_s", [0.0, 0.12, 0.3])
@pytest.mark.parametrize("decibel", [-3, 0, 6, 12, 20, 30, 45])
def test_the_avatar_never_interrupts_itself_when_its_level_is_known(
    decibel: float, delay_s: float
) -> None:
    assert interruption(echo_of(REPLY, decibel, delay_s)) is None


@pytest.mark.parametrize("decibel", [30, 40, 60])
def test_echo_that_the_page_has_cancelled_interrupts_nobody(decibel: float) -> None:
    assert interruption(echo_of(REPLY, decibel, 0.12), known=False) is None


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("level", [-20, -26, -32])
def test_a_user_is_heard_over_cancelled_echo_within_half_a_second(
    level: float, known: bool
) -> None:
    sound = with_question(echo_of(REPLY, 40, 0.12), level, at_s=3.0)
    moment = interruption(sound, known=known)
    assert moment is not None
    assert 3.0 < moment < 3.6


@pytest.mark.parametrize("decibel", [12, 20, 30])
def test_a_user_louder_than_the_echo_is_heard_without_any_cancelling(decibel: float) -> None:
    moment = interruption(with_question(echo_of(REPLY, decibel, 0.12), -20, at_s=3.0))
    assert moment is not None
    assert 3.0 < moment < 3.7


def test_with_headphones_the_first_interruption_already_works() -> None:
    moment = interruption(with_question(np.zeros_like(REPLY), -26, at_s=1.5))
    assert moment is not None
    assert 1.5 < moment < 2.2


def test_the_first_moments_of_playback_are_ignored() -> None:
    endpointer = Endpointer(Script([0.99] * 200))
    endpointer.playing(True)
    # 0.3 s ignored, then 0.32 s of speech.
    assert frames_until(SpeechStarted, endpointer) == 9 + 10


def test_an_interruption_takes_more_than_starting_a_turn() -> None:
    events = attention(0.9, frames=7)
    assert events == []
    assert len(attention(0.9, frames=10)) == 1
    assert attention(0.7, frames=60) == []


def attention(probability: float, frames: int) -> list[Event]:
    """Speak for so many frames while the avatar has been speaking for two seconds."""
    endpointer = Endpointer(Script([0.0] * 62 + [probability] * frames + [0.0] * 10))
    endpointer.playing(True)
    return [event for _ in range(72 + frames) for event in endpointer.push(LOUD)]


def test_an_interruption_keeps_its_first_words() -> None:
    endpointer = Endpointer(Script([0.0] * 62 + [0.95] * 40 + [0.0] * 40))
    endpointer.playing(True)
    events: list[Event] = []
    for _ in range(142):
        new = endpointer.push(LOUD)
        if new and isinstance(new[0], SpeechStarted):
            endpointer.playing(False)  # the avatar falls silent
        events += new
    started, ended = events
    assert started == SpeechStarted(62 * FRAME, barge_in=True)
    assert isinstance(ended, UtteranceEnded)
    assert len(ended.samples) == (6 + 40 + 6) * FRAME


def test_after_playback_a_turn_starts_as_easily_as_before() -> None:
    endpointer = Endpointer(Script([0.0] * 150 + [0.75] * 30))
    endpointer.playing(True)
    for _ in range(100):
        endpointer.push(LOUD)
    endpointer.playing(False)
    for _ in range(50):
        endpointer.push(LOUD)
    events = [event for _ in range(30) for event in endpointer.push(LOUD)]
    assert events == [SpeechStarted(150 * FRAME, barge_in=False)]


def test_what_the_room_is_like_is_learned_and_kept() -> None:
    guard = EchoGuard(EchoSettings())
    played = at_level(LOUD, -20)
    heard = at_level(LOUD, -50)
    for _ in range(100):
        guard.admits(heard, level_db(played))
    assert guard.coupling_db == pytest.approx(-30, abs=1)
    guard.forget_playback()
    assert guard.coupling_db == pytest.approx(-30, abs=1)


def test_a_pause_in_the_reply_teaches_nothing() -> None:
    guard = EchoGuard(EchoSettings())
    for _ in range(200):
        guard.admits(silence(FRAME / LISTEN_RATE), -80.0)
    assert guard.coupling_db == 0.0


def test_levels_are_in_decibels_of_full_scale() -> None:
    assert level_db(np.ones(FRAME, np.float32)) == pytest.approx(0.0)
    assert level_db(LOUD) == pytest.approx(-20.0, abs=0.01)
    assert level_db(np.zeros(FRAME, np.float32)) == -120.0
    assert level_db(np.zeros(0, np.float32)) == -120.0
