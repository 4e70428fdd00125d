"""One base voice with one way of speaking: text in, finished sound and its phonemes out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from modules.messages import SPEECH_RATE, FloatArray, SpokenWord, Viseme
from modules.tts import espeak_library, mastering
from modules.tts.espeak_library import Phoneme
from modules.tts.phrases import Phrase, respelled
from modules.tts.prosody import (
    QUESTION_LAST_WORD,
    QUESTION_PITCH,
    WORDS_PER_MINUTE,
    Prosody,
    pause_s,
)
from modules.tts.spoken_words import spoken_words
from modules.tts.visemes import visemes
from modules.tts.voices import Voice, voice_file


@dataclass(frozen=True, slots=True)
class Spoken:
    """Finished sound (mono float32 at `SPEECH_RATE`), phonemes and words, in its samples."""

    samples: FloatArray
    phonemes: tuple[Phoneme, ...]
    words: tuple[SpokenWord, ...] = ()
    shapes: tuple[Viseme, ...] = ()
    """Mouth shapes that were heard in the sound, where nobody could say its phonemes."""

    @property
    def visemes(self) -> tuple[Viseme, ...]:
        """The mouth shapes that belong to the sound."""
        return self.shapes or visemes(self.phonemes, self.samples, SPEECH_RATE)


class Speaker:
    """Says phrases, all equally loud; `rate` and `pitch` (semitones) come on top of the prosody."""

    def __init__(
        self, voice: Voice, prosody: Prosody, *, rate: float = 1.0, pitch: float = 0.0
    ) -> None:
        self._voice = voice
        self._prosody = prosody
        self._rate = min(2.0, max(0.5, rate))
        self._pitch = min(6.0, max(-6.0, pitch))

    def pause(self, mark: str) -> int:
        """Return how many samples of silence belong behind a mark."""
        seconds = pause_s(mark) * self._prosody.pause / (self._prosody.rate * self._rate)
        return round(seconds * SPEECH_RATE)

    def say(self, phrase: Phrase) -> Spoken:
        """Return a phrase from its first sound to its last, levelled and faded."""
        raw = self._raw(phrase)
        wanted = mastering.TARGET_DB + self._prosody.volume
        return replace(raw, samples=mastering.faded(mastering.levelled(raw.samples, wanted)))

    def _raw(self, phrase: Phrase) -> Spoken:
        """Return a phrase trimmed, unsteady as a human voice is, but as loud as espeak made it."""
        question = phrase.mark == "?"
        text = respelled(phrase.text, self._voice.region)
        made = espeak_library.speak(
            _raised(text) if question else text,
            self._file(question),
            WORDS_PER_MINUTE * self._prosody.rate * self._voice.timbre.pace * self._rate,
        )
        steady = mastering.without_offset(made.samples)
        start, stop = mastering.sounding(steady)
        samples = mastering.with_flutter(steady[start:stop], self._voice.timbre.flutter)
        phonemes = tuple(
            replace(phoneme, start=min(max(0, phoneme.start - start), len(samples)))
            for phoneme in made.phonemes
        )
        return Spoken(samples, phonemes, spoken_words(phrase.text, phonemes))

    def _file(self, question: bool) -> str:
        return voice_file(
            self._voice,
            semitones=self._prosody.pitch + self._pitch + (QUESTION_PITCH if question else 0.0),
            pitch_range=self._prosody.range,
            brightness_db=self._prosody.brightness,
        )


def _raised(text: str) -> str:
    """Return the text of a question with espeak's command for a higher last word."""
    before, _, last = text.rpartition(" ")
    if last.startswith("["):  # phonemes: a command in front of them would be read out
        return text
    return f"{before} \x01+{QUESTION_LAST_WORD}P{last}".lstrip()


def silence(samples: int) -> Spoken:
    """Return silence of that many samples."""
    return Spoken(np.zeros(samples, np.float32), ())


def joined(pieces: list[Spoken]) -> Spoken:
    """Return pieces one after another as one."""
    offset = 0
    phonemes: list[Phoneme] = []
    words: list[SpokenWord] = []
    shapes: list[Viseme] = []
    heard = any(piece.shapes for piece in pieces)
    for piece in pieces:
        if heard:
            shapes += [
                replace(v, start=v.start + offset, end=v.end + offset) for v in piece.visemes
            ]
        # The unnamed phoneme closes the piece's last word: what follows it is a pause.
        end = Phoneme(offset + len(piece.samples), "", "")
        phonemes += [replace(p, start=p.start + offset) for p in piece.phonemes]
        if piece.phonemes:
            phonemes.append(end)
        words += [replace(w, start=w.start + offset, end=w.end + offset) for w in piece.words]
        offset += len(piece.samples)
    samples = np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in pieces)])
    return Spoken(samples, tuple(phonemes), tuple(words), tuple(shapes))
