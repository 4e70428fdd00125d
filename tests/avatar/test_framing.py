import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.avatar.framing import FIRST_BATCH, LARGEST_BATCH, TAIL_FRAMES, Framer
from modules.errors import EngineFailed
from modules.messages import FRAME_SAMPLES, Speech, SpokenWord, Viseme

lengths = st.lists(st.integers(0, 30_000), min_size=1, max_size=8)


def pieces_of(sizes):
    """Pieces whose samples count up, with a viseme over each and one across its middle."""
    at, pieces = 0, []
    for k, size in enumerate(sizes):
        samples = np.arange(at, at + size, dtype=np.float32) / 1e6
        visemes = (Viseme(0, size // 2, "open"), Viseme(size // 2, size, "closed", 0.5))
        visemes = tuple(v for v in visemes if v.end > v.start)
        # One word reaches over the end of its piece, as one does that is cut by a voice engine.
        words = (SpokenWord(size // 3, size + 500, f"w{k}"),)
        last = k == len(sizes) - 1
        pieces.append(Speech(7, k // 2, samples, visemes, last, words=words))
        at += size
    return pieces


def batches_of(pieces):
    framer = Framer(7)
    out = []
    for piece in pieces:
        framer.take(piece)
        out.append(list(framer.batches()))
    return out


@given(lengths)
def test_every_sample_goes_out_once_then_padding_then_the_tail(sizes):
    pieces = pieces_of(sizes)
    out = np.concatenate([b.samples for batches in batches_of(pieces) for b in batches])
    spoken = np.concatenate([piece.samples for piece in pieces])
    added = len(out) - len(spoken)
    np.testing.assert_array_equal(out[: len(spoken)], spoken)
    assert not out[len(spoken) :].any()
    assert TAIL_FRAMES * FRAME_SAMPLES <= added < (TAIL_FRAMES + 1) * FRAME_SAMPLES


@given(lengths)
def test_every_batch_is_whole_frames_and_none_is_large(sizes):
    for batches in batches_of(pieces_of(sizes)):
        for batch in batches:
            assert len(batch.samples) % FRAME_SAMPLES == 0
            assert 0 < len(batch.samples) <= LARGEST_BATCH * FRAME_SAMPLES


@given(lengths)
def test_less_than_a_frame_is_held_back_before_the_end(sizes):
    framer = Framer(7)
    for piece in pieces_of(sizes):
        framer.take(piece)
        list(framer.batches())
        held = framer.known - framer.given * FRAME_SAMPLES
        assert held == 0 if piece.last else 0 <= held < FRAME_SAMPLES


@given(lengths)
def test_only_the_last_batch_is_marked_last(sizes):
    marks = [b.last for batches in batches_of(pieces_of(sizes)) for b in batches]
    assert marks == [False] * (len(marks) - 1) + [True]


@given(lengths)
def test_visemes_keep_their_place_in_the_reply(sizes):
    pieces = pieces_of(sizes)
    total = sum(sizes)
    wanted = np.zeros(total, np.int8)
    at = 0
    for piece in pieces:
        for v in piece.visemes:
            wanted[at + v.start : at + v.end] = 1 if v.shape == "open" else 2
        at += len(piece.samples)
    found = np.zeros(total, np.int8)
    at = 0
    for batch in (b for batches in batches_of(pieces) for b in batches):
        for v in batch.visemes:
            assert 0 <= v.start < v.end <= len(batch.samples)
            if v.shape != "rest":
                found[at + v.start : at + v.end] = 1 if v.shape == "open" else 2
                assert v.weight == (1.0 if v.shape == "open" else 0.5)
        at += len(batch.samples)
    np.testing.assert_array_equal(found, wanted)


@given(lengths)
def test_words_go_whole_with_the_batch_they_begin_in_and_keep_their_place(sizes):
    batches = [b for batches in batches_of(pieces_of(sizes)) for b in batches]
    at, found = 0, []
    for batch in batches:
        for word in batch.words:
            assert 0 <= word.start < len(batch.samples)
            found.append((at + word.start, at + word.end, word.text))
        at += len(batch.samples)
    starts = [sum(sizes[:k]) for k in range(len(sizes))]
    assert sorted(found) == sorted(
        (start + size // 3, start + size + 500, f"w{k}")
        for k, (start, size) in enumerate(zip(starts, sizes, strict=True))
    )


def test_a_word_that_would_begin_after_the_reply_comes_with_its_last_batch():
    framer = Framer(1)
    word = SpokenWord(10**6, 10**6 + 1, "muộn")
    framer.take(Speech(1, 0, np.zeros(5000, np.float32), last=True, words=(word,)))
    batches = list(framer.batches())
    assert [len(batch.words) for batch in batches] == [0] * (len(batches) - 1) + [1]


def test_the_first_batch_has_eight_frames_and_later_ones_are_even():
    [batches] = batches_of(pieces_of([33 * FRAME_SAMPLES]))
    sizes = [len(batch.samples) // FRAME_SAMPLES for batch in batches]
    assert sizes[0] == FIRST_BATCH == 10
    assert all(6 <= size <= 12 for size in sizes[1:])
    assert sum(sizes) == 33 + TAIL_FRAMES


def test_a_short_first_piece_is_shown_at_once():
    first, second = batches_of(pieces_of([3 * FRAME_SAMPLES + 5, 20 * FRAME_SAMPLES]))
    assert [len(batch.samples) // FRAME_SAMPLES for batch in first] == [3]
    assert len(second[0].samples) // FRAME_SAMPLES > 5


def test_what_is_carried_over_is_named_after_the_clause_that_completes_it():
    first, second = Framer(1), None
    first.take(Speech(1, 0, np.ones(100, np.float32)))
    assert list(first.batches()) == []
    first.take(Speech(1, 1, np.ones(FRAME_SAMPLES, np.float32)))
    [second] = first.batches()
    assert (second.clause, len(second.samples)) == (1, FRAME_SAMPLES)


def test_an_empty_last_piece_ends_the_reply_with_the_tail():
    framer = Framer(1)
    framer.take(Speech(1, 0, np.zeros(0, np.float32), last=True))
    batches = list(framer.batches())
    assert sum(len(batch.samples) for batch in batches) == TAIL_FRAMES * FRAME_SAMPLES


def test_speech_at_another_rate_is_refused():
    with pytest.raises(EngineFailed) as caught:
        Framer(1).take(Speech(1, 0, np.zeros(10, np.float32), rate=16_000))
    assert caught.value.code == "engine_failed.rate"
