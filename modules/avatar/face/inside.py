"""What shows between the lips: teeth, tongue and the dark of the mouth."""

from __future__ import annotations

import cv2
import numpy as np
import skia

from modules.avatar.art.canvas import SCALE, Layer, colour, ramp
from modules.avatar.art.curves import polygon
from modules.avatar.art.paints import fill, stroke
from modules.avatar.art.parts import Lips
from modules.avatar.face.blending import blend, darken, threefold
from modules.avatar.face.contours import LOWER_GAP, Contours
from modules.avatar.specification import Mouth
from modules.messages import ByteArray, FloatArray

Box = tuple[int, int, int, int]
"""Top, bottom, left and right in pixels of the large picture."""

JAW_DROP = 14.5
"""How far the lower teeth go down with a wide open jaw, in pixels."""
_WARM = np.array([1.0, 0.93, 0.87], np.float32)
"""The light on the lower teeth, that came back from the tongue and lips."""
_SHADOW = np.array([0.86, 1.0, 1.0], np.float32)
"""What the shadow of the lips takes from red, green and blue."""
UPPER_TEETH = ((7.4, 0.0), (6.0, 0.55), (6.2, 0.1), (5.4, 1.0), (5.0, 1.8))
LOWER_TEETH = ((4.6, 0.0), (4.8, 0.2), (5.2, 0.2), (5.2, 0.9), (5.0, 1.8))
"""Width of each tooth from the middle outwards, and how much shorter than the first it is."""


def _tooth_colour(lips: Lips, fade: float) -> str:
    shade = np.clip(colour(lips.teeth) * fade * 255, 0, 255).astype(int)
    return "#{:02x}{:02x}{:02x}".format(*shade.tolist())


def _paint_row(lips: Lips, centre: float, upper: bool) -> ByteArray:
    # One row of teeth in the middle of the mouth's box: the lower one as if the jaw were shut.
    layer, edge = Layer(), lips.y + (1.7 if upper else 1.9)
    for side in (-1, 1):
        at = 0.0
        for k, (width, shorter) in enumerate(UPPER_TEETH if upper else LOWER_TEETH):
            left, right = sorted((centre + side * at, centre + side * (at + width)))
            at += width
            top, bottom = (lips.y - 13, edge - shorter) if upper else (edge + shorter, edge + 12)
            rect = skia.Rect.MakeLTRB(left + 0.1, top, right - 0.1, bottom)
            shade = _tooth_colour(lips, (1 if upper else 0.90) - 0.07 * k)
            layer.canvas.drawPath(skia.Path.RRect(rect, 1.5, 1.9), fill(shade, 1, 0.3))
            x = centre + side * at
            gap = polygon([(x, top + 1), (x, bottom - 1)], closed=False)
            layer.canvas.drawPath(gap, stroke("#9a7466", 0.26, 0.5, 0.35))
    if upper:
        gum = skia.Rect.MakeLTRB(centre - 34, lips.y - 14, centre + 34, lips.y - 10)
        layer.canvas.drawRect(gum, fill(lips.gum, 0.8, 1.2))
    return layer.pixels


def _smooth_map(codes: tuple[str, ...]) -> ByteArray:
    table = ramp(codes, np.linspace(0, 1, 256, dtype=np.float32))
    return np.round(table * 255).astype(np.uint8)[:, None]


def _parted(pixels: ByteArray) -> tuple[FloatArray, FloatArray]:
    # Premultiplied colour in 0 to 255, and how far it covers, in three channels each.
    cover = pixels[..., 3].astype(np.float32) / 255
    return pixels[..., :3].astype(np.float32), threefold(cover)


class Inside:
    """Paints the inside of the mouth into a box of the large picture."""

    def __init__(self, lips: Lips, centre: float, box: Box) -> None:
        top, bottom, left, right = box
        upper, lower = (
            _paint_row(lips, centre, up)[top:bottom, left:right] for up in (True, False)
        )
        self._upper, self._upper_cover = _parted(upper)
        self._lower, self._lower_cover = _parted(lower)
        self._lower *= _WARM
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
        self._lay_tongue(picture, mouth, contours, drop, x, y)
        self._lay_lower_teeth(picture, mouth, rows, columns)
        self._lay_upper_teeth(picture, mouth, rows, columns)
        self._shade(picture, mouth, contours, x, y)
        return picture

    def _shade(
        self, picture: FloatArray, mouth: Mouth, contours: Contours, x: FloatArray, y: FloatArray
    ) -> None:
        # The upper lip's shadow, and the dark at the corners: warm, or the teeth would look grey.
        below = np.square(np.maximum(y - contours.upper_in[None], 0))
        dark = (0.40 - 0.22 * mouth.teeth) / (1 + 0.42 * below)
        aside = np.minimum(np.abs(x) / (contours.inner + 1), 1) ** 3
        dark = dark + (0.46 * aside)[None] * (1 - dark)
        darken(picture, dark, _SHADOW)

    def _lay_lower_teeth(
        self, picture: FloatArray, mouth: Mouth, rows: slice, columns: slice
    ) -> None:
        down = round(SCALE * JAW_DROP * mouth.jaw)
        visible = min(1.0, 4 * mouth.open) * (1 - 0.7 * mouth.round) * (1 - mouth.teeth)
        if visible < 0.05 or rows.stop - down <= 0:
            return
        first = max(rows.start - down, 0)
        seen = slice(first, rows.stop - down)
        part = picture[len(picture) - (seen.stop - first) :]
        # The farther they are down, the less light reaches them.
        light = 0.92 - 0.22 * min(1.0, 2 * mouth.jaw)
        part *= 1 - np.float32(visible) * self._lower_cover[seen, columns]
        part += np.float32(light * visible) * self._lower[seen, columns]

    def _lay_tongue(
        self, picture: FloatArray, mouth: Mouth, contours: Contours, drop: float, x: FloatArray,
        y: FloatArray,
    ) -> None:  # fmt: skip
        # A raised tip reaches the upper teeth's edge, narrower than the tongue that lies.
        tip = mouth.tongue
        lying, raised = drop * 0.70 - 1, 1.2 + 0.08 * drop
        bend = (4.2 + 3.0 * tip) * (x / (contours.half_width * (0.66 - 0.06 * tip))) ** 2
        below = y - (self._lips.y + lying + (raised - lying) * tip + bend)[None]
        shine = np.clip(below, 0, 9)
        level = (0.42 + 0.16 * tip + 0.10 * shine - 0.0085 * shine * shine) * 255
        tongue = cv2.applyColorMap(np.clip(level, 0, 255).astype(np.uint8), self._tongue)
        side = np.clip((contours.half_width * (0.72 - 0.12 * tip) - np.abs(x)) * 0.35, 0, 1)
        cover = np.clip(below * 0.55 + 0.3, 0, 1) * side[None]
        cover *= 0.55 + 0.45 * min(1.0, drop / 9)
        blend(picture, tongue, cover)

    def _lay_upper_teeth(
        self, picture: FloatArray, mouth: Mouth, rows: slice, columns: slice
    ) -> None:
        # Pursed lips hide the teeth: the hole between them is dark.
        visible = np.float32(np.clip(1.25 - 1.5 * mouth.round * (1 - 0.75 * mouth.open), 0, 1))
        picture *= 1 - visible * self._upper_cover[rows, columns]
        picture += visible * self._upper[rows, columns]
