"""Persona files: who a drawn persona is, how it looks and how its face moves."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from modules.avatar.art.parts import Hex, Length, Line, Part
from modules.avatar.art.scene import Look
from modules.avatar.gallery import FOLDER
from modules.messages import EmotionLabel, Gender, Region, VisemeShape

_MOTION = Path(__file__).with_name("motion.toml")

Share = Annotated[float, Field(ge=0, le=1)]
Signed = Annotated[float, Field(ge=-1, le=1)]


class VoiceHint(Part):
    """Which voice suits the persona: median pitch, and speaking rate."""

    f0_hz: Annotated[float, Field(ge=60, le=400)]
    rate: Annotated[float, Field(ge=0.5, le=2)] = 1.0


class Manner(Part):
    """One line about the persona's manner, in both languages of the page."""

    vi: Annotated[str, Field(min_length=1, max_length=120)]
    en: Annotated[str, Field(min_length=1, max_length=120)]


class Identity(Part):
    """Who the persona is."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    gender: Gender
    age: Annotated[int, Field(ge=1, le=120)]
    region: Region
    voice: VoiceHint
    manner: Manner


WIDEST_SMILE = 1.25
"""How far up the corners of the mouth go at most."""


class Mouth(NamedTuple):
    """The mouth at one moment, in the order of every array of mouth values.

    `open` 0 (lips touch) to 1 (as for a); `width` -1 (drawn in) to 1 (spread); `round` 0 to 1
    (pursed, as for u); `teeth` 0 to 1 (lower lip under the upper teeth); `tongue` 0 (low) to 1
    (tip behind the teeth); `press` 0 to 1 (lips pressed thin); `jaw` 0 to 1 (chin down);
    `corner` -1 (down) to 1 (up: a smile, and a little farther in joy); `lift` 0 to 1 (upper lip
    raised in disgust).
    """

    open: float = 0.0
    width: float = 0.0
    round: float = 0.0
    teeth: float = 0.0
    tongue: float = 0.0
    press: float = 0.0
    jaw: float = 0.0
    corner: float = 0.0
    lift: float = 0.0


class VisemeTarget(Part):
    """What the mouth aims at for one viseme shape, and how firmly.

    `hold` says how strongly the shape insists on how far the mouth is open, `rounding` how
    strongly on width and rounding: k and g take both from the vowel beside them.
    """

    open: Share = 0.0
    width: Signed = 0.0
    round: Share = 0.0
    teeth: Share = 0.0
    tongue: Share = 0.0
    press: Share = 0.0
    jaw: Share = 0.0
    hold: Annotated[float, Field(gt=0, le=4)] = 1.0
    rounding: Annotated[float, Field(gt=0, le=4)] = 1.0


class Expression(Part):
    """What a feeling adds to the face at its full degree."""

    brow: Signed = 0.0
    """Both brows up (1) or down (-1)."""
    inner: Signed = 0.0
    """Inner ends of the brows up (grief) or down (anger)."""
    frown: Share = 0.0
    """Brows drawn together."""
    lid: Signed = 0.0
    """Upper lids wider (1) or lowered (-1)."""
    squint: Share = 0.0
    """Lower lids raised."""
    cheek: Signed = 0.0
    corner: Signed = 0.0
    width: Signed = 0.0
    gape: Signed = 0.0
    """How much wider (or less wide) the mouth opens while speaking; silence stays shut."""
    press: Share = 0.0
    lift: Share = 0.0
    look: Signed = 0.0
    """Gaze down (1) or up (-1)."""
    pitch: Signed = 0.0
    """Head bowed (1) or raised (-1)."""
    roll: Signed = 0.0


class Rest(Part):
    """The idle pose: how the head is held (pixels, radians) and the mouth's resting smile."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    corner: Signed = 0.0
    squint: Share = 0.0
    cheek: Share = 0.0


State = Literal["idle", "listening", "thinking"]
STATES: tuple[State, ...] = ("idle", "listening", "thinking")


class StateManner(Part):
    """What a face does while it does not speak: offsets from the idle pose, and habits."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    brow: Signed = 0.0
    inner: Signed = 0.0
    frown: Share = 0.0
    lid: Signed = 0.0
    squint: Signed = 0.0
    cheek: Signed = 0.0
    corner: Signed = 0.0
    press: Share = 0.0
    sway: Annotated[float, Field(ge=0, le=3)] = 1.0
    """How much the head wanders."""
    blink_s: Annotated[float, Field(ge=1, le=15)] = 3.0
    """The usual time between two blinks."""
    slow_blinks: bool = False
    nod_s: Annotated[float, Field(ge=0, le=10)] = 0.0
    """The usual time between two nods; 0: none."""
    nod: Annotated[float, Field(ge=0, le=6)] = 0.0
    """How far the head goes down, in pixels."""
    attentive: bool = False
    """The eyes stay on the viewer."""
    looks: tuple[tuple[float, float], ...] = ()
    """Places to which the eyes wander, pixels right and down; without any: here and there."""


class Folds(Part):
    """The folds from the nose to the corners of the mouth.

    Each depth is 0 to 1: at rest, and what a full smile, spread and open lips add. The face's age
    lies in them.
    """

    points: Line
    """From the wing of the nose downwards: pixels outwards of and below the middle of the mouth."""
    blur: Length
    dark: Hex
    light: Hex
    """Colour of the cheek's edge that bulges over the fold."""
    rest: Share = 0.0
    smile: Share = 0.0
    spread: Share = 0.0
    open: Share = 0.0


class PersonaFile(BaseModel):
    """One persona file, with what it does not say from `motion.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    identity: Identity
    rest: Rest
    visemes: dict[VisemeShape, VisemeTarget]
    expressions: dict[EmotionLabel, Expression]
    states: dict[State, StateManner]
    folds: Folds
    look: Look


@lru_cache(maxsize=32)
def load_persona(avatar: str) -> PersonaFile:
    """Read and check a persona file; the id must be one of `gallery.persona_ids()`."""
    return PersonaFile.model_validate(with_defaults(tomllib.loads(_text(avatar))))


def with_defaults(persona: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a persona file, with `motion.toml` where it says nothing."""
    return _merged(tomllib.loads(_MOTION.read_text(encoding="utf-8")), persona)


def _merged(shared: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    whole = {**shared, **own}
    for key in shared.keys() & own.keys():
        if isinstance(shared[key], dict) and isinstance(own[key], dict):
            whole[key] = _merged(shared[key], own[key])
    return whole


def fingerprint(avatar: str) -> str:
    """Return a hash of the persona file, to key what is prepared from it."""
    return sha256(_text(avatar).encode()).hexdigest()


@lru_cache(maxsize=32)
def motion_version(avatar: str) -> str:
    """Return a hash of all that decides how a persona looks and moves, to key films of it."""
    digest = sha256(_text(avatar).encode())
    for source in sorted((_MOTION, *_MOTION.parent.rglob("*.py"))):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _text(avatar: str) -> str:
    return (FOLDER / f"{avatar}.toml").read_text(encoding="utf-8")
