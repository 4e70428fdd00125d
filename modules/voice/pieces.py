"""How a speech is handed on while the rest of it is still being converted."""

from __future__ import annotations

from dataclasses import replace

from modules.messages import FRAME_SAMPLES, FloatArray, Speech, SpokenWord, Viseme

FIRST_PIECE = 16 * FRAME_SAMPLES
"""0.64 s: enough to play while the next piece is made."""
NEXT_PIECE = 40 * FRAME_SAMPLES
_SHORTEST_LAST = 10 * FRAME_SAMPLES


def piece_ends(length: int, second: int = NEXT_PIECE) -> list[int]:
    """Return where the pieces of a speech end: the first soon, no scrap at the end.

    The second piece is `second` samples long: shorter where it is made while little is ahead.
    """
    ends, end, step = [], FIRST_PIECE, second
    while end <= length - _SHORTEST_LAST:
        ends.append(end)
        end, step = end + step, NEXT_PIECE
    return [*ends, length]


def visemes_between(visemes: tuple[Viseme, ...], begin: int, end: int) -> tuple[Viseme, ...]:
    """Return the visemes of samples `begin` to `end`, counted from `begin` and cut at its edges."""
    return tuple(
        replace(viseme, start=max(viseme.start, begin) - begin, end=min(viseme.end, end) - begin)
        for viseme in visemes
        if viseme.start < end and viseme.end > begin
    )


def words_between(words: tuple[SpokenWord, ...], begin: int, end: float) -> tuple[SpokenWord, ...]:
    """Return the words that begin in samples `begin` to `end`, whole, counted from `begin`."""
    return tuple(
        replace(word, start=word.start - begin, end=word.end - begin)
        for word in words
        if begin <= word.start < end
    )


def piece_of(item: Speech, samples: FloatArray, begin: int, end: int) -> Speech:
    """Return samples `begin` to `end` of a speech, converted, with the words and visemes there."""
    final = end == len(item.samples)
    return replace(
        item,
        samples=samples,
        visemes=visemes_between(item.visemes, begin, end),
        words=words_between(item.words, begin, float("inf") if final else end),
        last=item.last and final,
    )
