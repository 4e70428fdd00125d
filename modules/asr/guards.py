"""Keeping out what nobody said: loops, impossible speed, and Whisper's own favourite sentences."""

from __future__ import annotations

import re
import tomllib
import unicodedata
import zlib
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("phantoms.toml")

NO_SPEECH, DOUBT = 0.6, -1.0
"""Silence, by Whisper's own rule: probably nobody spoke, and the text is improbable
(openai/whisper `transcribe.py`, `no_speech_threshold` and `logprob_threshold`)."""
COMPRESSION = 2.4
"""Text that packs better than this repeats itself (`compression_ratio_threshold`, ibid.)."""
FASTEST = 10.0
"""Syllables a second beyond which nobody speaks; read Vietnamese runs at 4 to 6."""
BRISK = 7.0
"""The same for a doubtful sentence."""
ONSET_S = 0.3
"""Speech that voice activity may have missed at both ends together."""
DOUBTFUL_SPEECH = 0.3
"""Probability that nobody spoke above which a doubtful sentence goes."""
LONGEST_LOOP = 12
"""Syllables of a sentence that may repeat."""


@dataclass(frozen=True, slots=True)
class Guards:
    """The sentences of `phantoms.toml`, as expressions."""

    always: re.Pattern[str]
    doubtful: re.Pattern[str]

    @classmethod
    def load(cls, path: Path = TABLE) -> Guards:
        """Read the table."""
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return cls(_expression(table["always"]), _expression(table["doubtful"]))

    def check(self, text: str, spoken_s: float, no_speech: float, confidence: float) -> str:
        """Return what of a text was probably said; empty where nothing was.

        `spoken_s` is how long voice activity heard speech, `no_speech` the network's probability
        that nobody spoke, `confidence` its mean log probability of a token.
        """
        if no_speech > NO_SPEECH and confidence < DOUBT:
            return ""
        syllables = unloop(self.always.sub(" ", unicodedata.normalize("NFC", text)).split())
        kept = " ".join(syllables)
        rate = len(syllables) / (spoken_s + ONSET_S)
        if rate > FASTEST or compression(kept) > COMPRESSION:
            return ""
        hardly_spoken = rate > BRISK or no_speech > DOUBTFUL_SPEECH
        if hardly_spoken and self.doubtful.fullmatch(_plain(kept)):
            return ""
        return kept


def unloop(syllables: list[str]) -> list[str]:
    """Cut a phrase that the decoder got stuck in back to one; people repeat a word five times at
    most ("không không không"), a sentence three times.
    """
    result: list[str] = []
    index = 0
    while index < len(syllables):
        length, times = _loop_at(syllables, index)
        result += syllables[index : index + length]
        index += length * times
    return result


def _loop_at(syllables: list[str], start: int) -> tuple[int, int]:
    """Return (length, repetitions) of the loop that starts here; (1, 1) where none does."""
    for length in range(1, LONGEST_LOOP + 1):
        phrase, times = syllables[start : start + length], 1
        while syllables[start + times * length : start + (times + 1) * length] == phrase:
            times += 1
        if times > (5 if length <= 2 else 3):
            return length, times
    return 1, 1


def compression(text: str) -> float:
    """Return how many times smaller zlib makes a text; 1 for none."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 1.0


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.lower()).split())


def _expression(sentences: list[str]) -> re.Pattern[str]:
    # Longest first: "hãy subscribe cho kênh ghiền mì gõ" must not leave the rest of its sentence.
    ordered = sorted(sentences, key=len, reverse=True)
    syllable, space = r"[^\s,.!?]+", r"[\s,.!?]+"
    parts = []
    for sentence in ordered:
        words = [
            f"{syllable}(?:{space}{syllable}){{0,5}}?" if word == "*" else re.escape(word)
            for word in sentence.split()
        ]
        parts.append(space.join(words))
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)[.!?]*", re.IGNORECASE)
