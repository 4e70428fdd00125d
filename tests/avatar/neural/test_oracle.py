"""What is shown when: the frame's number and its sound's level are read back from the picture."""

import itertools
import threading
from dataclasses import replace

import anyio
import av
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from modules.avatar.framing import TAIL_FRAMES
from modules.avatar.neural.path import DISSOLVE
from modules.avatar.neural.quiet import AHEAD, BEHIND
from modules.conversation.speaking import show
from modules.media.encoder import Encoder
from modules.media.export import write_mp4
from modules.messages import FRAME_SAMPLES, Persona, Speech, TurnRequest
from tests.avatar.conftest import cut, pictures, play, silence, spoken
from tests.avatar.neural.oracle import (
    ABOVE,
    OracleEngine,
    level_of,
    prepared,
    read,
    unpacked,
)
from tests.scripted import residency


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    made = OracleEngine()
    made.load()
    made.face = prepared(made, tmp_path_factory.mktemp("face"))
    yield made
    made.close()


def request(face, reply=1):
    return TurnRequest(
        reply, "", persona=Persona(avatar=face.id), portrait=face,
        engines={"avatar": ("oracle",)}, live=False,
    )  # fmt: skip


def seen(frames):
    """What each frame shows: (the reply's frame, level, index painted, session), or None; and the
    avatar's own frame."""
    mouths = [read(frame) for frame in frames]
    own = [unpacked(read(frame, ABOVE))["index"] for frame in frames]
    return [unpacked(value) if value is not None else None for value in mouths], own


def decoded(path, batches=()):
    """The pictures in an mp4, which is written first where batches of frames are given."""
    if batches:
        encoder = Encoder(batches[0].reply)
        chunks = [chunk for batch in batches for chunk in encoder.encode(batch)]
        write_mp4([*chunks, *encoder.close()], path)
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def check_file(path, batches):
    """The same as `check`, of what a player decodes."""
    shown = decoded(path, batches)
    assert len(shown) == sum(len(batch.rgb) for batch in batches)
    return check(shown, np.concatenate([batch.speech.samples for batch in batches]))


def check_mouths(frames, sound):
    """Every frame of speech shows its own number, level and avatar; silence the closed mouth."""
    mouths, own = seen(frames)
    levels = [level_of(sound[k * FRAME_SAMPLES :][:FRAME_SAMPLES]) for k in range(len(frames))]
    loud, audible = (np.array(levels) > least for least in (12, 7))
    for k, mouth in enumerate(mouths):
        if loud[k]:
            assert mouth is not None, k
            assert mouth["frame"] == k
            assert abs(mouth["level"] - levels[k]) <= 1
            assert mouth["index"] == own[k]
        near = audible[max(0, k - BEHIND) : k + AHEAD + 1]
        if not near.any():
            assert mouth is None, k
    return mouths, own


def check_way(own):
    """From the idle pose and back to it, with no step that would be seen."""
    assert own[0] == own[-1] == 0
    walked = own[:-DISSOLVE]
    assert max((abs(b - a) for a, b in itertools.pairwise(walked)), default=0) <= 2


def check(frames, sound):
    """What a whole reply shows."""
    mouths, own = check_mouths(frames, sound)
    check_way(own)
    return mouths, own


def test_every_frame_shows_its_own_sound_across_pieces_clauses_and_batches(engine, tmp_path):
    stream = engine.open(request(engine.face))
    a, b = cut(spoken(1.5), 20_001)
    batches = play(
        stream, a, b, silence(0.9), spoken(0.7, clause=1, seed=2), silence(0.3, clause=1),
        spoken(2.0, clause=2, seed=3, last=True),
    )  # fmt: skip
    sound = np.concatenate([batch.speech.samples for batch in batches])
    mouths, _ = check(pictures(batches), sound)
    assert sum(mouth is None for mouth in mouths) >= 10
    assert {batch.clause for batch in batches} == {0, 1, 2}
    assert check_file(tmp_path / "clauses.mp4", batches)[0] == mouths


@settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))
@given(
    lengths=st.lists(st.integers(1, 30_000), min_size=1, max_size=6),
    quiet=st.lists(st.booleans(), min_size=6, max_size=6),
)
@example(lengths=[882], quiet=[False] * 6)
@example(lengths=[20_000, 900, 5_000, 14_000], quiet=[True, False, True, False, True, False])
def test_however_speech_is_cut_nothing_is_lost_or_shown_twice(engine, lengths, quiet):
    stream = engine.open(request(engine.face))
    pieces = []
    for k, (length, silent) in enumerate(zip(lengths, quiet, strict=False)):
        made = silence if silent else spoken
        piece = made(length / 22_050, clause=k, last=k == len(lengths) - 1)
        # The shapes of so short a piece would be its rest alone, under which a mouth stays closed.
        pieces.append(piece if length > 6_000 else replace(piece, visemes=()))
    batches = play(stream, *pieces)
    sound = np.concatenate([batch.speech.samples for batch in batches])
    expected = np.concatenate([piece.samples for piece in pieces])
    assert np.array_equal(sound[: len(expected)], expected)
    assert len(sound) == (-(-len(expected) // FRAME_SAMPLES) + TAIL_FRAMES) * FRAME_SAMPLES
    assert [b.first for b in batches if len(b.rgb)] == list(
        np.cumsum([0, *[len(b.rgb) for b in batches if len(b.rgb)]])[:-1]
    )
    check(pictures(batches), sound)


@pytest.mark.anyio
async def test_the_decoded_file_shows_every_frame_at_its_place(engine, tmp_path):
    speech = spoken(4.0, reply=0, last=True)
    samples = speech.samples.copy()
    samples[40_000:62_000] = 0
    speech = Speech(0, 0, samples, (), last=True)
    chunks = await show(request(engine.face, reply=0), residency(engine), speech)
    path = write_mp4(chunks, tmp_path / "shown.mp4")
    check(decoded(path), np.concatenate([samples, np.zeros(20 * FRAME_SAMPLES, np.float32)]))


def test_sessions_share_batches_and_none_shows_anothers_face_or_sound(engine, tmp_path):
    results, painted = {}, len(engine.oracle.painted)
    gate = threading.Barrier(6)

    def one(number):
        stream = engine.open(request(engine.face, reply=number))
        gate.wait()
        results[number] = play(stream, spoken(1.6, reply=number, seed=number, last=True))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sessions = []
    for number, batches in results.items():
        mouths, _ = check_file(tmp_path / f"{number}.mp4", batches)
        sessions.append({mouth["session"] for mouth in mouths if mouth})
    assert all(len(own) == 1 for own in sessions)
    assert len(set.union(*sessions)) == 6
    shared = [runs for runs in engine.oracle.painted[painted:] if len(runs) > 1]
    assert shared
    assert len(engine.oracle.threads - {threading.main_thread().ident}) == 1


def test_after_an_interruption_nothing_old_is_shown_and_numbers_begin_anew(engine, tmp_path):
    stream = engine.open(request(engine.face))
    steps = stream.process(spoken(3.0))
    first = next(steps)
    anyio.run(stream.clear)
    assert list(steps) == []
    after = play(
        stream, spoken(1.2, clause=1, seed=5), silence(0.6, clause=1),
        spoken(0.8, clause=2, seed=6, last=True),
    )  # fmt: skip
    assert after[0].first == len(first.rgb)
    shown = decoded(tmp_path / "interrupted.mp4", [first, *after])
    assert len(shown) == len(first.rgb) + sum(len(batch.rgb) for batch in after)
    cut_off, answer = shown[: len(first.rgb)], shown[len(first.rgb) :]
    _, before = check_mouths(cut_off, first.speech.samples)
    mouths, own = check_mouths(answer, np.concatenate([batch.speech.samples for batch in after]))
    check_way([*before, *own])
    assert mouths[0]["frame"] == 0
    ears = [{mouth["session"] for mouth in part if mouth} for part in (seen(cut_off)[0], mouths)]
    assert all(len(each) == 1 for each in ears)
    assert ears[0] != ears[1]  # what was heard before is not heard on


def test_a_mouth_that_is_open_in_the_clip_is_painted_closed_in_silence(tmp_path):
    engine = OracleEngine()
    engine.load()
    face = prepared(engine, tmp_path, closed=False)
    stream = engine.open(request(face))
    batches = play(stream, spoken(0.6), silence(1.0), spoken(0.4, last=True))
    mouths, _ = seen(pictures(batches))
    assert all(mouths)
    resting = mouths[15 + BEHIND + 1 : 40 - AHEAD - 1]
    assert len(resting) > 10
    assert {mouth["level"] for mouth in resting} == {0}
    engine.close()


def test_a_painter_of_whole_frames_pastes_itself(tmp_path):
    class Whole(OracleEngine):
        def make(self):
            crops = self.oracle._painted
            self.oracle.whole = True
            self.oracle._painted = lambda run: np.stack(
                [np.full((512, 512, 3), 7 + int(crop.any()), np.uint8) for crop in crops(run)]
            )
            return self.oracle

    engine = Whole()
    engine.load()
    stream = engine.open(request(prepared(engine, tmp_path)))
    frames = pictures(play(stream, spoken(0.8, last=True)))
    assert (frames[2:15] == 8).all()
    assert seen(frames[-3:])[1][-1] == 0
    engine.close()
