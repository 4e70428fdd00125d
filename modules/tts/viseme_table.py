"""Which mouth shape belongs to which of espeak's phonemes: the data of data/visemes.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from modules.messages import VisemeShape


@dataclass(frozen=True, slots=True)
class MouthShape:
    """How far a shape opens the lips, spreads their corners and rounds them, each 0 to 1."""

    open: float
    spread: float
    round: float


@dataclass(frozen=True, slots=True)
class Sound:
    """The shapes that a phoneme moves through, and whether it is a vowel."""

    shapes: tuple[VisemeShape, ...]
    vowel: bool


def _read() -> dict[str, Any]:
    text = (resources.files(__package__) / "data" / "visemes.toml").read_text("utf-8")
    return tomllib.loads(text)


_DATA = _read()

SHAPES: dict[VisemeShape, MouthShape] = {
    name: MouthShape(**row) for name, row in _DATA["shape"].items()
}
WEIGHTS: dict[VisemeShape, float] = dict(_DATA["weight"])
_VOWELS = {name: Sound(tuple(shapes), True) for name, shapes in _DATA["vowel"].items()}
_CONSONANTS = {name: Sound((shape,), False) for name, shape in _DATA["consonant"].items()}
_FINALS = {name: Sound((shape,), False) for name, shape in _DATA["final"].items()}
_FOREIGN_VOWELS = "ɐɑæʌɜɚᵻɪʊɒ"
_FOREIGN = {
    name: Sound((shape,), name in _FOREIGN_VOWELS) for name, shape in _DATA["foreign"].items()
}
_UNKNOWN = Sound(("mid",), True)


def bare(name: str) -> str:
    """Return a phoneme's name without its stress; empty for a change of language."""
    return "" if name.startswith("(") else name.strip("ˈˌ")


def is_known(name: str) -> bool:
    """Tell whether a bare name is one of the Vietnamese phonemes of the table."""
    return name in _VOWELS or name in _CONSONANTS


@cache
def sound(name: str, *, final: bool = False) -> Sound:
    """Return what a bare phoneme name looks like; `final` where no vowel follows in its syllable.

    A name that the table lacks comes from a foreign word and is put together from its letters.
    """
    if final and name in _FINALS:
        return _FINALS[name]
    known = _VOWELS.get(name) or _CONSONANTS.get(name) or _FOREIGN.get(name)
    if known:
        return known
    letters = [found for letter in name if (found := _single(letter))]
    vowels = [found for found in letters if found.vowel]
    if not vowels:
        return letters[0] if letters else _UNKNOWN
    ends = dict.fromkeys((vowels[0].shapes[0], vowels[-1].shapes[-1]))
    return Sound(tuple(ends), True)


def _single(letter: str) -> Sound | None:
    return _VOWELS.get(letter) or _FOREIGN.get(letter) or _CONSONANTS.get(letter)
