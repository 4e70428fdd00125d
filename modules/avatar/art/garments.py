"""What a persona file says about clothes: one class for each kind of garment.

A new kind is a class here with a `kind` of its own, a module that paints it, and a row in the
table of `garment.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from modules.avatar.art.parts import Bump, Hex, Length, Line, Part, Ramp, Share


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


class Cloth(Part):
    """What all garments share: the colours of the cloth, and the form of the body under it."""

    ramp: Ramp
    gloss: Hex
    shadow: Hex
    body: Line
    """Outline of shoulders and breast; the neck and the collar lie over its top."""
    rise: Length
    half_width: Length
    bumps: tuple[Bump, ...]
    folds: tuple[Fold, ...]
    seams: tuple[Line, ...] = ()
    seed: int = 0


class AoDai(Cloth):
    """An áo dài: silk with a stand collar, a slanting closure, woven pattern and embroidery."""

    kind: Literal["ao_dai"]
    trim: Hex
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


Garment = Annotated[AoDai, Field(discriminator="kind")]
"""A garment of any kind; its `kind` says which."""
