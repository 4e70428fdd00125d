"""How portraits are found and moved: `python -m benchmarks.photo [--out DIR] [--json FILE]`.

Four drawn portraits (`benchmarks/portraits.py`), whose points are known. `--out DIR` writes contact
sheets of each portrait in every viseme and every feeling, at 200 %, and its points.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, get_args

import cv2
import numpy as np
from PIL import Image

from benchmarks.portraits import SITTERS, portrait
from benchmarks.report import Figure, spread, table
from modules.avatar import ENGINES
from modules.avatar.photo.arrays import Array
from modules.avatar.photo.cropping import crop_face, moved
from modules.avatar.photo.engine import motion
from modules.avatar.photo.finding import find_face
from modules.avatar.photo.marking import mark_face
from modules.avatar.photo.points import INDEX
from modules.avatar.photo.puppet import Puppet
from modules.avatar.rig.pose import Pose
from modules.avatar.specification import Mouth
from modules.messages import (
    EMOTIONS,
    FACE_POINTS,
    SPEECH_RATE,
    EmotionLabel,
    Persona,
    Portrait,
    Speech,
    TurnRequest,
    Viseme,
    VisemeShape,
)

FRAME_MS = 6.0
SHAPES: tuple[VisemeShape, ...] = get_args(VisemeShape)


def found(name: str) -> tuple[Portrait, Array, float]:
    """Return a sitter's portrait, the error of each point in iris distances, and seconds spent."""
    rgb, truth = portrait(name)
    begin = time.perf_counter()
    face = find_face(rgb)
    crop, into = crop_face(rgb, face)
    points = mark_face(crop, *moved(np.stack([face.left, face.right]), into))
    seconds = time.perf_counter() - begin
    wanted = moved(np.array([truth[point] for point in FACE_POINTS], np.float32), into)
    distance = np.hypot(*(wanted[INDEX["right_iris"]] - wanted[INDEX["left_iris"]]))
    errors = np.hypot(*(points - wanted).T) / distance
    return Portrait(f"photo-{name}", name, crop, points), errors, seconds


def viseme(shape: VisemeShape) -> Mouth:
    """Return the mouth of a viseme at its full weight."""
    target = motion().visemes[shape]
    names = ("open", "width", "round", "teeth", "tongue", "press", "jaw")
    return Mouth(*(getattr(target, channel) for channel in names))


def drawn(puppet: Puppet, pose: Pose) -> Array:
    """Return a pose of a puppet."""
    out = np.empty((512, 512, 3), np.uint8)
    puppet.draw(pose, out)
    return out


def speech(reply: int, seconds: float = 4.0) -> Speech:
    """Return made speech with a mouth shape every 60 to 180 ms."""
    random = np.random.default_rng(reply)
    count, at, visemes = int(seconds * SPEECH_RATE), 0, []
    while at < count:
        end = min(count, at + int(random.uniform(0.06, 0.18) * SPEECH_RATE))
        visemes.append(Viseme(at, end, SHAPES[int(random.integers(len(SHAPES)))]))
        at = end
    samples = random.normal(0, 0.1, count).astype(np.float32)
    return Speech(reply, 0, samples, tuple(visemes), last=True)


def frame_times(face: Portrait) -> list[float]:
    """Return milliseconds of one thread for each frame of a spoken reply."""
    (spec,) = (spec for spec in ENGINES if spec.name == "puppet")
    engine = spec.make()
    engine.load()
    stream: Any = engine.open(
        TurnRequest(1, "", persona=Persona(avatar=face.id), portrait=face, expression="Enjoyment")
    )
    draw, times = stream.draw, []

    def timed(frame: int, out: Array) -> None:
        begin = time.thread_time()
        draw(frame, out)
        times.append((time.thread_time() - begin) * 1e3)

    stream.draw = timed
    for _ in stream.process(speech(1)):
        pass
    return times


def seam(puppet: Puppet, face: Portrait) -> float:
    """Return how much steeper the picture is along the border of what is moved than it was there.

    Mean absolute second difference across the border of the mouth's box, moved minus at rest, in
    levels of 255: 0 where nothing shows.
    """
    lips, worst = puppet._lips, 0.0
    before = face.rgb.astype(np.float32)
    for shape in SHAPES:
        after = drawn(puppet, Pose(mouth=viseme(shape))).astype(np.float32)
        for axis, at, along in (
            (0, lips.top, slice(lips.left, lips.right)),
            (0, lips.bottom - 1, slice(lips.left, lips.right)),
            (1, lips.left, slice(lips.top, lips.bottom)),
            (1, lips.right - 1, slice(lips.top, lips.bottom)),
        ):
            steep = [_bend(np.moveaxis(p, axis, 0), at)[along] for p in (after, before)]
            worst = max(worst, float((steep[0] - steep[1]).mean()))
    return worst


def _bend(picture: Array, at: int) -> Array:
    return np.asarray(np.abs(2 * picture[at] - picture[at - 1] - picture[at + 1]).mean(axis=-1))


def run() -> list[Figure]:
    """Measure all portraits."""
    errors, seconds, times, seams, still = [], [], [], [], []
    for name in SITTERS:
        face, error, took = found(name)
        puppet = Puppet(face)
        errors.append(error)
        seconds.append(took)
        times += frame_times(face)
        seams.append(seam(puppet, face))
        still.append(float(np.abs(drawn(puppet, Pose()).astype(int) - face.rgb).max()))
    each = np.array(errors)
    worst = np.unravel_index(int(each.argmax()), each.shape)
    named = f"{FACE_POINTS[worst[1]]} of {list(SITTERS)[worst[0]]}"
    per = ", ".join(
        f"{name} {np.median(error):.3f}" for name, error in zip(SITTERS, errors, strict=True)
    )
    return [
        Figure("points, median error", float(np.median(each)), "IOD", at_most=0.05, detail=per),
        Figure("points, 95th percentile", float(np.percentile(each, 95)), "IOD"),
        Figure("points, worst error", float(each.max()), "IOD", at_most=0.25, detail=named),
        Figure("finding and marking", 1e3 * median(seconds), "ms"),
        Figure("frame, median", median(times), "ms", at_most=FRAME_MS, detail=spread(times)),
        Figure("frame, 95th percentile", float(np.percentile(times, 95)), "ms"),
        Figure("seam energy, worst", max(seams), "levels", at_most=1.0),
        Figure("change at rest, worst pixel", max(still), "levels", at_most=0.0),
    ]


def feeling(emotion: EmotionLabel) -> Pose:
    """Return a feeling at its full degree, with a half-open mouth."""
    felt = motion().expressions[emotion]
    said = viseme("mid")._replace(corner=felt.corner, lift=felt.lift, press=felt.press)
    lid = 1 + (0.26 if felt.lid > 0 else 0.42) * felt.lid
    return Pose(
        brow=felt.brow, inner=felt.inner, frown=felt.frown, cheek=felt.cheek, lid=lid,
        squint=felt.squint, pitch=3 * felt.pitch, roll=0.03 * felt.roll, mouth=said,
    )  # fmt: skip


def write_sheets(folder: Path) -> None:
    """Write the contact sheets of all portraits."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SITTERS:
        face, _, _ = found(name)
        puppet = Puppet(face)
        poses = [("at rest", Pose()), ("lids half", Pose(lid=0.5)), ("blink", Pose(lid=0.0))]
        poses += [("look", Pose(gaze_x=2.4, gaze_y=0.6)), ("turn", Pose(yaw=4, pitch=2, roll=0.03))]
        poses += [(str(shape), Pose(mouth=viseme(shape))) for shape in SHAPES]
        poses += [(str(emotion), feeling(emotion)) for emotion in EMOTIONS]
        tiles = [_tile(drawn(puppet, pose), face, label) for label, pose in poses]
        tiles.insert(1, _marked(face))
        while len(tiles) % 6:
            tiles.append(np.full_like(tiles[0], 255))
        rows = [np.hstack(tiles[k : k + 6]) for k in range(0, len(tiles), 6)]
        Image.fromarray(np.vstack(rows)).save(folder / f"{name}.png")


def _tile(picture: Array, face: Portrait, label: str) -> Array:
    x, y = (int(v) for v in 0.5 * (face.points.min(axis=0) + face.points.max(axis=0)))
    part = picture[max(0, y - 125) : y + 125, max(0, x - 110) : x + 110]
    large: Array = np.asarray(cv2.resize(part, (440, 500), interpolation=cv2.INTER_CUBIC))
    cv2.putText(large, label, (10, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 3)
    cv2.putText(large, label, (10, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0, 0, 0), 1)
    return large


def _marked(face: Portrait) -> Array:
    marked = face.rgb.copy()
    for x, y in np.round(face.points).astype(int):
        cv2.circle(marked, (int(x), int(y)), 2, (90, 255, 90), -1)
    return _tile(marked, face, "points")


def main() -> None:
    """Print the figures; `--out` writes the sheets and `--json` keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    figures = run()
    print(table(figures))
    if arguments.json:
        rows = [{**asdict(figure), "met": figure.met} for figure in figures]
        arguments.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1))
    if arguments.out:
        write_sheets(arguments.out)


if __name__ == "__main__":
    main()
