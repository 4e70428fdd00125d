"""Four portraits whose faces are known to the pixel: drawn, then treated like photographs.

`python -m benchmarks.portraits tests/avatar/photo/portraits` writes them as the tests keep them.
They are drawn personas with other skin, hair, light and faces, of which the noise, blur, lens and
compression of a camera are made a part. Because they are drawn, every point of the face is known.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from modules.avatar.art.portrait import paint_portrait
from modules.avatar.art.scene import Look
from modules.avatar.face.renderer import Renderer
from modules.avatar.photo.arrays import Array
from modules.avatar.rig.pose import Pose
from modules.avatar.specification import Mouth, load_persona
from modules.messages import ByteArray

SIZE = 1024
KEPT = 768
"""Pixels of a side of what the tests keep."""
_CLOSED = Mouth()


@dataclass(frozen=True)
class Sitter:
    """Who sits for a portrait, and how the picture is taken."""

    skin: tuple[str, ...] = ()
    hair: tuple[str, ...] = ()
    lips: tuple[str, ...] = ()
    key: tuple[float, float, float] | None = None
    jaw: float = 1.0
    """Width of the lower face."""
    mouth: Mouth = _CLOSED
    tilt: float = 0.0
    """Degrees that the head is tilted, clockwise as seen."""
    warmth: tuple[float, float, float] = (1.0, 1.0, 1.0)
    exposure: float = 1.0
    noise: float = 0.008
    blur: float = 0.6
    quality: int = 90
    fall: float = 0.0
    """How much darker the right side of the picture is."""
    lines: float = 0.0
    """How deep the wrinkles are."""


SITTERS: dict[str, Sitter] = {
    "fair": Sitter(noise=0.006, quality=93),
    "dark": Sitter(
        skin=("#1c0e0a", "#3a2018", "#5e3826", "#7d4e36", "#9a6a4c", "#c69a78"),
        lips=("#2a0e10", "#4c1f20", "#6e3230", "#8a4a44", "#b4766a", "#e8b8a8"),
        key=(0.55, -0.35, 0.74), jaw=1.05, noise=0.012, fall=0.25, tilt=-7.0,
    ),
    "aged": Sitter(
        skin=("#5a3226", "#94604a", "#bc8a6c", "#d6a888", "#e8c4a6", "#f6e2cc"),
        hair=("#4a4846", "#6c6a68", "#8e8c8a", "#aeacaa", "#cfcdca", "#f2f0ee"),
        lips=("#5a2c2a", "#8a5450", "#a8746c", "#bc8c82", "#d8b0a4", "#f4ddd4"),
        lines=0.5, noise=0.010, blur=0.9, tilt=9.0, warmth=(1.0, 0.97, 0.90), exposure=0.92,
    ),
    "smiling": Sitter(
        skin=("#4e2a1c", "#8a563e", "#b88060", "#d4a07c", "#e6be9c", "#f6e0c8"),
        mouth=Mouth(open=0.30, width=0.95, corner=1.0, jaw=0.15),
        warmth=(1.0, 0.90, 0.74), exposure=0.80, noise=0.016, blur=0.8, quality=80, fall=0.15,
    ),
}  # fmt: skip


@lru_cache(maxsize=8)
def portrait(name: str) -> tuple[ByteArray, dict[str, tuple[float, float]]]:
    """Return a sitter's picture, uint8 [1024, 1024, 3], and the true points of the face in it."""
    sitter = SITTERS[name]
    look = _look(sitter)
    persona = load_persona("linh").model_copy(update={"look": look})
    drawn = Renderer(persona, np.round(paint_portrait(look) * 255).astype(np.uint8)).brush()
    still = np.empty((512, 512, 3), np.uint8)
    drawn.draw(Pose(mouth=sitter.mouth, squint=0.3 * sitter.mouth.corner), still)
    picture: Array = drawn._picture.astype(np.float32) / 255
    points = _points(look, sitter)
    _age(picture, look, sitter.lines)
    turn = cv2.getRotationMatrix2D((SIZE / 2, 0.62 * SIZE), -sitter.tilt, 1.0)
    picture = cv2.warpAffine(picture, turn, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT_101)
    where = {
        name: (turn @ np.array([2 * x + 0.5, 2 * y + 0.5, 1.0])) for name, (x, y) in points.items()
    }
    taken = _photograph(picture, sitter)
    taken.setflags(write=False)
    return taken, {name: (float(x), float(y)) for name, (x, y) in where.items()}


def _look(sitter: Sitter) -> Look:
    look = load_persona("linh").look
    changes: dict[str, Any] = {}
    if sitter.skin:
        tints = tuple(t for t in look.skin.tints if not t.light)
        muted = tuple(t.model_copy(update={"amount": 0.4 * t.amount}) for t in tints)
        dark = {"ramp": _ramp(look.skin.ramp, sitter.skin), "tints": muted}
        changes["skin"] = look.skin.model_copy(update=dark)
    if sitter.hair:
        changes["hair"] = look.hair.model_copy(update={"ramp": _ramp(look.hair.ramp, sitter.hair)})
        changes["brows"] = look.brows.model_copy(
            update={"colour": sitter.hair[1], "hair": sitter.hair[0]}
        )
    if sitter.lips:
        changes["lips"] = look.lips.model_copy(update={"ramp": _ramp(look.lips.ramp, sitter.lips)})
    if sitter.key:
        changes["light"] = look.light.model_copy(update={"key": sitter.key})
    if sitter.jaw != 1:
        wide = tuple((x * (sitter.jaw if y > 240 else 1), y) for x, y in look.head.outline)
        changes["head"] = look.head.model_copy(update={"outline": wide})
    return look.model_copy(update=changes)


def _ramp(like: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    places = np.linspace(0, len(wanted) - 1, len(like)).round().astype(int)
    return tuple(wanted[k] for k in places)


def _points(look: Look, sitter: Sitter) -> dict[str, tuple[float, float]]:
    centre, eyes, lips, brows = look.head.centre, look.eyes, look.lips, look.brows
    points: dict[str, tuple[float, float]] = {"nose_base": (centre, 263.0)}
    for side, name in ((-1, "left"), (1, "right")):
        x = centre + side * eyes.apart
        points |= {
            f"{name}_iris": (x, eyes.y - 0.3 * (eyes.upper - eyes.lower)),
            f"{name}_eye_outer": (x + side * eyes.half_width, eyes.y - eyes.tilt),
            f"{name}_eye_inner": (x - side * eyes.half_width, eyes.y + eyes.tilt),
            f"{name}_eye_top": (x, eyes.y - eyes.upper),
            f"{name}_eye_bottom": (x, eyes.y + eyes.lower),
        }
        bx, half = centre + side * brows.apart, brows.half_length
        for place, part in (("outer", 1.0), ("middle", 0.1), ("inner", -0.98)):
            bend = np.interp(part, *np.array(brows.curve).T)
            points[f"{name}_brow_{place}"] = (bx + side * part * half, brows.y + float(bend))
        outline = np.array(look.head.outline)
        width = float(np.interp(lips.y, outline[:, 1], outline[:, 0]))
        points[f"jaw_{name}"] = (centre + side * width, lips.y)
    points["chin"] = (centre, look.head.outline[-1][1])
    return points | _mouth_points(look, sitter.mouth)


def _mouth_points(look: Look, mouth: Mouth) -> dict[str, tuple[float, float]]:
    from modules.avatar.face.contours import LipShape

    x = np.linspace(-50, 50, 1001, dtype=np.float32)
    shape = LipShape(look.lips, x).contours(mouth)
    middle, centre = len(x) // 2, look.head.centre
    left = float(np.interp(-shape.half_width, x, shape.middle))
    return {
        "mouth_left": (centre - shape.half_width, left),
        "mouth_right": (centre + shape.half_width, left),
        "upper_lip_outer": (centre, float(shape.upper_out[middle])),
        "upper_lip_inner": (centre, float(shape.upper_in[middle])),
        "lower_lip_inner": (centre, float(shape.lower_in[middle])),
        "lower_lip_outer": (centre, float(shape.lower_out[middle])),
    }


def _age(picture: Array, look: Look, depth: float) -> None:
    """Draw wrinkles beside the eyes, on the forehead and from the nose to the mouth."""
    if not depth:
        return
    shade: Array = np.zeros(picture.shape[:2], np.float32)
    centre = look.head.centre
    for side in (-1, 1):
        folds = [
            [(20, 258), (29, 272), (35, 288)],
            [(22, 219), (38, 226), (54, 221)],
            [(66, 203), (74, 200), (80, 196)],
            [(66, 208), (75, 209), (81, 210)],
            [(33, 300), (38, 312), (38, 322)],
        ]
        for fold in folds:
            line = np.array([(2 * (centre + side * x), 2 * y) for x, y in fold], np.int32)
            cv2.polylines(shade, [line], False, 1.0, 2, cv2.LINE_AA)
    for y in (132, 146, 158):
        line = np.array([(2 * (centre + x), 2 * (y + abs(x) / 9)) for x in range(-44, 45, 8)])
        cv2.polylines(shade, [line.astype(np.int32)], False, 0.7, 2, cv2.LINE_AA)
    shade = cv2.GaussianBlur(shade, (0, 0), 2.0)
    picture *= (1 - depth * shade)[..., None] ** np.array([0.7, 1.0, 1.1], np.float32)


def _photograph(picture: Array, sitter: Sitter) -> ByteArray:
    across = np.linspace(0, 1, SIZE, dtype=np.float32)
    lit = picture * (sitter.exposure * (1 - sitter.fall * across))[None, :, None]
    lit *= np.array(sitter.warmth, np.float32)
    soft = cv2.GaussianBlur(lit, (0, 0), 2 * sitter.blur)
    random = np.random.default_rng(3)
    coarse = cv2.GaussianBlur(random.normal(0, 1, picture.shape), (0, 0), 0.8)
    grain = coarse * (2.5 * sitter.noise) * (0.4 + np.sqrt(np.clip(soft, 0, 1)))
    taken = np.clip((soft + grain) * 255, 0, 255).astype(np.uint8)
    done, packed = cv2.imencode(
        ".jpg", taken[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, sitter.quality]
    )
    if not done:
        raise RuntimeError("OpenCV could not write a JPEG")
    read: Array = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))
    return np.ascontiguousarray(read[..., ::-1])


def main() -> None:
    """Write all portraits, reduced to `KEPT` pixels, and their points into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    scale, points = KEPT / SIZE, {}
    for name in SITTERS:
        rgb, marks = portrait(name)
        small = cv2.resize(rgb, (KEPT, KEPT), interpolation=cv2.INTER_AREA)
        Image.fromarray(np.asarray(small)).save(folder / f"{name}.jpg", quality=90)
        points[name] = {
            point: [round(scale * x, 2), round(scale * y, 2)] for point, (x, y) in marks.items()
        }
    (folder / "points.json").write_text(json.dumps(points, indent=1) + "\n")


if __name__ == "__main__":
    main()
