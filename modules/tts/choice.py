"""Whose voice a persona has: within an engine, and which engines may speak for it at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modules.messages import Persona
from modules.tts.neural_voices import NEURAL_VOICES, NeuralVoice
from modules.tts.voices import VOICES, Voice, base_voice

AnyVoice = Voice | NeuralVoice
DRAWN = "espeak"
"""The engine whose voices are drawn: it has one for everybody."""
_EVERY: tuple[AnyVoice, ...] = (*VOICES, *NEURAL_VOICES)


@dataclass(frozen=True, slots=True)
class Fit:
    """The voice of an engine that speaks for a persona, and whether it has its sex and region."""

    voice: AnyVoice
    gender: bool
    region: bool


def find_voice(name: str) -> AnyVoice | None:
    """Return the base voice of an id; None for any other text."""
    return next((voice for voice in _EVERY if voice.id == name), None)


def voices_of(engines: Iterable[str]) -> tuple[AnyVoice, ...]:
    """Return the base voices of engines, in their order, each once."""
    return tuple(
        voice for name in dict.fromkeys(engines) for voice in _EVERY if voice.engine == name
    )


def voice_in(engine: str, persona: Persona) -> Fit | None:
    """Return the voice that an engine has for a persona; None for an engine without voices.

    The voice that the persona names comes first. One drawn for espeak is a part that every engine
    plays with a voice of its own: of the same sex, then of the same region, then of the same age.
    """
    if engine == DRAWN:
        drawn = base_voice(persona)
        return Fit(drawn, drawn.gender == persona.gender, drawn.region == persona.region)
    own = voices_of([engine])
    if not own:
        return None
    part = base_voice(persona)
    age = persona.age if persona.age is not None else sum(part.ages) // 2

    def misfit(voice: AnyVoice) -> tuple[bool, bool, bool, bool]:
        return (
            voice.id != persona.voice,
            voice.gender != part.gender,
            voice.region != part.region,
            not voice.ages[0] <= age <= voice.ages[1],
        )

    chosen = min(own, key=misfit)
    return Fit(chosen, chosen.gender == part.gender, chosen.region == part.region)


def serving(engines: tuple[str, ...], persona: Persona) -> tuple[str, ...]:
    """Return the engines that may speak for a persona, best first.

    The engine of a recorded voice that the persona names comes first, whoever it belongs to. Else
    one without a voice of the persona's sex stands behind those that have one: a wrong voice is
    worse than a plain one. Another region's voice may serve, and the page says so.
    """
    named = find_voice(persona.voice)
    first = named.engine if isinstance(named, NeuralVoice) else ""

    def rank(name: str) -> int:
        if name == first:
            return 0
        fit = voice_in(name, persona)
        return 1 if fit is None or fit.gender else 2

    return tuple(sorted(engines, key=rank))
