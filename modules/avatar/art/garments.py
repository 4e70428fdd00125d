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


class Fabric(Part):
    """The colours of a cloth: from its folds to the light, its gloss, and the shadow it casts."""

    ramp: Ramp
    gloss: Hex
    shadow: Hex


class Cloth(Fabric):
    """What all garments share: the cloth, and the form of the body under it."""

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


class Print(Part):
    """Small printed flowers in staggered rows; they follow the folds."""

    step: tuple[Length, Length]
    """Distance across and down."""
    jitter: Annotated[float, Field(ge=0, le=20)]
    petals: Annotated[int, Field(ge=3, le=8)] = 5
    radius: tuple[Length, Length]
    colours: Annotated[tuple[Hex, ...], Field(min_length=1)]
    heart: Hex
    amount: Share


class Pleat(NamedTuple):
    """A fold along a scarf: place across it (0 to 1), width as a share of it, and rise."""

    across: float
    width: float
    rise: float


class Strip(Part):
    """One visible part of a scarf, between guide lines from the neck down."""

    guides: Annotated[tuple[Line, ...], Field(min_length=2)]
    rise: Length
    pleats: tuple[Pleat, ...] = ()
    folds: tuple[Fold, ...] = ()
    cells: Annotated[float, Field(gt=0, le=60)]
    """Checks across it."""


class Scarf(Fabric):
    """A chequered scarf (khăn rằn) that lies round the neck or over a shoulder."""

    check: Hex
    """Colour of the dark bands; where they cross they are darkest."""
    amount: Share
    cell: Length
    """Length of a check along the scarf."""
    strips: Annotated[tuple[Strip, ...], Field(min_length=1)]
    seed: int = 0


class AoBaBa(Cloth):
    """An áo bà ba of the South: no collar, buttoned down the front, with or without a scarf."""

    kind: Literal["ao_ba_ba"]
    neckline: Line
    """Right half of the neck's opening, from the shoulder to the middle of the front."""
    binding: Length
    """Width of the strip that hems the neck."""
    placket: Line
    placket_width: Length
    stitch: Hex
    buttons: tuple[Button, ...]
    button: tuple[Hex, Hex, Hex]
    """Light, middle and dark of a button."""
    prints: tuple[Print, ...] = ()
    scarf: Scarf | None = None


class Leaf(Part):
    """One piece of a collar; with `pair` its mirror image too."""

    points: Line
    """Closed smooth outline."""
    rise: Length
    half_width: Length
    slope: float = 0.1
    """How much farther forward it leans towards its foot."""
    stitch: Length = 2.2
    """Distance of the stitched line from the edge."""
    shaded: Share = 0.35
    """How dark the shadow of the chin is on it."""
    pair: bool = False


class Shirt(Cloth):
    """A shirt of linen or cotton, buttoned down the front, with a collar of any cut."""

    kind: Literal["shirt"]
    placket: Line
    placket_width: Length
    stitch: Hex
    buttons: Annotated[tuple[Button, ...], Field(min_length=1)]
    button: tuple[Hex, Hex, Hex]
    """Light, middle and dark of a button."""
    weave: Annotated[float, Field(ge=0, le=0.1)] = 0.02
    """How much the threads show."""
    leaves: tuple[Leaf, ...]


Garment = Annotated[AoDai | AoBaBa | Shirt, Field(discriminator="kind")]
"""A garment of any kind; its `kind` says which."""
