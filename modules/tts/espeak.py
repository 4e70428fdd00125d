"""The embedded speech engine: espeak-ng, thousands of times faster than speech on one core."""

from __future__ import annotations

from collections.abc import Iterator

from modules.engines import BlockingStream, EngineSpec
from modules.messages import SPEECH_RATE, Clause, Speech, TurnRequest
from modules.tts import espeak_library
from modules.tts.phrases import Phrase, final_mark, phrases
from modules.tts.prosody import PROSODY
from modules.tts.speaker import Speaker, Spoken, joined, silence
from modules.tts.voices import base_voice

_PIECE_S = 4.0
"""A long clause is handed on whenever this much of it is spoken."""
_UNSPEAKABLE_S = 0.1
"""The least silence that stands for a clause in which there is nothing to say."""


class EspeakStream(BlockingStream[Clause, Speech]):
    """The voice, feeling, rate and pitch of one turn."""

    def __init__(self, request: TurnRequest) -> None:
        super().__init__()
        self._speaker = Speaker(
            base_voice(request.persona),
            PROSODY[request.expression],
            rate=request.rate,
            pitch=request.pitch,
        )

    def warm_up(self) -> None:
        """Say something that nobody hears."""
        self._speaker.say(Phrase("xin chào", "."))

    def process(self, item: Clause) -> Iterator[Speech]:
        """Say a clause; the pause that its punctuation asks for follows it."""
        waiting: list[Spoken] = []
        for spoken in self._spoken(item):
            if sum(len(piece.samples) for piece in waiting) > _PIECE_S * SPEECH_RATE:
                yield _speech(item, waiting, last=False)
                waiting = []
            waiting.append(spoken)
        yield _speech(item, waiting, last=item.last)

    def _spoken(self, clause: Clause) -> Iterator[Spoken]:
        parts = phrases(clause.spoken)
        if not parts:
            mark = final_mark(clause.spoken) or final_mark(clause.text)
            yield silence(max(self._speaker.pause(mark), round(_UNSPEAKABLE_S * SPEECH_RATE)))
        for number, phrase in enumerate(parts, 1):
            # What is read aloud may have lost the punctuation of what is shown.
            mark = phrase.mark or (final_mark(clause.text) if number == len(parts) else "")
            said = self._speaker.say(phrase)
            yield joined([said, silence(self._speaker.pause(mark))])


class EspeakEngine:
    """espeak-ng with the voices of `voices.VOICES`."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec

    def load(self) -> None:
        """Load the library and say a word; raises `EngineUnavailable` where it is missing."""
        espeak_library.load()
        # The dictionary is read at the first word, and the first turn should not wait for it.
        EspeakStream(TurnRequest(0, "")).warm_up()

    def close(self) -> None:
        """Nothing: the library belongs to the process and takes 3 MB."""

    def open(self, request: TurnRequest) -> EspeakStream:
        """Return a stream with the voice of the request's persona and the reply's feeling."""
        return EspeakStream(request)


def _speech(clause: Clause, pieces: list[Spoken], *, last: bool) -> Speech:
    whole = joined(pieces)
    return Speech(
        clause.reply, clause.clause, whole.samples, whole.visemes, last, words=whole.words
    )
