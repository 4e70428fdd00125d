"""Whether a face speaks what is heard, without people: `python -m benchmarks.face`.

Every engine that shows a portrait gets the same portrait and the same sound: sentences of b and
open vowels, with pauses, spoken by the embedded voice. How far the mouth is open is measured in the
pictures that it gives (landmarks: DWPose where it is there; else the head is followed by optical
flow and the lips are found in each frame) and compared with the sound:

- fit: correlation of opening and level over time, at the best shift, averaged over 0.2 s;
- lag: that shift: how much later than its sound the mouth opens (negative: earlier, as in nature);
- motion in silence: movement of the opening in pauses, as a share of that in speech;
- seam: how much steeper the picture is along the border of what is put in than it was there, in
  levels of 255, with a head that does not move;
- frames a second, and milliseconds from a clause's sound to its first frames.

The measure must tell good from bad: a frozen copy (the puppet's first picture under the whole
sound) and a late one (the puppet 120 ms behind) have to fail, and the benchmark fails if they pass.
Networks whose weights are not there are "not measured"; one that is there and fails has a row that
says so. An engine that shows whole pictures has no seam.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np

from benchmarks.lips import FIT, LAG_MS, SILENT, measured, opening
from benchmarks.photo import found
from benchmarks.photo import seam as puppet_seam
from benchmarks.report import Figure, main
from modules.avatar import ENGINES, FILMERS, PAINTERS
from modules.avatar.landmarks.finder import Finder
from modules.avatar.landmarks.mapping import points68
from modules.avatar.neural.engine import NeuralEngine
from modules.avatar.neural.shelf import Motion, Pictures, motion_file, write_motion
from modules.avatar.neural.sources import motion_of
from modules.avatar.photo.puppet import Puppet
from modules.conversation.speaking import say
from modules.engines import EngineSpec
from modules.errors import GuongError
from modules.messages import ByteArray, FloatArray, Portrait, Speech, TurnRequest
from modules.models import weights
from modules.residency import Residency
from modules.tts import ENGINES as VOICES

SITTER = "fair"
TEXT = "Ba bà bán bánh. Bát bạc bắp băng. Bạn bảo bà bán bắp. Bán ba bát bánh."
SEAM = 2.5
_LATE = 3


@dataclass(frozen=True)
class Taken:
    """What an engine gave: uint8 [n, 512, 512, 3], the sound of the same frames, and its pace."""

    frames: ByteArray
    sound: FloatArray
    fps: float
    first_ms: float


def run() -> list[Figure]:
    """Measure every engine that is there, and the two that must fail."""
    cv2.setNumThreads(1)
    portrait, _, _ = found(SITTER)
    speech = asyncio.run(_spoken())
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        portrait = replace(portrait, folder=folder)
        for spec in ENGINES:
            if spec.name != "drawn":
                figures += _engine(spec, portrait, speech)
    if importlib.util.find_spec("torch"):
        figures += importlib.import_module("benchmarks.face_ready").run()
    return figures


async def _spoken() -> Speech:
    spec = VOICES[-1]
    residency = Residency({"tts": (spec,)})
    await residency.load("tts", spec.name)
    speech = await say(TurnRequest(0, TEXT, engines={"tts": (spec.name,)}), residency)
    return replace(speech, last=True)


def _engine(spec: EngineSpec, portrait: Portrait, speech: Speech) -> list[Figure]:
    try:
        engine: Any = spec.make()
        if not all(weights().present(key) for key in spec.weights):
            raise FileNotFoundError
        engine.load()
    except (GuongError, ImportError, FileNotFoundError, NotImplementedError):
        return [Figure(f"{spec.name}: not measured", float("nan"), "", detail="no weights here")]
    try:
        return [
            *_tried(spec.name, lambda: _speaking(engine, portrait, speech)),
            *_tried(f"{spec.name}: seam", lambda: _seams(engine, portrait, speech)),
        ]
    finally:
        engine.close()


def _tried(what: str, measure: Callable[[], list[Figure]]) -> list[Figure]:
    """Return rows; of an engine that is there and fails one that says so, and the table goes on."""
    try:
        return measure()
    except GuongError as error:
        return [Figure(f"{what}: failed", 0.0, "", at_least=1, detail=error.code)]


def _speaking(engine: Any, portrait: Portrait, speech: Speech) -> list[Figure]:
    name = engine.spec.name
    if name in PAINTERS:
        _prepare(engine, portrait)
    shown = taken(engine, portrait, speech)
    rows = _rows(name, shown, portrait, must=name != "still")
    return rows + _controls(shown, portrait) if name == "puppet" else rows


def _seams(engine: Any, portrait: Portrait, speech: Speech) -> list[Figure]:
    if isinstance(engine, NeuralEngine):
        seam = _seam(engine, portrait, speech)
    elif engine.spec.name == "puppet":
        seam = puppet_seam(Puppet(portrait), portrait)
    else:  # who shows whole pictures puts nothing in
        return []
    return [Figure(f"{engine.spec.name}: seam", seam, "levels", SEAM)]


def taken(engine: Any, portrait: Portrait, speech: Speech) -> Taken:
    """Let an engine show speech, and time it; what is done only once is done before."""
    request = TurnRequest(0, "", portrait=portrait, live=engine.spec.name not in FILMERS)
    for _ in engine.open(request).process(speech):
        break
    stream, batches, first = engine.open(request), [], 0.0
    begin = time.perf_counter()
    for batch in stream.process(speech):
        first = first or time.perf_counter() - begin
        batches.append(batch)
    seconds = time.perf_counter() - begin
    frames = np.concatenate([batch.rgb for batch in batches])
    sound = np.concatenate([batch.speech.samples for batch in batches])
    return Taken(frames, sound, len(frames) / seconds, 1000 * first)


# --- figures --------------------------------------------------------------------------------------


def _rows(name: str, shown: Taken, portrait: Portrait, *, must: bool) -> list[Figure]:
    seen = measured(opening(shown.frames, portrait), shown.sound)
    asked = cast("dict[str, Any]", {} if must else {"at_most": None, "at_least": None})
    rows = [
        Figure(f"{name}: fit of mouth and sound", seen.fit, "", at_least=FIT),
        Figure(f"{name}: mouth opens after its sound", seen.lag_ms, "ms", LAG_MS, -LAG_MS),
        Figure(f"{name}: motion in silence, of that in speech", seen.silent, "", SILENT),
    ]
    if not must:  # a still does not speak, and is not asked to
        rows = [replace(row, **asked) for row in rows]
    return [
        *rows,
        Figure(f"{name}: frames a second", shown.fps, "", at_least=25),
        Figure(f"{name}: clause to first frames", shown.first_ms, "ms"),
    ]


def _controls(shown: Taken, portrait: Portrait) -> list[Figure]:
    """Return 1 for each bad copy that is told from a good one."""
    first, count = shown.frames[:1], len(shown.frames)
    late = np.concatenate([np.repeat(first, _LATE, 0), shown.frames[:-_LATE]])
    frozen, behind = (
        measured(opening(frames, portrait), shown.sound)
        for frames in (np.repeat(first, count, 0), late)
    )
    return [
        Figure("a frozen copy fails", float(not frozen.passes), "", at_least=1,
               detail=f"fit {frozen.fit:.2f}"),
        Figure("a copy 120 ms late fails", float(not behind.passes), "", at_least=1,
               detail=f"lag {behind.lag_ms:.0f} ms, fit {behind.fit:.2f}"),
    ]  # fmt: skip


# --- networks -------------------------------------------------------------------------------------


def _prepare(engine: NeuralEngine, portrait: Portrait) -> None:
    write_motion(motion_file(portrait), motion_of(portrait, Finder(weights())))
    engine.prepare(portrait)


def _seam(engine: NeuralEngine, portrait: Portrait, speech: Speech) -> float:
    """Return the seam energy of a painter: 0 where nothing shows."""
    with tempfile.TemporaryDirectory() as folder:
        still = replace(portrait, folder=str(Path(folder)))
        points = np.tile(points68(portrait.points), (8, 1, 1))
        frames = Pictures.of(portrait.rgb for _ in range(8))
        write_motion(motion_file(still), Motion(frames, points, np.ones(8, bool), True, "still"))
        engine.prepare(still)
        attached = engine.attached(still)
        border = border_of(attached.boxes[0], attached.masks[0])
        shown, rest = taken(engine, still, speech).frames, attached.motion.frames[0]
    return max(steeper(frame, rest, border) for frame in shown)


def border_of(box: Any, mask: ByteArray) -> np.typing.NDArray[np.bool_]:
    """Return bool [512, 512]: where the mask is neither wholly there nor wholly gone."""
    left, top, right, bottom = (int(v) for v in box)
    large = np.zeros((1536, 1536), np.uint8)  # the box may reach beyond the frame
    size = (right - left, bottom - top)
    large[512 + top : 512 + bottom, 512 + left : 512 + right] = cv2.resize(mask, size)
    inner = large[512:1024, 512:1024]
    return np.asarray((inner > 5) & (inner < 192))


def steeper(frame: ByteArray, rest: ByteArray, border: np.typing.NDArray[np.bool_]) -> float:
    """Return how much more a frame bends along a border than the picture did, in levels."""
    bends = [
        np.abs(cv2.Laplacian(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), cv2.CV_32F))
        for p in (frame, rest)
    ]
    return float((bends[0] - bends[1])[border].mean())


if __name__ == "__main__":
    main(run)
