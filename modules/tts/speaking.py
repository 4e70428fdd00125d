"""From clauses to speech, whoever speaks: phrase by phrase, with the pauses that marks ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

    A clause is handed on whenever `piece_s` seconds of it are spoken: 0 after every phrase. Phrases
    of fewer than `least_words` are said in one go with the next, or the last one.
    """

    def __init__(self, talker: Talker, piece_s: float, least_words: int = 1) -> None:
        super().__init__()
        self._talker = talker
        self._piece = piece_s * SPEECH_RATE
        self._least_words = least_words

    def process(self, item: Clause) -> Iterator[Speech]:
        """Say a clause; the pause that its punctuation asks for follows it."""
        parts = gathered(phrases(item.spoken), self._least_words)
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


def gathered(parts: Sequence[Phrase], least_words: int) -> list[Phrase]:
    """Return phrases in which those of fewer words are joined to the next, or else to the last; the
    mark between them stays in the text.
    """
    made: list[Phrase] = []
    for part in parts:
        if made and len(made[-1].text.split()) < least_words:
            made[-1] = _together(made[-1], part)
        else:
            made.append(part)
    if len(made) > 1 and len(made[-1].text.split()) < least_words:
        made[-2:] = [_together(made[-2], made[-1])]
    return made


def _together(first: Phrase, second: Phrase) -> Phrase:
    return Phrase(f"{first.text}{first.mark or ','} {second.text}", second.mark)


def _speech(clause: Clause, pieces: list[Spoken], *, last: bool) -> Speech:
    whole = joined(pieces)
    return Speech(
        clause.reply, clause.clause, whole.samples, whole.visemes, last, words=whole.words
    )
