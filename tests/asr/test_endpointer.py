"""When a turn begins and ends, with scripted probabilities and with the real detector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.asr.endpointer import Endpointer, Endpointing, Event, SpeechStarted, UtteranceEnded
from modules.asr.vad import FRAME, silero
from modules.errors import InvalidInput
from modules.messages import LISTEN_RATE, FloatArray
from tests.asr.music import music
from tests.asr.speech import SENTENCES, not_speech, silence, speak

SECOND = LISTEN_RATE / FRAME
LOUD = np.full(FRAME, 0.1, np.float32)


class Script:
    """A detector that says what the test wants."""

    def __init__(self, probabilities: Iterable[float] = ()) -> None:
        self.probabilities = iter(probabilities)
        self.resets = 0

    def __call__(self, frame: FloatArray) -> float:
        return next(self.probabilities, 0.0)

    def reset(self) -> None:
        self.resets += 1

    def whole(self, samples: FloatArray) -> FloatArray:
        raise AssertionError("not used here")


def run(probabilities: list[float], settings: Endpointing | None = None) -> list[Event]:
    endpointer = Endpointer(Script(probabilities), settings)
    return [event for _ in probabilities for event in endpointer.push(LOUD)]


def frames_of(sound: FloatArray) -> Iterator[FloatArray]:
    for start in range(0, len(sound) - FRAME + 1, FRAME):
        yield sound[start : start + FRAME]


def frames_until(kind: type, endpointer: Endpointer) -> int:
    """Push loud frames until such an event comes; return how many it took."""
    count = 1
    while not any(isinstance(event, kind) for event in endpointer.push(LOUD)):
        count += 1
        assert count < 1_000
    return count


def hear(sound: FloatArray, settings: Endpointing | None = None) -> list[Event]:
    endpointer = Endpointer(silero(), settings)
    return [event for frame in frames_of(sound) for event in endpointer.push(frame)]


def test_speech_then_silence_is_one_utterance_with_a_little_around_it() -> None:
    events = run([0.0] * 20 + [0.9] * 30 + [0.0] * 40)
    started, ended = events
    assert started == SpeechStarted(at=20 * FRAME, barge_in=False)
    assert isinstance(ended, UtteranceEnded)
    assert (ended.start, ended.end, ended.reason) == (20 * FRAME, 50 * FRAME, "silence")
    assert len(ended.samples) == (6 + 30 + 6) * FRAME  # 0.2 s before and after


def test_the_start_is_reported_while_the_user_still_speaks() -> None:
    endpointer = Endpointer(Script([0.9] * 30))
    assert frames_until(SpeechStarted, endpointer) == 5  # 0.16 s
    assert endpointer.speaking


def test_a_burst_shorter_than_a_syllable_starts_nothing() -> None:
    assert run([0.0] * 5 + [0.95] * 4 + [0.0] * 60) == []


def test_two_short_bursts_far_apart_do_not_add_up() -> None:
    assert run(([0.95] * 4 + [0.0] * 10) * 5) == []


def test_a_dip_between_two_syllables_does_not_undo_the_start() -> None:
    events = run([0.9] * 3 + [0.1] * 2 + [0.9] * 3 + [0.0] * 40)
    assert [type(event) for event in events] == [SpeechStarted, UtteranceEnded]
    assert events[0] == SpeechStarted(0, barge_in=False)


def test_a_detector_that_is_never_sure_starts_nothing() -> None:
    assert run([0.63] * 100) == []


def test_hysteresis_carries_speech_over_unsure_frames() -> None:
    events = run([0.9] * 10 + [0.4] * 60 + [0.9] * 10 + [0.0] * 40)
    assert [type(event) for event in events] == [SpeechStarted, UtteranceEnded]


def test_silence_once_begun_is_not_stopped_by_unsure_frames() -> None:
    events = run([0.9] * 10 + [0.1] + [0.4] * 60)
    assert [type(event) for event in events] == [SpeechStarted, UtteranceEnded]


@pytest.mark.parametrize("seconds", [0.3, 0.6, 1.2, 2.0])
def test_the_silence_that_ends_a_turn_can_be_chosen(seconds: float) -> None:
    endpointer = Endpointer(Script([0.9] * 20))
    endpointer.set_silence(seconds)
    count = frames_until(UtteranceEnded, endpointer)
    assert (count - 20) / SECOND == pytest.approx(seconds, abs=0.033)


@pytest.mark.parametrize("seconds", [0.0, 0.29, 2.01, float("nan"), float("inf")])
def test_a_silence_out_of_range_is_refused_and_nothing_changes(seconds: float) -> None:
    endpointer = Endpointer(Script())
    with pytest.raises(InvalidInput) as caught:
        endpointer.set_silence(seconds)
    assert caught.value.code == "invalid_input.out_of_range"
    assert caught.value.params == {"field": "end_of_turn_s", "least": 0.3, "most": 2.0}
    assert endpointer.settings.silence_s == 0.6


def test_a_pause_shorter_than_the_chosen_silence_stays_inside() -> None:
    events = run([0.9] * 10 + [0.0] * 15 + [0.9] * 10 + [0.0] * 40)
    ended = events[1]
    assert isinstance(ended, UtteranceEnded)
    assert len(events) == 2
    assert ended.end == 35 * FRAME


def test_an_utterance_without_end_is_cut_at_its_quietest_recent_point_and_goes_on() -> None:
    count = round(70 * SECOND)
    endpointer = Endpointer(Script([0.9] * count))
    quiet = round(57 * SECOND)
    events: list[Event] = []
    for index in range(count):
        loud = LOUD * (0.05 if abs(index - quiet) < 3 else 1.0)
        events += endpointer.push(loud)
    kinds = [type(event) for event in events]
    assert kinds == [SpeechStarted, UtteranceEnded, SpeechStarted]
    ended, again = events[1], events[2]
    assert isinstance(ended, UtteranceEnded)
    assert isinstance(again, SpeechStarted)
    assert ended.reason == "too_long"
    assert ended.end == again.at == pytest.approx(quiet * FRAME, abs=2 * FRAME)
    assert len(ended.samples) / LISTEN_RATE <= 60


def test_no_sample_is_lost_or_heard_twice_where_an_utterance_is_cut() -> None:
    # Each frame holds its own number, so the pieces can be put together again.
    count = round(130 * SECOND)
    endpointer = Endpointer(Script([0.9] * count))
    pieces: list[FloatArray] = []
    for index in range(count):
        for event in endpointer.push(np.full(FRAME, (index + 500) / 20_000, np.float32)):
            if isinstance(event, UtteranceEnded):
                pieces.append(event.samples)
    pieces += [
        e.samples for _ in range(40) for e in endpointer.push(LOUD) if isinstance(e, UtteranceEnded)
    ]
    numbers = np.round(np.concatenate(pieces)[::FRAME] * 20_000 - 500).astype(int)
    assert len(pieces) == 3
    assert list(numbers[:count]) == list(range(count))


@given(st.lists(st.floats(0, 1), max_size=400))
def test_starts_and_ends_alternate_whatever_the_detector_says(probabilities: list[float]) -> None:
    events = run([*probabilities, *[0.0] * 30])
    kinds = [type(event) for event in events]
    assert kinds == [SpeechStarted, UtteranceEnded] * (len(kinds) // 2)
    for started, ended in zip(events[::2], events[1::2], strict=True):
        assert isinstance(started, SpeechStarted)
        assert isinstance(ended, UtteranceEnded)
        assert started.at == ended.start < ended.end
        assert len(ended.samples) >= ended.end - ended.start


# --- push-to-talk -------------------------------------------------------------------------------


def test_all_that_is_held_is_one_utterance_across_long_pauses() -> None:
    endpointer = Endpointer(Script([0.0] * 10 + ([0.9] * 10 + [0.0] * 60) * 3))
    events: list[Event] = [e for _ in range(10) for e in endpointer.push(LOUD)]
    events += endpointer.hold(True)
    events += [e for _ in range(240) for e in endpointer.push(LOUD)]
    events += endpointer.hold(False)
    started, ended = events
    assert started == SpeechStarted(10 * FRAME, barge_in=False)
    assert isinstance(ended, UtteranceEnded)
    assert ended.reason == "released"
    assert (ended.start, ended.end) == (10 * FRAME, 160 * FRAME)


def test_silence_at_both_ends_of_what_is_held_is_trimmed() -> None:
    endpointer = Endpointer(Script([0.0] * 50 + [0.9] * 20 + [0.0] * 50))
    endpointer.hold(True)
    for _ in range(120):
        assert endpointer.push(LOUD) == []
    (ended,) = endpointer.hold(False)
    assert isinstance(ended, UtteranceEnded)
    assert (ended.start, ended.end) == (50 * FRAME, 70 * FRAME)
    assert len(ended.samples) == (6 + 20 + 6) * FRAME


def test_what_was_held_in_silence_still_ends_and_is_kept_whole() -> None:
    endpointer = Endpointer(Script())
    endpointer.hold(True)
    for _ in range(50):
        endpointer.push(LOUD)
    (ended,) = endpointer.hold(False)
    assert isinstance(ended, UtteranceEnded)
    assert len(ended.samples) == 50 * FRAME


def test_a_tap_on_push_to_talk_gives_an_empty_utterance() -> None:
    endpointer = Endpointer(Script())
    assert isinstance(endpointer.hold(True)[0], SpeechStarted)
    (ended,) = endpointer.hold(False)
    assert isinstance(ended, UtteranceEnded)
    assert len(ended.samples) == 0


def test_pressing_or_releasing_twice_says_nothing_new() -> None:
    endpointer = Endpointer(Script())
    assert endpointer.hold(False) == []
    endpointer.hold(True)
    assert endpointer.hold(True) == []
    endpointer.hold(False)
    assert endpointer.hold(False) == []


def test_pressing_while_speaking_keeps_what_was_said_before() -> None:
    endpointer = Endpointer(Script([0.9] * 200))
    for _ in range(20):
        endpointer.push(LOUD)
    assert endpointer.hold(True) == []
    for _ in range(20):
        endpointer.push(LOUD)
    (ended,) = endpointer.hold(False)
    assert isinstance(ended, UtteranceEnded)
    assert ended.start == 0
    assert len(ended.samples) == 40 * FRAME


def test_what_is_held_too_long_is_cut_and_goes_on() -> None:
    count = round(61 * SECOND)
    endpointer = Endpointer(Script([0.9] * count))
    endpointer.hold(True)
    kinds = [type(e) for _ in range(count) for e in endpointer.push(LOUD)]
    assert kinds == [UtteranceEnded, SpeechStarted]
    assert len(endpointer.hold(False)) == 1


# --- bad frames ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [
        b"", b"\0", bytes(1_023), bytes(1_025), bytes(1_024 * 60), bytes(10_000_000),
        np.zeros(511, np.float32), np.zeros((2, 256), np.float32), np.zeros(0, np.int16),
        np.zeros(FRAME, np.float64), np.zeros(FRAME, np.uint8), np.zeros(FRAME, np.complex64),
        np.full(FRAME, np.nan, np.float32), np.full(FRAME, np.inf, np.float32),
    ],
    ids=lambda f: f"{type(f).__name__}-{len(f)}-{getattr(f, 'dtype', '')}",
)  # fmt: skip
def test_a_malformed_frame_is_refused_and_leaves_no_trace(frame: bytes) -> None:
    endpointer = Endpointer(Script([0.9] * 200))
    for _ in range(4):
        endpointer.push(LOUD)
    with pytest.raises(InvalidInput) as caught:
        endpointer.push(frame)
    assert caught.value.params["field"] == "audio"
    assert endpointer.push(LOUD) == [SpeechStarted(0, barge_in=False)]


@given(st.binary(max_size=3_000))
def test_bytes_of_any_length_are_heard_or_refused(data: bytes) -> None:
    endpointer = Endpointer(Script())
    if len(data) == 2 * FRAME:
        assert endpointer.push(data) == []
    else:
        with pytest.raises(InvalidInput):
            endpointer.push(data)


def test_bytes_and_floats_of_the_same_sound_are_the_same() -> None:
    sound = np.concatenate([silence(0.5), speak(SENTENCES[0]), silence(1.0)])
    whole = (sound * 32_767).astype("<i2")
    by_bytes = Endpointer(silero())
    by_integers = Endpointer(silero())
    for frame in frames_of(whole):
        first, second = by_bytes.push(frame.tobytes()), by_integers.push(frame)
        assert [type(e) for e in first] == [type(e) for e in second]
    assert not by_bytes.speaking


def test_clearing_forgets_what_was_said_and_the_detectors_state() -> None:
    script = Script([0.9] * 10 + [0.0] * 100)
    endpointer = Endpointer(script)
    for _ in range(10):
        endpointer.push(LOUD)
    endpointer.clear()
    assert script.resets == 1
    assert not endpointer.speaking
    assert [e for _ in range(60) for e in endpointer.push(LOUD)] == []


def test_the_open_utterance_can_be_looked_at_while_it_grows() -> None:
    endpointer = Endpointer(Script([0.9] * 40 + [0.0] * 100))
    assert (endpointer.open_frames, len(endpointer.open_sound())) == (0, 0)
    frames_until(SpeechStarted, endpointer)
    begun = endpointer.open_frames
    for _ in range(10):
        endpointer.push(LOUD)
    assert endpointer.open_frames == begun + 10
    assert len(endpointer.open_sound()) == (begun + 10) * FRAME
    assert endpointer.quiet_frames == 0
    for _ in range(30):
        endpointer.push(LOUD)
    assert 0 < endpointer.quiet_frames < 0.6 * SECOND
    frames_until(UtteranceEnded, endpointer)
    assert (endpointer.open_frames, endpointer.quiet_frames) == (0, 0)


def test_an_open_microphone_in_a_silent_room_keeps_no_sound() -> None:
    endpointer = Endpointer(Script())
    for _ in range(5_000):
        endpointer.push(LOUD)
    assert len(endpointer._frames) < 2 * SECOND


# --- the real detector --------------------------------------------------------------------------


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("voice", ["vi", "vi-vn-x-central", "vi-vn-x-south"])
def test_a_sentence_starts_and_ends_one_turn_in_the_right_place(text: str, voice: str) -> None:
    speech = speak(text, voice)
    for level in (1.0, 0.1):
        sound = np.concatenate([silence(1.0), level * speech, silence(1.2)])
        started, ended = hear(sound)
        assert isinstance(started, SpeechStarted)
        assert isinstance(ended, UtteranceEnded)
        assert ended.start / LISTEN_RATE == pytest.approx(1.0, abs=0.1)
        assert ended.end / LISTEN_RATE == pytest.approx(1.0 + len(speech) / LISTEN_RATE, abs=0.1)


def test_noise_behind_a_sentence_does_not_move_its_ends() -> None:
    speech = speak(SENTENCES[2])
    noise = np.random.default_rng(1)
    # In loud noise the last syllable fades out late, by how much differs between processors.
    for decibel, within_s in ((30, 0.15), (20, 0.15), (10, 0.35)):
        sound = np.concatenate([silence(1.0), speech, silence(1.2)])
        rms = float(np.sqrt(np.mean(speech**2))) * 10 ** (-decibel / 20)
        sound = sound + noise.normal(0, rms, len(sound)).astype(np.float32)
        ended = hear(sound)[1]
        assert isinstance(ended, UtteranceEnded)
        assert ended.start / LISTEN_RATE == pytest.approx(1.0, abs=0.1), decibel
        assert ended.end / LISTEN_RATE == pytest.approx(
            1.0 + len(speech) / LISTEN_RATE, abs=within_s
        ), decibel


@pytest.mark.parametrize("word", ["Dạ.", "Ừ.", "Có.", "Không."])
def test_an_answer_of_one_syllable_is_heard(word: str) -> None:
    events = hear(np.concatenate([silence(0.7), speak(word), silence(1.2)]))
    assert [type(event) for event in events] == [SpeechStarted, UtteranceEnded]


def test_two_sentences_with_a_long_pause_are_two_turns() -> None:
    sound = np.concatenate(
        [silence(0.5), speak(SENTENCES[0]), silence(1.0), speak(SENTENCES[1]), silence(1.0)]
    )
    assert len(hear(sound)) == 4
    patient = Endpointing(silence_s=2.0)
    assert len(hear(np.concatenate([sound, silence(1.5)]), patient)) == 2


def test_nothing_that_is_not_speech_starts_a_turn() -> None:
    clips = {**dict(not_speech()), **dict(music())}
    assert len(clips) >= 200
    assert [name for name, sound in clips.items() if hear(sound.astype(np.float32))] == []
