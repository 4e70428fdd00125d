"""Hair: single strands between guide lines, gathered in locks, lit by bands of light.

Each group of strands is first drawn as plain data (how bright a strand is, which lock it belongs
to, how near the lock's middle it lies) and then lit as a whole. So the bands of light follow the
hair as a smooth form, and every strand breaks their edge a little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import skia

from modules.avatar.art.canvas import (
    LARGE,
    SCALE,
    Layer,
    colour,
    enlarge,
    mask,
    mix,
    moved,
    ramp,
    reduce,
    screen,
    soften,
)
from modules.avatar.art.curves import Points, curve, polygon
from modules.avatar.art.light import unit
from modules.avatar.art.paints import fill
from modules.avatar.art.parts import Hair, HairGroup, Volume
from modules.avatar.art.scene import Light
from modules.messages import FRAME_SIZE, ByteArray, FloatArray

_STEPS = 56


class Painted(NamedTuple):
    """A painted group: colour [h, w, 3] and coverage [h, w] of a box of the large picture."""

    colour: FloatArray
    coverage: FloatArray
    box: tuple[slice, slice]


class Sheet:
    """The surface between the guides: `u` runs across from the first, `t` from root to tip."""

    def __init__(self, guides: Sequence[Points]) -> None:
        self.guides = np.stack([curve(guide, _STEPS) for guide in guides])

    def at(self, u: FloatArray) -> FloatArray:
        """Return points for u [n, steps], each along the whole length: float32 [n, steps, 2]."""
        place = np.clip(u, -0.35, 1.35) * (len(self.guides) - 1)
        low = np.clip(np.floor(place).astype(int), 0, len(self.guides) - 2)
        part = (place - low)[..., None]
        step = np.broadcast_to(np.arange(_STEPS), low.shape)
        points = self.guides[low, step] * (1 - part) + self.guides[low + 1, step] * part
        return np.asarray(points, dtype=np.float32)

    def coordinates(self) -> tuple[FloatArray, FloatArray]:
        """Return t and u at every pixel, smooth and spread beyond the edges: [512, 512] each."""
        u = np.linspace(-0.05, 1.05, 160)
        coarse = self.at(np.repeat(u[:, None], _STEPS, axis=1).astype(np.float32))
        fine = np.linspace(0, _STEPS - 1, 400)
        low = np.minimum(fine.astype(int), _STEPS - 2)
        part = (fine - low)[None, :, None]
        points = coarse[:, low] * (1 - part) + coarse[:, low + 1] * part
        cell = np.floor(points).astype(int)
        inside = np.all((cell >= 0) & (cell < FRAME_SIZE), axis=-1)
        index = (cell[..., 1] * FRAME_SIZE + cell[..., 0])[inside]
        t = np.broadcast_to(fine / (_STEPS - 1), inside.shape)[inside]
        across = np.broadcast_to(u[:, None], inside.shape)[inside]
        return _spread(index, t), _spread(index, across)


def _spread(index: np.ndarray, value: np.ndarray) -> FloatArray:
    # Scattered samples -> a dense smooth map: near the samples a narrow mean, far off a wide one.
    size = FRAME_SIZE * FRAME_SIZE
    count = np.bincount(index, minlength=size).reshape(FRAME_SIZE, -1).astype(np.float32)
    total = np.bincount(index, value, size).reshape(FRAME_SIZE, -1).astype(np.float32)
    narrow, wide = soften(count, 1.5) + 1e-6, soften(count, 9) + 1e-9
    trust = np.clip(narrow * 6, 0, 1)
    near, far = soften(total, 1.5) / narrow, soften(total, 9) / wide
    return np.asarray(trust * near + (1 - trust) * far, dtype=np.float32)


def _strands(
    sheet: Sheet, group: HairGroup, random: np.random.Generator
) -> tuple[FloatArray, np.ndarray, FloatArray, np.ndarray]:
    # Points of every strand, which lock it is in, where in the lock (-1 to 1), and its place.
    count, locks = group.strands, group.locks
    u = np.sort(random.uniform(0, 1, count))
    edges = np.sort(np.concatenate([[0.0], random.uniform(0, 1, locks - 1), [1.0]]))
    middle, width = (edges[1:] + edges[:-1]) / 2, np.maximum(np.diff(edges), 0.01)
    lock = np.clip(np.searchsorted(edges, u) - 1, 0, locks - 1)
    inside = (u - middle[lock]) / width[lock] * 2
    t = np.linspace(0, 1, _STEPS)[None]
    sway = np.sin(t * random.uniform(2, 4, (locks, 1)) + random.uniform(0, 6, (locks, 1)))
    drift = (random.normal(0, 1, (locks, 1)) * sway * t)[lock]
    waver = np.sin(t * random.uniform(3, 8, (count, 1)) + random.uniform(0, 6, (count, 1))) * t
    stray = random.normal(0, 0.35, (count, 1)) * t**2
    gathered = (u - middle[lock])[:, None] * group.clump * t**1.3
    across = u[:, None] - gathered + group.spread * (drift + 0.25 * waver + stray)
    loose = random.random((count, 1)) < group.stray * u[:, None] ** 3
    across = across + loose * random.uniform(0.02, 0.10, (count, 1)) * np.sin(np.pi * t) ** 0.7
    return sheet.at(across.astype(np.float32)), lock, inside.astype(np.float32), u


def _ribbons(points: FloatArray, widths: FloatArray, taper: float) -> FloatArray:
    # Outlines of strands that thin out towards their tips: [n, 2 * steps, 2].
    along = np.gradient(points, axis=1)
    aside = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    aside /= np.maximum(np.linalg.norm(aside, axis=-1, keepdims=True), 1e-6)
    t = np.linspace(0, 1, points.shape[1])
    full = np.clip((1.02 - t) / taper, 0.08, 1) * np.clip(0.2 + t / 0.12, 0, 1)
    half = (widths[:, None] * full / 2)[..., None] * aside
    return np.concatenate([points + half, (points - half)[:, ::-1]], axis=1).astype(np.float32)


def _body(sheet: Sheet, group: HairGroup) -> skia.Path:
    low, high = group.body
    end = max(2, round(group.body_until * _STEPS))
    start = min(end - 2, round(group.body_from * _STEPS))
    across = np.linspace(low, high, 24, dtype=np.float32)[:, None].repeat(_STEPS, axis=1)
    lines = sheet.at(across)[:, start:end]
    return polygon(np.vstack([lines[0], lines[:, -1], lines[-1, ::-1], lines[::-1, 0]]))


def covered(hair: Hair) -> FloatArray:
    """Return where hair hides the face behind it, without loose strands: float32 [512, 512]."""
    total = np.zeros((FRAME_SIZE, FRAME_SIZE), np.float32)
    for group in hair.groups:
        if group.where != "back":
            np.maximum(total, mask(_body(Sheet(group.guides), group)), out=total)
    return total


def _draw_body(layer: Layer, sheet: Sheet, group: HairGroup) -> None:
    path = _body(sheet, group)
    paint = skia.Paint(AntiAlias=True, Color=skia.Color(95, 128, 60, 255))
    if group.body_soft:
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, group.body_soft))
    layer.canvas.drawPath(path, paint)


def _greyness(group: HairGroup, u: np.ndarray) -> FloatArray:
    # How grey each strand is: most are either dark or grey, and few in between.
    random = np.random.default_rng([group.seed, 1])
    turned = random.random(len(u)) < np.interp(u, *np.array(group.grey).T)
    return np.where(turned, random.uniform(0.7, 1, len(u)), 0.12).astype(np.float32)


def _draw_strands(layer: Layer, grey: Layer | None, sheet: Sheet, group: HairGroup) -> None:
    random = np.random.default_rng(group.seed)
    points, lock, inside, u = _strands(sheet, group, random)
    greyness = _greyness(group, u) if grey is not None else None
    lock_shade = random.uniform(0, 1, group.locks)
    paint = skia.Paint(AntiAlias=True)
    widths = group.width * random.uniform(0.5, 1.4, group.strands).astype(np.float32)
    for i in random.permutation(group.strands).tolist():
        shade = float(lock_shade[lock[i]])
        first = int(random.integers(0, _STEPS // 3)) if random.random() < 0.35 else 0
        last = int(random.integers(_STEPS * 2 // 3, _STEPS)) if random.random() < 0.5 else _STEPS
        bright = np.clip(0.5 + 0.22 * random.normal() + 0.28 * (shade - 0.5), 0, 1)
        nearness = np.clip(1 - 0.9 * abs(float(inside[i])) ** 3, 0, 1)
        alpha = random.uniform(0.55, 0.95)
        paint.setColor(
            skia.Color(*(int(255 * value) for value in (bright, shade, nearness, alpha)))
        )
        if group.roots:
            first = int(_STEPS * random.uniform(0, group.roots))
        part = points[i : i + 1, first:last]
        path = polygon(_ribbons(part, widths[i : i + 1], group.taper)[0])
        layer.canvas.drawPath(path, paint)
        if grey is not None and greyness is not None:
            level = int(255 * greyness[i])
            paint.setColor(skia.Color(level, level, level, int(255 * alpha)))
            grey.canvas.drawPath(path, paint)


def _drawn_data(group: HairGroup, sheet: Sheet) -> tuple[ByteArray, ByteArray | None]:
    layer, grey = Layer(), Layer() if group.grey else None
    _draw_body(layer, sheet, group)
    _draw_strands(layer, grey, sheet, group)
    return layer.pixels, grey.pixels if grey is not None else None


def _box(alpha: ByteArray) -> tuple[slice, slice]:
    rows, columns = (np.flatnonzero(alpha.any(axis=axis)) for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _sheen(
    group: HairGroup, t: FloatArray, u: FloatArray, bright: FloatArray, shade: FloatArray
) -> FloatArray:
    # Every strand shifts the bands a little along the hair, which breaks their edge.
    ragged = t + 0.045 * (bright - 0.5) + 0.05 * (shade - 0.5)
    total = np.zeros_like(t)
    for place, width, strength, across, breadth in group.shine:
        distance = np.square((ragged - place) / width) + np.square((u - across) / breadth)
        total += strength * cv2.exp(-0.5 * distance)
    return total


def _form(volume: Volume, light: Light, box: tuple[slice, slice]) -> tuple[FloatArray, FloatArray]:
    # Light from the key on the round form under the hair, about 1, and the light along its rim.
    x, y = (axis[box] / SCALE for axis in np.meshgrid(*[np.arange(LARGE, dtype=np.float32)] * 2))
    nx = (x - volume.x) / volume.width
    ny = np.minimum((y - volume.y) / volume.height, 0.25)
    out = np.minimum(np.hypot(nx, ny), 0.999)
    nz = np.sqrt(1 - out * out)
    key, rim = unit(light.key), unit(light.rim)
    lit = np.clip((nx * key[0] + ny * key[1] + nz * key[2] + 0.4) / 1.4, 0, 1)
    edge = np.clip(nx * rim[0] + ny * rim[1], 0, 1) * out**6
    return (
        np.asarray(1 + volume.amount * (1.9 * lit - 1.05), np.float32),
        np.asarray(volume.rim * edge, np.float32),
    )


def paint_group(group: HairGroup, hair: Hair, light: Light) -> Painted:
    """Draw and light one group of strands."""
    sheet = Sheet(group.guides)
    pixels, grey = _drawn_data(group, sheet)
    box = _box(pixels[..., 3])
    data = pixels[box].astype(np.float32) * np.float32(1 / 255)
    coverage = np.ascontiguousarray(data[..., 3])
    bright, shade, nearness = np.moveaxis(data[..., :3], -1, 0) / np.maximum(coverage, 1e-3)
    t, u = (enlarge(axis)[box] for axis in sheet.coordinates())
    places = np.array(group.brightness, np.float32).T
    table = np.interp(np.linspace(0, 1, 256), *places).astype(np.float32)
    value = 0.42 * table[np.clip(t * 255, 0, 255).astype(np.int32)]
    value *= (0.62 + 0.64 * bright) * (0.5 + 0.5 * nearness)
    sheen = _sheen(group, t, u, bright, shade)
    sheen *= np.clip(0.42 + 0.86 * bright, 0, 1.4) * (0.45 + 0.55 * nearness)
    rim = None
    if hair.volume is not None:
        form, rim = _form(hair.volume, light, box)
        value, sheen = value * form, sheen * np.clip(form, 0, 1.3)
    level = np.asarray(value + 0.62 * sheen)
    picture = ramp(hair.ramp, level)
    if grey is not None:
        share = grey[box][..., 0].astype(np.float32) / 255 / np.maximum(coverage, 1e-3)
        mix(picture, ramp(hair.grey, level), np.clip(share, 0, 1))
    if rim is not None:
        screen(picture, colour(light.rim_colour), rim * (0.35 + 0.9 * bright))
    return Painted(picture, coverage, box)


def paint_wisps(layer: Layer, hair: Hair) -> None:
    """Draw loose strands on a layer."""
    for wisp in hair.wisps:
        random = np.random.default_rng(wisp.seed)
        middle = curve(wisp.points, 40)
        t = np.linspace(0, 1, 40)[:, None]
        for _ in range(wisp.count):
            bend = np.sin(t * random.uniform(2, 5) + random.uniform(0, 6)) * random.normal(0, 0.6)
            aside = wisp.spread * t**1.4 * (random.normal(0, 1, (1, 2)) + bend)
            end = int(random.integers(26, 41))
            code = hair.ramp[int(random.integers(1, 4))]
            if wisp.grey and random.random() < wisp.grey:
                code = hair.grey[-1]
            alpha = wisp.alpha * random.uniform(0.5, 1)
            width = np.array([wisp.width * random.uniform(0.8, 1.5)], np.float32)
            strand = (middle + aside)[None, :end].astype(np.float32)
            layer.canvas.drawPath(polygon(_ribbons(strand, width, 0.6)[0]), fill(code, alpha))


def below(hair: Painted, sigma: float = 10.0, down: float = 12) -> FloatArray:
    """Return the soft shadow that hair casts on what lies under it: float32 [LARGE, LARGE]."""
    coverage = np.zeros((LARGE, LARGE), np.float32)
    coverage[hair.box] = hair.coverage
    shadow = moved(soften(reduce(coverage), sigma / 2), -1, down / 2)
    return np.asarray(enlarge(shadow) * (1 - coverage))
