"""From clauses to speech, whoever speaks: phrase by phrase, with the pauses that marks ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from modules.engines import BlockingStream
from modules.messages import SPEECH_RATE, Clause, Speech
from modules.tts.phrases import Phrase, final_mark, phrases
from modules.tts.speaker import Spoken, joined, silence

_UNSPEAKABLE_S = 0.1
"""The least silence that stands for a clause in which there is nothing to say."""


class Talker(Protocol):
    """Somebody who says phrases in one manner."""

    def say(self, phrase: Phrase) -> Spoken:
        """Return a phrase from its first sound to its last."""

    def pause(self, mark: str) -> int:
        """Return how many samples of silence belong behind a mark."""


class SpeakingStream(BlockingStream[Clause, Speech]):
    """The voice, feeling, rate and pitch of one turn.

    A clause is handed on whenever `piece_s` seconds of it are spoken: 0 after every phrase.
    """

    def __init__(self, talker: Talker, piece_s: float) -> None:
        super().__init__()
        self._talker = talker
        self._piece = piece_s * SPEECH_RATE

    def process(self, item: Clause) -> Iterator[Speech]:
        """Say a clause; the pause that its punctuation asks for follows it."""
        parts = phrases(item.spoken)
        if not parts:
            mark = final_mark(item.spoken) or final_mark(item.text)
            length = max(self._talker.pause(mark), round(_UNSPEAKABLE_S * SPEECH_RATE))
            yield _speech(item, [silence(length)], last=item.last)
            return
        waiting: list[Spoken] = []
        for number, phrase in enumerate(parts, 1):
            closing = number == len(parts)
            # What is read aloud may have lost the punctuation of what is shown.
            mark = phrase.mark or (final_mark(item.text) if closing else "")
            said = self._talker.say(Phrase(phrase.text, mark))
            waiting.append(joined([said, silence(self._talker.pause(mark))]))
            if closing or sum(len(piece.samples) for piece in waiting) > self._piece:
                yield _speech(item, waiting, last=closing and item.last)
                waiting = []


def _speech(clause: Clause, pieces: list[Spoken], *, last: bool) -> Speech:
    whole = joined(pieces)
    return Speech(
        clause.reply, clause.clause, whole.samples, whole.visemes, last, words=whole.words
    )
