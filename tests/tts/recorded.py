"""A network that is as if somebody had been recorded: espeak at rest, with no feeling of its own.

What the path of the neural engines makes of it is known from what espeak itself makes of a feeling.
"""

from __future__ import annotations

from collections.abc import Callable

from modules.messages import SPEECH_RATE
from modules.tts.neural import Reading
from modules.tts.neural_voices import NeuralVoice
from modules.tts.phrases import Phrase
from modules.tts.prosody import PROSODY
from modules.tts.speaker import Speaker
from modules.tts.voices import VOICES


class Recorded:
    """One of espeak's voices; `paced` says whether it keeps the pace itself, as VITS does, and
    `timed` whether it knows its phonemes.
    """

    def __init__(self, voice: str, *, paced: bool = True, timed: bool = True) -> None:
        self._voice = next(each for each in VOICES if each.id == voice)
        self._paced, self._timed = paced, timed

    def read(
        self, phrase: Phrase, voice: NeuralVoice, pace: float, stopped: Callable[[], bool]
    ) -> Reading:
        kept = pace if self._paced else 1.0
        speaker = Speaker(self._voice, PROSODY["Other"], rate=kept)
        said = speaker.say(Phrase(phrase.text, "."))
        phonemes = said.phonemes if self._timed else ()
        return Reading(said.samples, SPEECH_RATE, phonemes, kept)
