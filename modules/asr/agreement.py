"""What of a sentence that is still being said can be believed.

The sound so far is recognised again and again. A word that two results in a row begin with alike is
taken for said; behind it stands what the last one heard, which may still change (LocalAgreement-2:
Macháček, Dabre and Bojar 2023, "Turning Whisper into Real-Time Transcription System").
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile


@dataclass(frozen=True, slots=True)
class Partial:
    """A sentence as far as it is understood: what stands, and what may still change."""

    firm: str
    light: str


class Agreement:
    """Follows one sentence. What was firm once stays as it is."""

    def __init__(self) -> None:
        self._firm: list[str] = []
        self._last: list[str] = []

    def take(self, text: str) -> Partial:
        """Take in the newest result; return what is to be shown."""
        words = text.split()
        pairs = zip(words, self._last, strict=False)
        agreed = [word for word, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
        if agreed[: len(self._firm)] == self._firm:
            self._firm = agreed
        self._last = words
        return Partial(" ".join(self._firm), " ".join(words[len(self._firm) :]))
