"""What shows between the lips: teeth, tongue and the dark of the mouth."""

from __future__ import annotations

import cv2
import numpy as np
import skia

from modules.avatar.art.canvas import SCALE, Layer, colour, ramp
from modules.avatar.art.curves import polygon
from modules.avatar.art.paints import fill, stroke
from modules.avatar.art.parts import Lips
from modules.avatar.face.contours import LOWER_GAP, Contours
from modules.avatar.specification import Mouth
from modules.messages import ByteArray, FloatArray

Box = tuple[int, int, int, int]
"""Top, bottom, left and right in pixels of the large picture."""

UPPER_TEETH = ((7.4, 0.0), (6.0, 0.55), (6.2, 0.1), (5.4, 1.0), (5.0, 1.8))
LOWER_TEETH = ((4.6, 0.0), (4.8, 0.2), (5.2, 0.2), (5.2, 0.9), (5.0, 1.8))
"""Width of each tooth from the middle outwards, and how much shorter than the first it is."""


def _tooth_colour(lips: Lips, fade: float) -> str:
    shade = np.clip(colour(lips.teeth) * fade * 255, 0, 255).astype(int)
    return "#{:02x}{:02x}{:02x}".format(*shade.tolist())


def _paint_row(lips: Lips, centre: float, upper: bool) -> ByteArray:
    # One row of teeth in the middle of the mouth's box: the lower one as if the jaw were shut.
    layer, edge = Layer(), lips.y + (1.7 if upper else 0.0)
    for side in (-1, 1):
        at = 0.0
        for k, (width, shorter) in enumerate(UPPER_TEETH if upper else LOWER_TEETH):
            left, right = sorted((centre + side * at, centre + side * (at + width)))
            at += width
            top, bottom = (lips.y - 13, edge - shorter) if upper else (edge + shorter, edge + 15)
            rect = skia.Rect.MakeLTRB(left + 0.1, top, right - 0.1, bottom)
            shade = _tooth_colour(lips, (1 if upper else 0.88) - 0.10 * k)
            layer.canvas.drawPath(skia.Path.RRect(rect, 1.5, 1.9), fill(shade, 1, 0.3))
            x = centre + side * at
            gap = polygon([(x, top + 1), (x, bottom - 1)], closed=False)
            layer.canvas.drawPath(gap, stroke("#8a6a60", 0.34, 0.5, 0.3))
    if upper:
        gum = skia.Rect.MakeLTRB(centre - 34, lips.y - 14, centre + 34, lips.y - 10)
        layer.canvas.drawRect(gum, fill(lips.gum, 0.8, 1.2))
    return layer.pixels


def _smooth_map(codes: tuple[str, ...]) -> ByteArray:
    table = ramp(codes, np.linspace(0, 1, 256, dtype=np.float32))
    return np.round(table * 255).astype(np.uint8)[:, None]


class Inside:
    """Paints the inside of the mouth into a box of the large picture."""

    def __init__(self, lips: Lips, centre: float, box: Box) -> None:
        top, bottom, left, right = box
        self._upper = _paint_row(lips, centre, upper=True)[top:bottom, left:right].copy()
        self._lower = _paint_row(lips, centre, upper=False)[top:bottom, left:right].copy()
        self._cavity = _smooth_map(lips.cavity)
        self._tongue = _smooth_map(lips.tongue)
        self._lips = lips

    def paint(
        self, mouth: Mouth, contours: Contours, rows: slice, columns: slice, x: FloatArray,
        y: FloatArray,
    ) -> FloatArray:  # fmt: skip
        """Paint a part of the box: float32 [rows, columns, 3] in 0 to 255.

        `x` [columns] counts from the middle, `y` [rows, 1] from the top of the picture.
        """
        drop = LOWER_GAP * mouth.open * (1 - 0.3 * mouth.round)
        depth = (y - self._lips.y + 6) * (255 / (drop + 12))
        flat = np.broadcast_to(np.clip(depth, 0, 255).astype(np.uint8), (len(y), len(x)))
        picture = cv2.applyColorMap(np.ascontiguousarray(flat), self._cavity).astype(np.float32)
        self._lay_lower_teeth(picture, mouth, drop, rows, columns)
        self._lay_tongue(picture, mouth, contours, drop, x, y)
        self._lay_upper_teeth(picture, mouth, rows, columns)
        above = contours.upper_in[None]
        shade = 1 - (0.46 - 0.26 * mouth.teeth) / (1 + 0.34 * np.square(np.maximum(y - above, 0)))
        shade *= (1 - 0.40 * np.minimum(np.abs(x) / (contours.inner + 1), 1) ** 3)[None]
        picture *= shade[..., None]
        return picture

    def _lay_lower_teeth(
        self, picture: FloatArray, mouth: Mouth, drop: float, rows: slice, columns: slice
    ) -> None:
        down = int(SCALE * (drop - 3.2))
        visible = min(1.0, 2 * mouth.open) * (1 - 0.7 * mouth.round) * (1 - mouth.teeth)
        if visible < 0.05 or rows.stop - down <= 0:
            return
        first = max(rows.start - down, 0)
        teeth = self._lower[first : rows.stop - down, columns]
        part = picture[len(picture) - len(teeth) :]
        part *= 1 - teeth[..., 3:] * (0.75 * visible / 255)
        part += teeth[..., :3] * np.float32(0.60 * visible)

    def _lay_tongue(
        self, picture: FloatArray, mouth: Mouth, contours: Contours, drop: float, x: FloatArray,
        y: FloatArray,
    ) -> None:  # fmt: skip
        raised = 0.30 + 0.58 * mouth.tongue
        top = self._lips.y - 1 + drop * (1 - raised) + 4.2 * (x / (contours.half_width * 0.66)) ** 2
        below = y - top[None]
        shine = np.clip(below, 0, 9)
        level = np.clip(
            (0.42 + 0.06 * mouth.tongue + 0.10 * shine - 0.0085 * shine * shine) * 255, 0, 255
        )
        tongue = cv2.applyColorMap(level.astype(np.uint8), self._tongue)
        side = np.clip((contours.half_width * 0.72 - np.abs(x)) * 0.35, 0, 1)
        cover = np.clip(below * 0.55 + 0.3, 0, 1) * side[None]
        cover *= 0.55 + 0.45 * min(1.0, drop / 9)
        picture += (tongue - picture) * cover[..., None]

    def _lay_upper_teeth(
        self, picture: FloatArray, mouth: Mouth, rows: slice, columns: slice
    ) -> None:
        # Pursed lips hide the teeth: the hole between them is dark.
        visible = np.float32(np.clip(1.25 - 1.5 * mouth.round * (1 - 0.75 * mouth.open), 0, 1))
        teeth = self._upper[rows, columns]
        picture *= 1 - teeth[..., 3:] * (visible / 255)
        picture += teeth[..., :3] * visible
