"""Speech that is cut and joined keeps every sample, mouth shape and word in its place."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modules.conversation.speech import after, joined, shown
from modules.messages import Speech, SpokenWord, Viseme

sizes = st.lists(st.integers(1, 3000), min_size=1, max_size=6)


def pieces_of(lengths):
    return [
        Speech(
            1,
            k,
            np.full(length, k, np.float32),
            (Viseme(0, length, "open"),),
            words=(SpokenWord(0, length + 50, f"a{k}"), SpokenWord(length // 2, length, f"b{k}")),
        )
        for k, length in enumerate(lengths)
    ]


@given(sizes)
def test_joined_pieces_keep_the_place_of_every_word(lengths):
    whole = joined(pieces_of(lengths))
    assert len(whole.samples) == sum(lengths)
    at = 0
    for k, length in enumerate(lengths):
        first, second = whole.words[2 * k : 2 * k + 2]
        assert (first.start, first.end, first.text) == (at, at + length + 50, f"a{k}")
        assert (second.start, second.end, second.text) == (at + length // 2, at + length, f"b{k}")
        at += length


@given(st.integers(1, 3000), st.integers(0, 3000))
def test_what_follows_a_cut_has_the_words_that_begin_behind_it(length, cut):
    (piece,) = pieces_of([length])
    left = after(piece, cut)
    assert [w.text for w in left.words] == [w.text for w in piece.words if w.start >= cut]
    assert all(w.start >= 0 for w in left.words)


@given(sizes, st.integers(0, 12_000))
def test_what_waits_to_be_shown_has_the_words_that_were_not(lengths, samples):
    pieces = pieces_of(lengths)
    samples = min(samples, sum(lengths))
    waiting = shown(pieces, samples)
    wanted = [w.text for w in joined(pieces).words if w.start >= samples]
    assert [w.text for piece in waiting for w in piece.words] == wanted
