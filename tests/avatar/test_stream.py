import anyio
import numpy as np
import pytest

from modules.avatar.framing import FIRST_BATCH
from modules.avatar.stream import FaceStream
from modules.engines import Stream
from modules.messages import FRAME_SAMPLES, Speech
from tests.avatar.conftest import play, silence, spoken


class Counting(FaceStream):
    """Draws the number of the frame as a grey."""

    def __init__(self, reply=1):
        super().__init__(reply)
        self.calls = []

    def hear(self, speech, at):
        self.calls.append(("hear", at))

    def end(self, frame, now):
        self.calls.append(("end", frame, now))

    def forget(self):
        self.calls.append(("forget",))

    def draw(self, frame, out):
        self.calls.append(("draw", frame))
        out[:] = frame % 256


def test_a_face_is_a_stream():
    assert isinstance(Counting(), Stream)


def test_frames_are_numbered_without_a_gap_and_carry_their_own_sound():
    batches = play(
        Counting(), spoken(0.7), spoken(1.3, clause=1), spoken(0.33, clause=2, last=True)
    )
    at = 0
    for batch in batches:
        assert batch.first == at
        assert len(batch.speech.samples) == len(batch.rgb) * FRAME_SAMPLES
        assert batch.clause == batch.speech.clause
        assert [picture[0, 0, 0] for picture in batch.rgb] == list(range(at, at + len(batch.rgb)))
        at += len(batch.rgb)


def test_frames_are_new_arrays_that_nobody_can_change():
    one, two = play(Counting(), spoken(0.7))
    assert one.rgb.base is None
    assert not np.shares_memory(one.rgb, two.rgb)
    with pytest.raises(ValueError, match="read-only"):
        one.rgb[:] = 0


def test_a_stream_that_takes_over_counts_on():
    stream = Counting()
    stream.first = 40
    batches = play(stream, spoken(0.5))
    assert batches[0].first == 40
    assert batches[0].rgb[0, 0, 0, 0] == 0


def test_speech_is_heard_before_it_is_drawn_and_the_end_before_the_last_frames():
    stream = Counting()
    play(stream, spoken(0.1), silence(0, last=True))
    kinds = [call[0] for call in stream.calls]
    assert kinds.index("hear") < kinds.index("draw")
    [(_, last, now)] = [call for call in stream.calls if call[0] == "end"]
    drawn = [call[1] for call in stream.calls if call[0] == "draw"]
    assert drawn == list(range(last + 1))
    assert now < last


def test_a_piece_that_is_too_short_for_a_frame_gives_an_empty_batch():
    [batch] = play(Counting(), Speech(1, 0, np.zeros(100, np.float32)))
    assert batch.rgb.shape == (0, 512, 512, 3)
    assert not len(batch.speech.samples)


def test_speech_of_another_reply_is_ignored():
    assert play(Counting(reply=2), spoken(0.5, reply=1)) == []


def test_pushed_speech_is_given_by_iterating_and_the_stream_can_go_on():
    async def run():
        stream = Counting()
        await stream.push(spoken(0.4))
        await stream.push(spoken(0.4, clause=1))
        first = [batch async for batch in stream]
        await stream.push(spoken(0.4, clause=2, last=True))
        return first, [batch async for batch in stream]

    first, second = anyio.run(run)
    assert sum(len(b.rgb) for b in first) == 20
    assert second[-1].speech.last


def test_clear_forgets_what_was_pushed():
    async def run():
        stream = Counting()
        await stream.push(spoken(2))
        await stream.clear()
        return [batch async for batch in stream]

    assert anyio.run(run) == []


def test_clear_stops_a_piece_that_is_half_given_and_nothing_of_it_comes_later():
    async def run():
        stream = Counting()
        await stream.push(spoken(2))
        given = 0
        async for batch in stream:
            given += len(batch.rgb)
            await stream.clear()
        await stream.push(silence(0.4, clause=1))
        later = [batch async for batch in stream]
        return stream, given, later

    stream, given, later = anyio.run(run)
    assert given == FIRST_BATCH
    assert ("forget",) in stream.calls
    assert sum(len(batch.rgb) for batch in later) == 10
    assert later[0].first == FIRST_BATCH
    assert not any(batch.speech.samples.any() for batch in later)


def test_clear_forgets_what_was_carried_over():
    async def run():
        stream = Counting()
        await stream.push(Speech(1, 0, np.ones(FRAME_SAMPLES + 300, np.float32)))
        [_] = [batch async for batch in stream]
        await stream.clear()
        await stream.push(silence(0.04))
        return [batch async for batch in stream]

    [batch] = anyio.run(run)
    assert len(batch.rgb) == 1
    assert not batch.speech.samples.any()


def test_clear_while_a_batch_is_drawn_keeps_that_batch_back():
    class Clearing(Counting):
        def draw(self, frame, out):
            super().draw(frame, out)
            if frame == 3:
                anyio.run(self.clear)

    assert play(Clearing(), spoken(1)) == []


def test_closing_forgets_everything():
    async def run():
        stream = Counting()
        await stream.push(spoken(1))
        await stream.aclose()
        return [batch async for batch in stream]

    assert anyio.run(run) == []
