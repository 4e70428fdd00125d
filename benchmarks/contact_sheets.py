"""Pictures to look at: every persona's mouths, feelings, blinks, loops, and a spoken sentence.

`python -m benchmarks.contact_sheets --out DIR` writes, for each persona (or those named with
`--avatar`): mouth shapes against feelings, the face in each feeling, a blink frame by frame, strips
of the loops, a strip of a sentence said by espeak with the differences between its frames, and
curves of the same sentence. Nothing is measured here; `run()` returns what was written.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
from PIL import Image, ImageDraw

from benchmarks.curves import Curve, draw_curves
from modules.avatar import STATES, avatars, idle_loop
from modules.avatar.layers import renderer
from modules.avatar.rig.blinks import LIDS
from modules.avatar.rig.feelings import DEGREE, felt_pose
from modules.avatar.rig.idle import idle_pose
from modules.avatar.rig.pose import Pose
from modules.avatar.rig.rig import Rig
from modules.avatar.specification import Mouth, load_persona
from modules.messages import (
    EMOTIONS,
    FPS,
    FRAME_SAMPLES,
    FRAME_SIZE,
    ByteArray,
    Clause,
    EmotionLabel,
    FloatArray,
    Persona,
    Speech,
    TurnRequest,
    VisemeShape,
)
from modules.tts import ENGINES as VOICES

SENTENCE = "Ông Phúc học bơi ở hồ, phải không? Vâng, cháu chúc ông mạnh khỏe, sống vui!"
SHAPES: tuple[VisemeShape, ...] = get_args(VisemeShape)
_STRIP = 48
"""Frames of a strip."""


def run(out: Path, names: Sequence[str] = ()) -> list[Path]:
    """Write all sheets into `out`; takes some ten seconds a persona."""
    out.mkdir(parents=True, exist_ok=True)
    return [
        path for avatar in names or [each.id for each in avatars()] for path in _sheets(out, avatar)
    ]


def _sheets(out: Path, avatar: str) -> list[Path]:
    speech = spoken(avatar)
    frames = drawn(avatar, speech)
    return [
        _save(out / f"{avatar}-mouths.png", mouths(avatar)),
        _save(out / f"{avatar}-feelings.png", feelings(avatar)),
        _save(out / f"{avatar}-blink.png", blink(avatar)),
        _save(out / f"{avatar}-loops.png", loops(avatar)),
        _save(out / f"{avatar}-spoken.png", strip(avatar, frames)),
        _save(out / f"{avatar}-joins.png", joins(frames)),
        _save(out / f"{avatar}-curves.png", curves(avatar, speech)),
    ]


# --- poses ----------------------------------------------------------------------------------------


def draw(avatar: str, poses: Iterable[Pose]) -> list[ByteArray]:
    """Return each pose drawn by one brush: uint8 [512, 512, 3]."""
    brush, pictures = renderer(avatar).brush(), []
    for pose in poses:
        picture = np.empty((FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
        brush.draw(pose, picture)
        pictures.append(picture)
    return pictures


def mouth_of(avatar: str, shape: VisemeShape) -> Mouth:
    """Return the mouth of a shape at full weight and ordinary level, without a feeling."""
    target = load_persona(avatar).visemes[shape]
    return Mouth(**{name: getattr(target, name, 0.0) for name in Mouth._fields})


def _felt(avatar: str, feeling: EmotionLabel, degree: float, said: Mouth) -> Pose:
    persona = load_persona(avatar)
    return felt_pose(idle_pose(persona.rest), persona.expressions[feeling], degree, said)


def mouths(avatar: str) -> ByteArray:
    """Return mouth shapes (down) against feelings (across), enlarged."""
    box, rows = _mouth_box(avatar), []
    for shape in SHAPES:
        said = mouth_of(avatar, shape)
        poses = [_felt(avatar, feeling, DEGREE, said) for feeling in EMOTIONS]
        tiles = [_larger(picture[box], 1.5) for picture in draw(avatar, poses)]
        rows.append([_named(tile, f"{shape} {feeling}") for tile, feeling in zip(
            tiles, EMOTIONS, strict=True)])  # fmt: skip
    return _grid(rows)


def feelings(avatar: str) -> ByteArray:
    """Return the face in every feeling, half and whole, silent and with an open mouth."""
    head, rows = np.s_[60:390, 90:422], []
    for said, degree in ((Mouth(), 0.4), (Mouth(), DEGREE), (mouth_of(avatar, "open"), DEGREE)):
        poses = [_felt(avatar, feeling, degree, said) for feeling in EMOTIONS]
        tiles = [_larger(picture[head], 0.75) for picture in draw(avatar, poses)]
        rows.append([_named(t, feeling) for t, feeling in zip(tiles, EMOTIONS, strict=True)])
    return _grid(rows)


def blink(avatar: str) -> ByteArray:
    """Return the frames of a blink, and steps from wide open to shut."""
    still = idle_pose(load_persona(avatar).rest)
    rows = []
    for lids in ((1.0, *LIDS, 1.0), np.linspace(1.25, 0, len(LIDS) + 2)):
        poses = [still._replace(lid=float(lid)) for lid in lids]
        pictures = draw(avatar, poses)
        rows.append([_larger(picture[_eye_box(avatar)], 1.2) for picture in pictures])
    return _grid(rows)


def loops(avatar: str) -> ByteArray:
    """Return every 20th frame of each loop."""
    rows = []
    for state in STATES:
        frames = [f for k, f in enumerate(idle_loop(avatar, state)) if k % 20 == 0]
        rows.append([_named(_larger(f[40:420, 70:442], 0.4), state) for f in frames])
    return _grid(rows)


# --- speech ---------------------------------------------------------------------------------------


def spoken(avatar: str, text: str = SENTENCE) -> list[Speech]:
    """Return a text said by espeak with the persona's accent."""
    engine = next(spec for spec in VOICES if spec.name == "espeak").make()
    engine.load()
    who = load_persona(avatar).identity
    persona = Persona(gender=who.gender, age=who.age, region=who.region, avatar=avatar)
    stream = engine.open(TurnRequest(1, text, persona=persona))
    try:
        return list(stream.process(Clause(1, 0, text, text, last=True)))
    finally:
        engine.close()


def drawn(avatar: str, speech: list[Speech], feeling: EmotionLabel = "Other") -> ByteArray:
    """Return all frames of a reply as the avatar's engine draws it: [frames, 512, 512, 3]."""
    from modules.avatar.drawn import DrawnStream

    request = TurnRequest(1, "", persona=Persona(avatar=avatar), expression=feeling)
    stream = DrawnStream(request)
    batches = [batch for piece in speech for batch in stream.process(piece)]
    return np.concatenate([batch.rgb for batch in batches])


def strip(avatar: str, frames: ByteArray) -> ByteArray:
    """Return consecutive frames of a reply, each over its difference to the next (four times)."""
    face = np.s_[160:366, 160:352]
    shown = frames[10 : 10 + _STRIP + 1].astype(np.int16)
    tiles = [picture[face].astype(np.uint8) for picture in shown[:-1]]
    changes = [
        np.clip(4 * np.abs(after - before), 0, 255)[face].astype(np.uint8)
        for before, after in pairwise(shown)
    ]
    rows: list[list[ByteArray]] = []
    for k in range(0, _STRIP, 12):
        rows += [tiles[k : k + 12], changes[k : k + 12]]
    return _grid([[_larger(tile, 0.7) for tile in row] for row in rows])


def joins(frames: ByteArray) -> ByteArray:
    """Return the first and the last frames of a reply, whole, with their differences."""
    rows = []
    for part in (frames[:9], frames[-9:]):
        rows.append([_larger(picture, 0.4) for picture in part])
        rows.append([
            _larger(np.clip(8 * np.abs(b.astype(np.int16) - a), 0, 255).astype(np.uint8), 0.4)
            for a, b in pairwise(part)
        ])  # fmt: skip
    return _grid(rows)


def poses_of(avatar: str, speech: list[Speech]) -> list[Pose]:
    """Return the poses of a whole reply, known from its beginning."""
    rig, at = Rig(load_persona(avatar), avatar, 1, "Other"), 0
    for piece in speech:
        rig.hear(piece, at)
        at += len(piece.samples)
    frames = at // FRAME_SAMPLES
    rig.end(frames - 1, 0)
    return [rig.pose(frame) for frame in range(frames)]


def curves(avatar: str, speech: list[Speech]) -> ByteArray:
    """Return curves of a reply: opening and level, speed of the mouth, lids, gaze and head."""
    poses = poses_of(avatar, speech)
    sound = np.concatenate([piece.samples for piece in speech])[: len(poses) * FRAME_SAMPLES]
    power = np.square(sound.reshape(len(poses), FRAME_SAMPLES)).mean(axis=1)
    level = np.clip(10 * np.log10(power + 1e-9) / 60 + 1, 0, 1).astype(np.float32)
    mouth = np.array([pose.mouth for pose in poses], np.float32)
    speed = np.abs(np.diff(mouth, axis=0, prepend=mouth[:1])) * FPS
    red, blue, green, purple, grey = "#c03030", "#3050c0", "#208040", "#a03090", "#909090"
    panels = [
        ("opening, jaw (level grey)",
         [Curve(level, grey), _of(mouth, "open", red), _of(mouth, "jaw", blue)]),
        ("width, rounding", [_of(mouth, "width", green), _of(mouth, "round", purple)]),
        ("press, teeth, tongue",
         [_of(mouth, "press", red), _of(mouth, "teeth", grey), _of(mouth, "tongue", blue)]),
        ("speed of the opening, 1/s", [Curve(speed[:, Mouth._fields.index("open")], red)]),
        ("lids", [_pose(poses, "lid", grey)]),
        ("gaze x, y, px", [_pose(poses, "gaze_x", green), _pose(poses, "gaze_y", purple)]),
        ("yaw, pitch, px", [_pose(poses, "yaw", blue), _pose(poses, "pitch", red)]),
        ("roll, rad", [_pose(poses, "roll", grey)]),
        ("brows, breath", [_pose(poses, "brow", green), _pose(poses, "breath", grey)]),
    ]  # fmt: skip
    return draw_curves(panels, FPS)


def _of(mouth: FloatArray, name: str, colour: str) -> Curve:
    return Curve(mouth[:, Mouth._fields.index(name)], colour)


def _pose(poses: list[Pose], name: str, colour: str) -> Curve:
    return Curve(np.array([getattr(pose, name) for pose in poses], np.float32), colour)


# --- sheets ---------------------------------------------------------------------------------------


def _mouth_box(avatar: str) -> tuple[slice, slice]:
    look = load_persona(avatar).look
    y, x = round(look.lips.y), round(look.head.centre)
    return slice(y - 40, y + 60), slice(x - 60, x + 60)


def _eye_box(avatar: str) -> tuple[slice, slice]:
    look = load_persona(avatar).look
    y, x = round(look.eyes.y), round(look.head.centre)
    return slice(y - 40, y + 24), slice(x - 74, x + 74)


def _larger(picture: ByteArray, scale: float) -> ByteArray:
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    resized = cv2.resize(
        np.ascontiguousarray(picture), None, fx=scale, fy=scale, interpolation=method
    )
    return np.asarray(resized, np.uint8)


def _named(tile: ByteArray, name: str) -> ByteArray:
    image = Image.fromarray(tile)
    ImageDraw.Draw(image).text((4, 2), name, fill="#ffffff", stroke_width=1, stroke_fill="#000000")
    return np.array(image)


def _grid(rows: Sequence[Sequence[ByteArray]]) -> ByteArray:
    high = [max(tile.shape[0] for tile in row) for row in rows]
    wide = max(tile.shape[1] for tile in chain(*rows))
    sheet = np.zeros((sum(high), wide * max(map(len, rows)), 3), np.uint8)
    top = 0
    for row, height in zip(rows, high, strict=True):
        for k, tile in enumerate(row):
            sheet[top : top + tile.shape[0], k * wide : k * wide + tile.shape[1]] = tile
        top += height
    return sheet


def _save(path: Path, sheet: ByteArray) -> Path:
    Image.fromarray(sheet).save(path)
    return path


def main() -> None:
    """Write the sheets and say which."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--avatar", action="append", default=[])
    arguments = parser.parse_args()
    for path in run(arguments.out, arguments.avatar):
        print(path)


if __name__ == "__main__":
    main()
