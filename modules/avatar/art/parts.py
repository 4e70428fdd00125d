"""What a persona file says about how the persona looks, checked as it is read.

Lengths are pixels of the 512 x 512 picture, angles radians. On the face, x counts from the middle
of the face (`Head.centre`), y from the top of the picture; elsewhere both count from its corner.
A thing with `pair` is drawn twice, the second time mirrored at the middle of the face.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Hex = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
Ramp = Annotated[tuple[Hex, ...], Field(min_length=2)]
Spot = tuple[float, float]
Line = Annotated[tuple[Spot, ...], Field(min_length=2)]
Share = Annotated[float, Field(ge=0, le=1)]
Length = Annotated[float, Field(gt=0, le=600)]


class Part(BaseModel):
    """Base of all parts: frozen, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Bump(NamedTuple):
    """A Gaussian hill (or, with a negative height, hollow) of a relief."""

    x: float
    y: float
    width: float
    height: float
    turn: float
    rise: float


class Crease(Part):
    """A soft ridge (or, with a negative rise, groove) of a relief along a line."""

    points: Line
    width: Length
    blur: Length
    rise: float
    pair: bool = False


Control = Literal["brow", "inner", "frown", "squint", "cheek"]
"""Values of a pose that a wrinkle may follow."""


class Wrinkle(Part):
    """A thin groove in the skin that runs out at both ends; `depth` is in pixels."""

    points: Line
    width: Length
    depth: Annotated[float, Field(gt=0, le=10)]
    pair: bool = False
    by: Control | None = None
    """What makes it deeper than it is at rest, and by how much (with `more`)."""
    more: Share = 0.0


class Tint(Part):
    """A soft patch of colour: darkens, or with `light` brightens."""

    at: Spot
    size: tuple[Length, Length]
    turn: float = 0.0
    colour: Hex
    amount: Share
    pair: bool = False
    light: bool = False


class Mark(Part):
    """A drawn line, or without `width` a filled outline: darkens, or with `light` brightens."""

    points: Line
    colour: Hex
    amount: Share
    blur: Length
    width: Annotated[float, Field(ge=0)] = 0.0
    pair: bool = False
    light: bool = False


class Nose(Part):
    """The bridge of the nose: a ridge that rises from `top` to `tip`."""

    top: float
    tip: float
    base: float
    rise: Length
    curve: Length
    """Above 1 the bridge is low at the eyes and rises late."""
    widths: tuple[Length, Length]


class Head(Part):
    """The form of the head: half its width by height, its profile, hills and hollows."""

    centre: float
    outline: Line
    """(half width, y) from the crown down to the chin."""
    depth: Line
    """(y, height of the relief along the middle)."""
    bumps: tuple[Bump, ...]
    paired_bumps: tuple[Bump, ...]
    creases: tuple[Crease, ...] = ()
    nose: Nose


class Skin(Part):
    """The colours of the skin, from deep shadow to light, and what is painted on it."""

    ramp: Ramp
    hollow: Hex
    """Colour of hollows: warm, because light comes back through skin."""
    shadow: Hex
    """Colour of cast shadows."""
    tints: tuple[Tint, ...] = ()
    marks: tuple[Mark, ...] = ()
    wrinkles: tuple[Wrinkle, ...] = ()
    wrinkle: Hex = "#a8674e"
    """What the depth of a wrinkle does to light skin."""
    mottle: Share = 0.0
    """Unevenness of the colour: a perfectly even skin looks like a doll's."""


class Eyes(Part):
    """Both eyes; curves run from the inner (-1) to the outer corner (1)."""

    apart: Length
    """From the middle of the face to the middle of an eye."""
    y: float
    half_width: Length
    upper: Length
    lower: Length
    tilt: float
    """How much higher than the inner the outer corner lies, halved."""
    upper_curve: Line
    lower_curve: Line
    fold: Line
    """Distance of the lid's fold above the open lid."""
    fold_amount: Share
    iris: Length
    iris_ramp: Ramp
    lid: Hex
    fold_colour: Hex
    lash: Hex
    rim: Hex
    lashes: Share
    squint_rise: Share = 0.45
    """How far a full squint lifts the lower lid, as a share of its depth below the middle."""
    lash_line: Annotated[float, Field(gt=0, le=2)] = 1.0
    """How thick the line is that the roots of the upper lashes make."""
    seed: int = 0


class Brows(Part):
    """Both eyebrows: a line from the inner to the outer end, relative to its middle."""

    uneven: Annotated[float, Field(ge=-4, le=4)] = 0.0
    """How much higher the right brow of the picture lies than the left: nobody's are level."""
    apart: Length
    y: float
    half_length: Length
    curve: Line
    thickness: Line
    colour: Hex
    hair: Hex
    hairs: int
    seed: int = 0


class Lips(Part):
    """The mouth at rest: lips of a half width and two thicknesses; curves from middle to corner."""

    y: float
    half_width: Length
    upper: Length
    lower: Length
    upper_curve: Line
    lower_curve: Line
    ramp: Ramp
    line: Hex
    shadow: Hex
    corner_rise: Length = 5.4
    """How far a full smile lifts the corners."""
    shine: Share
    teeth: Hex
    gum: Hex
    cavity: Ramp
    tongue: Ramp
    seed: int = 0


class Ear(Part):
    """An ear at the left of the picture and what hangs on it; with `pair` the other one too."""

    outline: Line
    pair: bool = False
    bumps: tuple[Bump, ...]
    marks: tuple[Mark, ...]
    flush: Hex
    earring: Spot | None = None
    earring_radius: Length = 3.5
    earring_colours: tuple[Hex, Hex, Hex] = ("#ffffff", "#f6e8dc", "#b79a90")
    """Light, middle and dark of the bead: a pearl, jade, gold."""


class Neck(Part):
    """The neck above the collar."""

    outline: Line
    widths: Line
    """(y, half width of the relief)."""
    rise: Length
    bumps: tuple[Bump, ...] = ()
    creases: tuple[Crease, ...] = ()
    wrinkles: tuple[Wrinkle, ...] = ()
    chin_over: Length
    """How far the chin stands out over the neck, for the shadow that it casts."""
    tints: tuple[Tint, ...] = ()


class HairGroup(Part):
    """Strands that lie between guide lines; the guides go from the face outwards, root to tip."""

    where: Literal["back", "front", "curtain"]
    """Behind the neck; on the head; or in front of face, ears and shoulder."""
    guides: Annotated[tuple[Line, ...], Field(min_length=2)]
    strands: int
    locks: int
    spread: float
    clump: Share
    body: Spot = (0.0, 1.0)
    """Between which shares of its width and up to where along it the group is opaque."""
    body_until: Share = 1.0
    body_from: Share = 0.0
    """From where along it the group is opaque."""
    roots: Share = 0.0
    """Over which first share of its length strands begin: skin shows through a hairline."""
    grey: tuple[Spot, ...] = ()
    """(place across, share of the strands there that are grey)."""
    body_soft: Annotated[float, Field(ge=0, le=20)] = 0.0
    """How soft the edge of the opaque part is: a hairline on skin is never sharp."""
    width: Length = 0.8
    """Of a strand."""
    taper: Annotated[float, Field(gt=0, le=1)] = 0.25
    """Over which last share of its length a strand thins out."""
    stray: Share = 0.0
    """Share of strands that leave the group beyond its outer edge."""
    brightness: Line
    """(place along the hair, brightness)."""
    shine: tuple[tuple[float, float, float, float, float], ...] = ()
    """Bands of light: place along, width, strength, place across, width across."""
    shadow: Share = 0.0
    seed: int


class Wisp(Part):
    """A few loose strands along a line."""

    points: Line
    count: int
    spread: float
    width: Length
    alpha: Share
    grey: Share = 0.0
    """Share of them that are grey."""
    seed: int


class Volume(NamedTuple):
    """The round form under the hair: an ellipse, upright below its middle, and how much it shows.

    `rim` is how much of the light from behind runs along its edge.
    """

    x: float
    y: float
    width: float
    height: float
    amount: float
    rim: float


class Hair(Part):
    """The hair."""

    ramp: Ramp
    grey: Ramp = ("#2c2a2a", "#6e6a67", "#b4aea8", "#f4f0ea")
    """Colours of the strands that are grey."""
    shadow: Hex
    volume: Volume | None = None
    groups: tuple[HairGroup, ...]
    wisps: tuple[Wisp, ...] = ()
