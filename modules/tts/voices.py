"""The base voices that a persona can speak with, and how each is drawn for espeak."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

from modules.messages import Gender, Persona, Region
from modules.tts.neural_voices import NEURAL_VOICES

# How espeak makes F0 out of a voice's "pitch LOW HIGH" and the height of a tone n (voices.c,
# wavegen.c, phsource/ph_vietnam of espeak-ng 1.52): F0 = LOW - 9 + n * (HIGH - LOW) * 108 / 8192.
_LOW_OFFSET_HZ = 9
_HEIGHT_PER_HZ = 108 / 8192
_LEVEL_HEIGHT = 26
"""Middle of the level tone of the Northern voice, which is drawn from 27 to 25."""
_STEP_AT_50 = 0.0093
"""Share of the level tone's F0 that one step of height is in espeak's own Northern voice."""
_BRIGHT_FROM_HZ = 2000
_TONE_HZ = (100, 800, 2000, 5400, 8000)


@dataclass(frozen=True, slots=True)
class Timbre:
    """What sets one speaker apart from another; the units stand in data/voices.toml."""

    gender: Gender
    ages: tuple[int, int]
    level_hz: float
    pace: float
    flutter: float
    formants: tuple[int, ...]
    heights: tuple[int, ...]
    tone: tuple[int, ...]
    consonants: int
    breath: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """A base voice: `id` is what `persona.voice` names, `name` what a list shows."""

    id: str
    name: str
    gender: Gender
    region: Region
    timbre: Timbre
    rules: int
    engine: Literal["espeak"] = "espeak"
    licence: str = "GPL-3.0-or-later"

    @property
    def ages(self) -> tuple[int, int]:
        """First and last age that the voice suits."""
        return self.timbre.ages


def _read() -> tuple[Voice, ...]:
    text = (resources.files(__package__) / "data" / "voices.toml").read_text("utf-8")
    data = tomllib.loads(text)
    timbres = {name: _timbre(row) for name, row in data["timbre"].items()}
    return tuple(
        Voice(
            f"{region}-{name}", accent["names"][name], drawn.gender, region, drawn, accent["rules"]
        )
        for region, accent in data["accent"].items()
        for name, drawn in timbres.items()
    )


def _timbre(row: dict[str, Any]) -> Timbre:
    lists = {name: tuple(value) for name, value in row.items() if isinstance(value, list)}
    return Timbre(**{**row, **lists})


VOICES: tuple[Voice, ...] = _read()
_ADULT = 30


def base_voice(persona: Persona) -> Voice:
    """Return the voice that a persona names, or else the one for its gender, age and region.

    For a recorded voice that it names, the one drawn for that voice's sex and region.
    """
    for voice in VOICES:
        if voice.id == persona.voice:
            return voice
    for recorded in NEURAL_VOICES:
        if recorded.id == persona.voice:
            region = recorded.region or persona.region
            persona = Persona(gender=recorded.gender, region=region, age=persona.age)
    age = _ADULT if persona.age is None else persona.age
    return next(
        voice
        for voice in VOICES
        if voice.region == persona.region
        and voice.gender == persona.gender
        and voice.ages[0] <= age <= voice.ages[1]
    )


def voice_file(
    voice: Voice, *, semitones: float = 0.0, pitch_range: float = 50.0, brightness_db: float = 0.0
) -> str:
    """Return an espeak voice file for a voice.

    `semitones` moves all of it up; `pitch_range` sets how far its tones lie apart, where 50 is
    espeak's own Northern voice and less than 80 makes tones hard to tell apart; `brightness_db`
    lifts voiced sound above 2 kHz.
    """
    drawn = voice.timbre
    level = drawn.level_hz * 2 ** (semitones / 12)
    step = level * _STEP_AT_50 * pitch_range / 50
    low = round(level - _LEVEL_HEIGHT * step) + _LOW_OFFSET_HZ
    high = low + round(step / _HEIGHT_PER_HZ)
    lift = 10 ** (brightness_db / 20)
    tone = (
        f"{hz} {min(255, round(height * (lift if hz >= _BRIGHT_FROM_HZ else 1)))}"
        for hz, height in zip(_TONE_HZ, drawn.tone, strict=True)
    )
    lines = [
        "name guong",
        "language vi",
        *([f"dictrules {voice.rules}"] if voice.rules else []),
        "words 1 2",
        f"pitch {low} {high}",
        # Both leave traces in the next call: the flutter table and the cycle count run on.
        "flutter 0",
        "roughness 0",
        f"tone {' '.join(tone)}",
        f"consonants {drawn.consonants} {drawn.consonants}",
    ]
    for peak, (hertz, height) in enumerate(zip(drawn.formants, drawn.heights, strict=True)):
        lines.append(f"formant {peak} {hertz} {height} 100")
    if drawn.breath:
        lines.append(f"breath 0 {' '.join(map(str, drawn.breath))}")
    return "\n".join(lines) + "\n"
