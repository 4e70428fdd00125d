"""The base voices that networks speak with: the table of data/neural_voices.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources

from modules.messages import Gender, Region


@dataclass(frozen=True, slots=True)
class NeuralVoice:
    """A recorded voice: `id` is what `persona.voice` names, `name` what a list shows, `speaker`
    what its engine calls it. Where nobody says which region it is from, there is none.
    """

    id: str
    engine: str
    name: str
    gender: Gender
    ages: tuple[int, int]
    speaker: str
    region: Region | None = None
    licence: str = "Apache-2.0"


def _read() -> tuple[NeuralVoice, ...]:
    text = (resources.files(__package__) / "data" / "neural_voices.toml").read_text("utf-8")
    rows = tomllib.loads(text)["voice"]
    return tuple(NeuralVoice(**{**row, "ages": tuple(row["ages"])}) for row in rows)


NEURAL_VOICES: tuple[NeuralVoice, ...] = _read()
