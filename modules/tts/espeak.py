"""The embedded speech engine: espeak-ng, thousands of times faster than speech on one core."""

from __future__ import annotations

from modules.engines import EngineSpec
from modules.messages import TurnRequest
from modules.tts import espeak_library
from modules.tts.phrases import Phrase
from modules.tts.prosody import PROSODY
from modules.tts.speaker import Speaker
from modules.tts.speaking import SpeakingStream
from modules.tts.voices import base_voice

_PIECE_S = 4.0
"""A long clause is handed on whenever this much of it is spoken."""


class EspeakStream(SpeakingStream):
    """The voice, feeling, rate and pitch of one turn."""

    def __init__(self, request: TurnRequest) -> None:
        self._speaker = Speaker(
            base_voice(request.persona),
            PROSODY[request.expression],
            rate=request.rate,
            pitch=request.pitch,
        )
        super().__init__(self._speaker, _PIECE_S)

    def warm_up(self) -> None:
        """Say something that nobody hears."""
        self._speaker.say(Phrase("xin chào", "."))


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
