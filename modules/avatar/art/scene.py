"""What a persona file says about light, background and finish, and the whole look."""

from __future__ import annotations

from typing import NamedTuple

from modules.avatar.art.garments import Garment
from modules.avatar.art.parts import (
    Brows,
    Ear,
    Eyes,
    Hair,
    Head,
    Hex,
    Length,
    Line,
    Lips,
    Neck,
    Part,
    Ramp,
    Share,
    Skin,
    Spot,
    Tint,
)


class Light(Part):
    """Directions towards the lights: x to the right, y downwards, z towards the viewer."""

    key: tuple[float, float, float]
    fill: tuple[float, float, float]
    rim: tuple[float, float, float]
    rim_colour: Hex
    rim_amount: Share

    @property
    def side(self) -> int:
        """The side of the picture that the key light stands on: -1 left, 1 right."""
        return -1 if self.key[0] < 0 else 1


class Slab(Part):
    """An upright rectangle of the background: a wall's edge, a shutter, a slat."""

    box: tuple[float, float, float, float]
    colour: Hex
    alpha: Share
    repeat: int = 1
    step: float = 0.0


class Foliage(Part):
    """Leaves, or with `round` blossoms, scattered over a part of the background."""

    box: tuple[float, float, float, float]
    count: int
    length: tuple[Length, Length]
    slender: tuple[Share, Share] = (0.16, 0.28)
    turn: Spot = (0.0, 6.3)
    colours: tuple[Hex, ...]
    alpha: Share
    blur: Length
    round: bool = False
    seed: int


class Form(Part):
    """A soft flat form of the background: a patch of sun, a pillar, a roof, a far hedge."""

    points: Line
    """Corners; with `round` a smooth outline runs through them."""
    colour: Hex
    alpha: Share
    blur: Length
    round: bool = False
    front: bool = False
    """Before the foliage instead of behind it."""


class Glow(NamedTuple):
    """A light far out of focus: a disc with a brighter edge."""

    x: float
    y: float
    radius: float
    colour: Hex
    alpha: Share


class Background(Part):
    """What lies far behind and out of focus."""

    ramp: Ramp
    slant: Spot
    """How much darker towards the right, and towards the bottom."""
    slabs: tuple[Slab, ...] = ()
    slab_blur: Length = 8.0
    forms: tuple[Form, ...] = ()
    foliage: tuple[Foliage, ...] = ()
    glows: tuple[Glow, ...] = ()
    tints: tuple[Tint, ...] = ()


class Finish(Part):
    """What is done to the whole picture at the end."""

    bloom: Share
    vignette: Share
    grain: Share
    contrast: Share
    sharpen: Share
    warmth: tuple[float, float, float] = (1.0, 1.0, 1.0)


class Look(Part):
    """Everything that is painted."""

    head: Head
    light: Light
    skin: Skin
    eyes: Eyes
    brows: Brows
    lips: Lips
    ear: Ear | None = None
    neck: Neck
    hair: Hair
    garment: Garment
    background: Background
    finish: Finish
