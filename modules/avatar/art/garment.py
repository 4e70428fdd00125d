"""Which module paints which kind of garment."""

from __future__ import annotations

from typing import Any, Protocol

from modules.avatar.art import ao_ba_ba, ao_dai, shirt
from modules.avatar.art.garments import Garment
from modules.avatar.art.scene import Light
from modules.messages import FloatArray


class Painter(Protocol):
    """What the module of a kind offers; both paint into [LARGE, LARGE, 3], in place."""

    def paint_body(self, picture: FloatArray, garment: Any, light: Light, centre: float) -> None:
        """Paint shoulders and breast."""

    def paint_collar(self, picture: FloatArray, garment: Any, light: Light, centre: float) -> None:
        """Paint what lies round the neck, over body and neck."""


PAINTERS: dict[str, Painter] = {"ao_dai": ao_dai, "ao_ba_ba": ao_ba_ba, "shirt": shirt}


def paint_body(picture: FloatArray, garment: Garment, light: Light, centre: float) -> None:
    """Paint shoulders and breast, in place."""
    PAINTERS[garment.kind].paint_body(picture, garment, light, centre)


def paint_collar(picture: FloatArray, garment: Garment, light: Light, centre: float) -> None:
    """Paint what lies round the neck, in place."""
    PAINTERS[garment.kind].paint_collar(picture, garment, light, centre)
