"""Cutting and joining speech without losing a sample or a mouth shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modules.messages import SPEECH_RATE, Speech, SpokenWord, Viseme


def silence(reply: int, clause: int, seconds: float, *, last: bool = False) -> Speech:
    """Return silence with a resting mouth."""
    samples = np.zeros(round(seconds * SPEECH_RATE), np.float32)
    visemes = (Viseme(0, len(samples), "rest"),) if len(samples) else ()
    return Speech(reply, clause, samples, visemes, last)


def after(speech: Speech, start: int) -> Speech:
    """Return what follows sample `start`, with its visemes and words counted from there.

    A word that began before belongs to what came before.
    """
    visemes = tuple(
        replace(v, start=max(0, v.start - start), end=v.end - start)
        for v in speech.visemes
        if v.end > start
    )
    words = tuple(
        replace(w, start=w.start - start, end=w.end - start)
        for w in speech.words
        if w.start >= start
    )
    return replace(speech, samples=speech.samples[start:], visemes=visemes, words=words)


def joined(pieces: list[Speech]) -> Speech:
    """Return pieces that follow one another as one speech, named after the last of them."""
    visemes: list[Viseme] = []
    words: list[SpokenWord] = []
    offset = 0
    for piece in pieces:
        words += [replace(w, start=w.start + offset, end=w.end + offset) for w in piece.words]
        visemes += [replace(v, start=v.start + offset, end=v.end + offset) for v in piece.visemes]
        offset += len(piece.samples)
    samples = np.concatenate([piece.samples for piece in pieces])
    return replace(pieces[-1], samples=samples, visemes=tuple(visemes), words=tuple(words))


def unplayed(speech: Speech, given: list[Speech]) -> Speech | None:
    """Return what is left of `speech` after the pieces that were given of it, if anything."""
    played = sum(len(piece.samples) for piece in given)
    return after(speech, played) if played < len(speech.samples) else None


def shown(waiting: list[Speech], samples: int) -> list[Speech]:
    """Return what still waits to be shown after `samples` more were."""
    while waiting and samples >= len(waiting[0].samples):
        samples -= len(waiting[0].samples)
        waiting = waiting[1:]
    return [after(waiting[0], samples), *waiting[1:]] if waiting and samples else waiting
