"""From an utterance to a transcript: what every recogniser of this stage has in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from modules.asr.guards import Guards
from modules.asr.pieces import Piece, pieces
from modules.asr.punctuation import punctuate
from modules.asr.vad import VoiceActivity, speech_regions
from modules.engines import BlockingStream
from modules.messages import LISTEN_RATE, FloatArray, Transcript, Utterance, Word

TOKENS_PER_S, LEAST_TOKENS, MOST_TOKENS = 25, 20, 440
"""Whisper spends two to three tokens on a Vietnamese syllable, and nobody speaks ten a second; its
decoder has room for 448, the prompt included. The limit bounds what a loop can cost."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a network made of one piece: lower-case text, and how sure it was.

    `no_speech` is the probability that nobody spoke, `confidence` the mean log probability of a
    token; word times are in seconds of the piece.
    """

    text: str
    no_speech: float
    confidence: float
    words: tuple[Word, ...] = ()


class Recogniser(Protocol):
    """A network that hears one piece of at most 30 s, mono float32 at 16 kHz."""

    def __call__(self, samples: FloatArray, /) -> Heard:  # noqa: D102
        ...


def most_tokens(samples: int) -> int:
    """Return how many tokens so many samples of speech can hold."""
    return min(MOST_TOKENS, LEAST_TOKENS + TOKENS_PER_S * samples // LISTEN_RATE)


class HearingStream(BlockingStream[Utterance, Transcript]):
    """Utterances in, transcripts out; no session state but the queue."""

    def __init__(
        self,
        recognise: Recogniser,
        voice: VoiceActivity,
        guards: Guards,
        quick: Recogniser | None = None,
    ) -> None:
        super().__init__()
        self._recognise, self._voice, self._guards = recognise, voice, guards
        self._quick = quick or recognise

    def process(self, item: Utterance) -> Iterator[Transcript]:
        """Recognise an utterance of any length; the last transcript is final.

        Silence never reaches the network. A long recording gives what was heard so far after each
        piece, so that it is seen to go on, and ends with its piece where it is abandoned.

        What is still being said (`Utterance.open`) gives one transcript that is not final, as the
        network writes it: without times, capital or mark.
        """
        regions = speech_regions(self._voice.whole(item.samples))
        cut = pieces(item.samples, regions)
        if item.open:
            texts = (self._hear(piece, self._quick).text for piece in cut)
            yield Transcript(item.reply, " ".join(filter(None, texts)), final=False)
            return
        sentences, words = [""], list[Word]()
        for count, piece in enumerate(cut, 1):
            heard = self._hear(piece, self._recognise)
            sentences[-1] = f"{sentences[-1]} {heard.text}".strip()
            words += heard.words
            if piece.ends_sentence:
                sentences.append("")
            if count < len(cut):
                yield Transcript(item.reply, _text(sentences), tuple(words), final=False)
        yield Transcript(item.reply, _text(sentences), tuple(words))

    def _hear(self, piece: Piece, recognise: Recogniser) -> Heard:
        heard = recognise(piece.samples)
        text = self._guards.check(
            heard.text, piece.spoken / LISTEN_RATE, heard.no_speech, heard.confidence
        )
        syllables, shift = text.split(), piece.start / LISTEN_RATE
        times = heard.words[: len(syllables)]
        if [word.text for word in times] != syllables:  # something was cut out before the end
            times = ()
        words = (replace(w, start_s=w.start_s + shift, end_s=w.end_s + shift) for w in times)
        return Heard(text, heard.no_speech, heard.confidence, tuple(words))


def _text(sentences: list[str]) -> str:
    return " ".join(punctuate(sentence) for sentence in sentences if sentence)
