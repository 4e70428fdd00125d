"""What shows between a portrait's lips: its own teeth or drawn ones in its light, tongue and dark.

Upper teeth belong to the skull: they are painted once and stand still while the lips move.
"""

from __future__ import annotations

import cv2
import numpy as np

from modules.avatar.photo.arrays import Array, ease
from modules.avatar.photo.lips import Lips
from modules.avatar.photo.outlines import Outlines
from modules.avatar.photo.points import INDEX
from modules.avatar.specification import Mouth

_TEETH = ((0.070, 0.150), (0.056, 0.128), (0.058, 0.142), (0.050, 0.118), (0.046, 0.104))
"""Half of a row, from the middle: width and height seen, in iris distances."""
_EDGE = 0.045
"""How far the front teeth reach below the line where the lips meet."""
_OVER = 4
_IVORY = np.array([1.0, 0.955, 0.875], np.float32)
_FLESH = np.array([150, 70, 66], np.float32)


class Inside:
    """The inside of one portrait's mouth. Immutable after it is made."""

    def __init__(self, rgb: Array, points: Array, outlines: Outlines) -> None:
        self._o, self._unit = outlines, outlines.unit
        self._left, right = outlines.columns
        self._top = int(outlines.nose)
        self._size = (min(511, int(outlines.chin)) - self._top, right - self._left)
        self._white = _eye_white(rgb, points)
        lip = _lip_colour(rgb, outlines)
        light = float(self._white.max()) / 255
        self._tongue = np.clip(0.45 * lip + 0.55 * _FLESH * light * 1.15, 0, 255)
        self._dark = np.clip(0.16 * lip + np.array([8, 2, 2]), 0, 70).astype(np.float32)
        self._line = (0.42 * lip).astype(np.float32)
        own = outlines.open and _has_teeth(rgb, outlines, lip)
        self._teeth = self._own(rgb) if own else self._drawn()

    def paint(self, part: Array, top: int, mouth: Mouth, lips: Lips) -> None:
        """Paint the open mouth into a moved box, float32 [rows, columns, 3] from row `top` on."""
        gap = lips.lower - lips.upper
        shown = np.flatnonzero((lips.depth > 0) & (gap > 0.2))
        if not len(shown) or lips.active <= 0:
            return
        across = slice(int(shown[0]), int(shown[-1]) + 1)
        upper, lower, gap = lips.upper[across], lips.lower[across], gap[across]
        first = max(int(upper.min()) - 2, self._top, top)
        last = min(int(lower.max()) + 3, self._top + self._size[0], top + len(part))
        y = np.arange(first, last, dtype=np.float32)[:, None]
        inside = self._painted(y, first, across, mouth, lips.depth[across], upper, lower)
        cover = np.clip((y - upper) * 0.7 + 0.35, 0, 1) * np.clip((lower - y) * 0.7 + 0.35, 0, 1)
        cover *= np.clip(gap / 1.6, 0, 1) * min(1.0, 1.6 * lips.active)
        area = part[first - top : last - top, across]
        area += (inside - area) * cover[..., None].astype(np.float32)

    def close(self, part: Array, top: int, lips: Lips) -> None:
        """Draw the line of lips that are open in the portrait and shut now."""
        if not self._o.open:
            return
        y = np.arange(top, top + len(part), dtype=np.float32)[:, None]
        gap = lips.lower - lips.upper
        shut = np.clip(1 - gap / 2.5, 0, 1) * ease((1.05 - np.abs(lips.across)) / 0.15)
        near = np.clip(1 - np.abs(y - 0.5 * (lips.lower + lips.upper)) / 1.5, 0, 1)
        cover = near * shut * (0.75 * lips.active)
        part += (self._line - part) * cover[..., None].astype(np.float32)

    def _painted(
        self, y: Array, first: int, across: slice, mouth: Mouth, depth: Array,
        upper: Array, lower: Array,
    ) -> Array:  # fmt: skip
        u = self._unit
        gap = np.maximum(lower - upper, 0.5)
        below = y - upper
        level = np.clip(below / gap, 0, 1)
        picture = np.empty((*level.shape, 3), np.float32)
        picture[:] = self._dark
        picture *= (0.55 + 0.75 * level)[..., None]
        raised = 0.42 + 0.40 * mouth.tongue
        rim = lower - raised * np.minimum(gap, 0.17 * u) + 0.035 * u * (1 - depth)
        tongue = np.clip((y - rim) / (0.035 * u), 0, 1) * np.clip(gap / (0.10 * u), 0, 1)
        tongue *= ease(depth / 0.5) * (1 - 0.4 * mouth.round)
        shine = 0.62 + 0.38 * np.clip(1 - np.abs(y - rim - 0.035 * u) / (0.05 * u), 0, 1)
        picture += (self._tongue * shine[..., None] - picture) * tongue[..., None]
        rows = slice(first - self._top, first - self._top + len(y))
        teeth = self._teeth[rows, across]
        # Pursed lips hide the teeth.
        visible = np.clip(1.25 - 1.9 * mouth.round, 0, 1) * np.clip(gap / (0.03 * u), 0, 1)
        cover = teeth[..., 3] * visible
        picture += (teeth[..., :3] - picture) * cover[..., None]
        # The upper lip throws its shadow on the teeth; it is warm, as all light here went through
        # flesh: a grey shadow makes grey teeth.
        shadow = 1 - (0.42 - 0.22 * mouth.teeth) * np.exp(-np.maximum(below, 0) / (0.030 * u))
        shadow *= (1 - 0.45 * (1 - depth) ** 2)[None]
        picture *= shadow[..., None] ** np.array([0.8, 1.05, 1.1], np.float32)
        return picture

    def _drawn(self) -> Array:
        """Return drawn upper teeth for the box: float32 [rows, columns, 4], colour and cover."""
        height, width = self._size
        o, u = self._o, self._unit * _OVER
        cover: Array = np.zeros((height * _OVER, width * _OVER), np.uint8)
        shade: Array = np.full(cover.shape, 255, np.uint8)
        middle = int((o.middle - self._left) * _OVER)
        meet = float(np.interp(o.middle, np.arange(*o.columns), o.meet))
        edge = int((meet - self._top) * _OVER + _EDGE * u)
        for side in (-1, 1):
            at = 0.0
            for k, (wide, tall) in enumerate(_TEETH):
                x0, x1 = (middle + side * int((at + w) * u * 1.0) for w in (0.0, wide))
                at += wide
                bottom = edge - int((0.150 - tall) * 0.40 * u) - int(0.004 * k * k * u)
                _tooth(cover, min(x0, x1), max(x0, x1), bottom, int(0.30 * u))
                gapped = max(x0, x1) if side > 0 else min(x0, x1)
                cv2.line(shade, (gapped, bottom - int(0.2 * u)), (gapped, bottom), 176, _OVER // 2)
        size = (width, height)
        cover, shade = (cv2.GaussianBlur(a, (0, 0), 0.7 * _OVER) for a in (cover, shade))
        alpha = cv2.resize(cover, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        lit = cv2.resize(shade, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        fall = np.clip(np.abs(o.across), 0, 1) ** 2
        lit *= (1 - 0.36 * fall)[None]
        y = np.arange(height, dtype=np.float32)[:, None]
        from_edge = np.clip((edge / _OVER - y) / (0.10 * self._unit), 0, 1)
        lit *= 1.0 - 0.10 * from_edge - 0.08 * np.clip(1 - from_edge * 5, 0, 1)
        teeth = np.empty((height, width, 4), np.float32)
        warm = lit[..., None] ** np.array([0.85, 1.0, 1.15], np.float32)
        teeth[..., :3] = np.clip(self._white * _IVORY * warm, 0, 250)
        teeth[..., 3] = alpha * 0.97
        return teeth

    def _own(self, rgb: Array) -> Array:
        """Return the portrait's own teeth, continued upwards behind the lip."""
        o = self._o
        height, width = self._size
        first, last = o.columns
        box = rgb[self._top : self._top + height, first:last].astype(np.float32)
        y = np.arange(self._top, self._top + height, dtype=np.float32)[:, None]
        # What stands above the inner edge of the lip is the row of teeth just below it.
        inset = np.minimum(2.0, 0.25 * (o.lower_in - o.upper_in))
        rows = np.clip(y, o.upper_in + inset, np.maximum(o.lower_in - inset, o.upper_in + inset))
        columns = np.broadcast_to(np.arange(width, dtype=np.float32), rows.shape)
        teeth = np.empty((height, width, 4), np.float32)
        teeth[..., :3] = cv2.remap(
            box, np.ascontiguousarray(columns), (rows - self._top).astype(np.float32),
            cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        below = np.clip((o.lower_in - 0.4 - y) / 1.6 + 0.5, 0, 1)
        teeth[..., 3] = below * ease((1 - np.abs(o.across)) / 0.15)
        return teeth


def _tooth(cover: Array, left: int, right: int, bottom: int, height: int) -> None:
    radius = max(2, int(0.28 * (right - left)))
    cv2.rectangle(cover, (left, bottom - height), (right, bottom - radius), 255, -1)
    cv2.rectangle(cover, (left + radius, bottom - 2 * radius), (right - radius, bottom), 255, -1)
    for x in (left + radius, right - radius):
        cv2.circle(cover, (x, bottom - radius), radius, 255, -1, cv2.LINE_AA)


def _eye_white(rgb: Array, points: Array) -> Array:
    """Return how white things look in the portrait's light, by the whites of its eyes."""
    found = []
    for side in ("left", "right"):
        names = ("outer", "top", "inner", "bottom")
        outline = np.array([points[INDEX[f"{side}_eye_{name}"]] for name in names])
        mask = np.zeros(rgb.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1)
        found.append(rgb[mask > 0].astype(np.float32))
    seen = np.concatenate(found)
    light = seen.mean(axis=1)
    bright = seen[(light >= np.percentile(light, 72)) & (light <= np.percentile(light, 94))]
    white = bright.mean(axis=0) if len(bright) else np.full(3, 200.0)
    # A picture's white may be tinted by its light, never by more than light is; and nothing white
    # is darker than the skin beside it.
    grey = max(float(white.mean()), _cheeks(rgb, points))
    white = white * (grey / white.mean())
    white = np.clip(white, 0.80 * grey, 1.18 * grey)
    return np.asarray(white * np.clip(1.06, 118 / grey, 240 / grey), np.float32)


def _cheeks(rgb: Array, points: Array) -> float:
    """Return the mean brightness of the lighter cheek."""
    unit = float(np.hypot(*(points[INDEX["right_iris"]] - points[INDEX["left_iris"]])))
    size, light = max(2, int(0.08 * unit)), 0.0
    for side in ("left", "right"):
        x, y = points[INDEX[f"{side}_eye_bottom"]] + (0, 0.32 * unit)
        patch = rgb[int(y) - size : int(y) + size, int(x) - size : int(x) + size]
        light = max(light, float(np.median(patch.mean(axis=-1))) if patch.size else 0.0)
    return light


def _lip_colour(rgb: Array, o: Outlines) -> Array:
    first, _ = o.columns
    found = []
    for k in np.flatnonzero(np.abs(o.across) < 0.5):
        low, high = o.lower_in[k], o.lower_out[k]
        top = int(low + 0.3 * (high - low))
        found.append(rgb[top : max(top + 1, int(high)), first + k].reshape(-1, 3))
    return np.asarray(np.median(np.concatenate(found), axis=0), np.float32)


def _has_teeth(rgb: Array, o: Outlines, lip: Array) -> bool:
    """Tell whether what shows between open lips is brighter and less red than they are."""
    first, _ = o.columns
    rows = 0.5 * (o.upper_in + o.lower_in)
    at = np.flatnonzero(np.abs(o.across) < 0.5)
    seen = np.array([rgb[int(rows[k]), first + k] for k in at], np.float32)
    between = np.median(seen, axis=0)
    redness = between[0] / (between.sum() + 1), lip[0] / (lip.sum() + 1)
    return bool(between.mean() > 0.95 * lip.mean() and redness[0] < redness[1] - 0.02)
