"""A network that reads phrases, made into a base voice: its manner, its level, its mouth."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import soxr

from modules.engines import EngineSpec
from modules.errors import EngineFailed, EngineUnavailable
from modules.messages import SPEECH_RATE, FloatArray, Region, TurnRequest
from modules.tts import align, mastering
from modules.tts.choice import voice_in
from modules.tts.espeak_library import Phoneme
from modules.tts.manner import Manner, manner_of
from modules.tts.neural_voices import NeuralVoice
from modules.tts.phrases import Phrase
from modules.tts.reshaping import moves_pitch, reshaped
from modules.tts.speaker import Spoken
from modules.tts.speaking import SpeakingStream
from modules.tts.spoken_words import spoken_words
from modules.zerogpu import on_zerogpu

_UNHEARD = 0.06
"""Of pace; listeners notice a change of tempo from some 5 % on (Quene 2007)."""
_MOST_S = 60.0
"""A phrase of 30 words never takes as long: what does is a network that babbles."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a network made of a phrase: mono float32 at `rate`, the phonemes where it knows them (in
    samples of the same sound), and how much of the pace that was asked for it has kept itself.
    """

    samples: FloatArray
    rate: int
    phonemes: tuple[Phoneme, ...] = ()
    pace: float = 1.0


class Network(Protocol):
    """A loaded network that reads aloud. Calls may come from several threads."""

    def read(
        self, phrase: Phrase, voice: NeuralVoice, pace: float, stopped: Callable[[], bool]
    ) -> Reading:
        """Return a phrase read by a voice; soon, and with less, once `stopped` says so."""


class NeuralSpeaker:
    """Says phrases with one voice in one manner, all equally loud."""

    def __init__(self, network: Network, voice: NeuralVoice, manner: Manner, engine: str) -> None:
        self._network = network
        self._voice = voice
        self._manner = manner
        self._engine = engine
        self.stopped = threading.Event()

    def pause(self, mark: str) -> int:
        """Return how many samples of silence belong behind a mark."""
        return round(self._manner.pause_s(mark) * SPEECH_RATE)

    def say(self, phrase: Phrase) -> Spoken:
        """Return a phrase from its first sound to its last, levelled and faded.

        Raises `EngineFailed` where the network gives silence, babble or numbers that are none.
        """
        manner = self._manner.asking() if phrase.mark == "?" else self._manner
        read = self._network.read(phrase, self._voice, manner.pace, self.stopped.is_set)
        self._check(read)
        sound = mastering.without_offset(_resampled(read))
        start, stop = mastering.sounding(sound)
        rest = self._left_of_pace(manner, read)
        moved = reshaped(sound[start:stop], manner, pace=rest)
        made = mastering.faded(mastering.levelled(moved, mastering.TARGET_DB + manner.volume_db))
        if not read.phonemes:
            return self._heard(made, phrase.text)
        scale = SPEECH_RATE / read.rate

        def place(at: int) -> int:
            return min(max(0, round((at * scale - start) / rest)), len(made))

        phonemes = tuple(replace(p, start=place(p.start)) for p in read.phonemes)
        return Spoken(made, phonemes, spoken_words(phrase.text, phonemes))

    def _left_of_pace(self, manner: Manner, read: Reading) -> float:
        """Return what is left to do of the pace; a little of it is not worth a vocoder's copy."""
        rest = manner.pace / read.pace
        return rest if moves_pitch(manner) or abs(rest - 1) > _UNHEARD else 1.0

    def _heard(self, made: FloatArray, text: str) -> Spoken:
        region: Region = self._voice.region or "north"
        found = align.aligned(made, SPEECH_RATE, text, region)
        return Spoken(made, (), found.words, found.visemes)

    def _check(self, read: Reading) -> None:
        if not np.isfinite(read.samples).all():
            raise EngineFailed("not_finite", stage="tts", engine=self._engine)
        loudest = float(np.max(np.abs(read.samples), initial=0.0))
        if loudest < 1 / 32768 or len(read.samples) > _MOST_S * read.rate:
            raise EngineFailed("nothing", stage="tts", engine=self._engine)


class NeuralStream(SpeakingStream):
    """The voice, feeling, rate and pitch of one turn; each phrase is handed on when it is made."""

    def __init__(self, speaker: NeuralSpeaker, least_words: int = 1) -> None:
        super().__init__(speaker, piece_s=0.0, least_words=least_words)
        self._speaker = speaker

    def warm_up(self) -> None:
        """Read something that nobody hears: the first time is the slowest."""
        self._speaker.say(Phrase("xin chào", "."))

    async def aclose(self) -> None:
        """Forget everything; a phrase that is being made is given up at its next step."""
        self._speaker.stopped.set()
        await super().aclose()


class NeuralEngine:
    """An engine around a network that reads; a subclass says how it is loaded."""

    least_words = 1
    """Fewer are said in one go with what is beside them."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self._network: Network | None = None

    def load(self) -> None:
        """Load the network and read a word.

        Raises `EngineUnavailable` where a package, the weights or the GPU are missing, and
        `WeightsRejected` for any file but the released one.
        """
        self.spec.require_packages()
        self._network = self.network()
        # On ZeroGPU no kernel may run before a worker has the device.
        if not ("torch" in self.spec.needs and on_zerogpu()):
            self.open(TurnRequest(0, "")).warm_up()

    def network(self) -> Network:
        """Return the loaded network."""
        raise NotImplementedError

    def close(self) -> None:
        """Let the network go."""
        self._network = None

    def open(self, request: TurnRequest) -> NeuralStream:
        """Return a stream with the voice for the request's persona and the reply's feeling."""
        fit = voice_in(self.spec.name, request.persona)
        if self._network is None or fit is None or not isinstance(fit.voice, NeuralVoice):
            raise EngineUnavailable("not_loaded", stage="tts", remedy=self.spec.name)
        speaker = NeuralSpeaker(self._network, fit.voice, manner_of(request), self.spec.name)
        return NeuralStream(speaker, self.least_words)


def kept_pace(frames: FloatArray, pace: float) -> float:
    """Return how much faster than by itself the network was, for durations rounded up to whole
    frames: a sound of `f` frames was to last `f - 1/2` on average, at any pace.
    """
    total = float(np.sum(frames))
    return 1.0 + (pace - 1.0) * (1.0 - len(frames) / (2.0 * total)) if total else pace


def _resampled(read: Reading) -> FloatArray:
    if read.rate == SPEECH_RATE:
        return np.asarray(read.samples, np.float32)
    return np.asarray(soxr.resample(read.samples, read.rate, SPEECH_RATE), np.float32)
