"""How something is said: a feeling, what the user chose, and whether it asks."""

from __future__ import annotations

from dataclasses import dataclass

from modules.messages import TurnRequest
from modules.tts.prosody import PROSODY, QUESTION_PITCH, pause_s

_PACES = 0.5, 2.0
_SEMITONES = -6.0, 6.0
_WIDEST = 1.25
"""A spread beyond this makes the peaks of a lively voice squeak."""


@dataclass(frozen=True, slots=True)
class Manner:
    """The changes that a voice makes to its own neutral way of speaking.

    `pace` is relative, `semitones` move all of its pitch, `spread` is relative too and scales how
    far its tones and its melody lie apart, `volume_db` and `brightness_db` (above 2 kHz) are added,
    and pauses are `pause` times as long.
    """

    pace: float = 1.0
    semitones: float = 0.0
    spread: float = 1.0
    volume_db: float = 0.0
    brightness_db: float = 0.0
    pause: float = 1.0

    def asking(self) -> Manner:
        """Return the same for a question."""
        return Manner(
            self.pace, self.semitones + QUESTION_PITCH, self.spread, self.volume_db,
            self.brightness_db, self.pause,
        )  # fmt: skip

    def pause_s(self, mark: str) -> float:
        """Return the seconds of silence behind a mark."""
        return pause_s(mark) * self.pause


def manner_of(request: TurnRequest) -> Manner:
    """Return how a reply is spoken: data/prosody.toml, and the user's own rate and pitch on top.

    The table is written for espeak's voices; a recorded voice is neutral at its own pace and
    spread, and what the table says of a feeling is taken relative to what it says of none. Tones
    are never brought closer together than the voice has them: `spread` is 1 or more.
    """
    felt, calm = PROSODY[request.expression], PROSODY["Other"]
    pace = felt.rate / calm.rate * _within(request.rate, *_PACES)
    return Manner(
        pace=pace,
        semitones=felt.pitch - calm.pitch + _within(request.pitch, *_SEMITONES),
        spread=_within(felt.range / calm.range, 1.0, _WIDEST),
        volume_db=felt.volume - calm.volume,
        brightness_db=felt.brightness - calm.brightness,
        pause=felt.pause / calm.pause / pace,
    )


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
