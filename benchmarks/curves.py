"""Curves over time as a picture, drawn with Pillow: no plotting library is needed for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from modules.messages import ByteArray, FloatArray

_WIDE, _HIGH, _LEFT, _GAP = 1500, 110, 60, 18


@dataclass(frozen=True)
class Curve:
    """One line of a panel: its values, one a frame, and its colour."""

    values: FloatArray
    colour: str


Panel = tuple[str, Sequence[Curve]]
"""What is written over it, and its lines; they share one scale."""


def draw_curves(panels: Sequence[Panel], fps: float) -> ByteArray:
    """Draw panels under each other with a line at every second: uint8 [height, width, 3]."""
    image = Image.new("RGB", (_LEFT + _WIDE + 10, len(panels) * (_HIGH + _GAP) + _GAP), "#ffffff")
    pen = ImageDraw.Draw(image)
    for number, panel in enumerate(panels):
        _panel(pen, panel, _GAP + number * (_HIGH + _GAP), fps)
    return np.array(image)


def _panel(pen: ImageDraw.ImageDraw, panel: Panel, top: int, fps: float) -> None:
    title, lines = panel
    low = min(0.0, *(float(line.values.min()) for line in lines))
    high = max(low + 1e-6, *(float(line.values.max()) for line in lines))
    count = max(len(line.values) for line in lines)
    for second in range(int(count / fps) + 1):
        x = _LEFT + second * fps * _WIDE / count
        pen.line([(x, top), (x, top + _HIGH)], fill="#e0e0e0")
    pen.text((_LEFT + 4, top - 14), title, fill="#000000")
    for value in (low, high):
        pen.text((4, _y(value, low, high, top) - 6), f"{value:.2f}", fill="#606060")
    for line in lines:
        points = [
            (_LEFT + k * _WIDE / count, _y(float(value), low, high, top))
            for k, value in enumerate(line.values)
        ]
        pen.line(points, fill=line.colour, width=2)


def _y(value: float, low: float, high: float, top: int) -> float:
    return top + _HIGH * (1 - (value - low) / (high - low))
