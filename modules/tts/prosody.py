"""How a feeling sounds: rate, pitch, range, volume, colour and pauses."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from modules.messages import EmotionLabel


@dataclass(frozen=True, slots=True)
class Prosody:
    """One feeling's way of speaking; the units stand in data/prosody.toml."""

    rate: float
    pitch: float
    range: float
    volume: float
    brightness: float
    pause: float


def _read() -> dict[str, Any]:
    text = (resources.files(__package__) / "data" / "prosody.toml").read_text("utf-8")
    return tomllib.loads(text)


_DATA = _read()

PROSODY: dict[EmotionLabel, Prosody] = {
    label: Prosody(**row) for label, row in _DATA["emotion"].items()
}
WORDS_PER_MINUTE: float = _DATA["words_per_minute"]
"""Neutral rate, in espeak's unit."""
QUESTION_PITCH: float = _DATA["question"]["pitch"]
"""Semitones by which a question lies higher than a statement."""
QUESTION_LAST_WORD: int = _DATA["question"]["last_word"]
"""Steps of espeak's pitch by which the last word of a question lies higher still."""


def pause_s(mark: str) -> float:
    """Return the seconds of silence after a mark, at the neutral rate."""
    return float(_DATA["pause_ms"][mark]) / 1000
