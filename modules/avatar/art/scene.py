"""What a persona file says about light, clothes, background and finish, and the whole look."""

from __future__ import annotations

from typing import NamedTuple

from modules.avatar.art.parts import (
    Brows,
    Bump,
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


class Fold(Part):
    """A fold of cloth: a ridge along a bent line."""

    points: Line
    blur: Length
    rise: float


class Button(NamedTuple):
    """A small round button."""

    x: float
    y: float
    radius: float


class Blossom(NamedTuple):
    """A five-petalled embroidered flower."""

    x: float
    y: float
    radius: float
    turn: float


class Garment(Part):
    """An áo dài: the body, the stand collar, seams, buttons and embroidery."""

    ramp: Ramp
    gloss: Hex
    shadow: Hex
    trim: Hex
    body: Line
    rise: Length
    half_width: Length
    bumps: tuple[Bump, ...]
    folds: tuple[Fold, ...]
    seams: tuple[Line, ...]
    closure: Line
    collar: Line
    """Right half of the collar from the top of its front edge, up and round to its foot."""
    collar_edge: Line
    collar_foot: Line
    collar_rise: Length
    buttons: tuple[Button, ...]
    weave: tuple[float, float, Share]
    """Distance of the woven pattern across and down, and how much it shows."""
    thread: Hex
    petal: tuple[Hex, Hex]
    branches: tuple[Line, ...] = ()
    blossoms: tuple[Blossom, ...] = ()
    seed: int = 0


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


class Background(Part):
    """What lies far behind and out of focus."""

    ramp: Ramp
    slant: Spot
    """How much darker towards the right, and towards the bottom."""
    slabs: tuple[Slab, ...] = ()
    slab_blur: Length = 8.0
    foliage: tuple[Foliage, ...] = ()
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
