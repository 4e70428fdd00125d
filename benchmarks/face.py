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
Networks whose weights are not there are "not measured".
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np

from benchmarks.photo import found
from benchmarks.photo import seam as puppet_seam
from benchmarks.report import Figure, main
from modules.avatar import ENGINES, PAINTERS
from modules.avatar.landmarks.finder import Finder
from modules.avatar.landmarks.following import follow
from modules.avatar.landmarks.mapping import points68
from modules.avatar.neural.engine import NeuralEngine
from modules.avatar.neural.shelf import Motion, Pictures, motion_file, write_motion
from modules.avatar.neural.sources import motion_of
from modules.avatar.photo.evidence import Evidence
from modules.avatar.photo.mouth import find_mouth
from modules.avatar.photo.puppet import Puppet
from modules.conversation.speaking import say
from modules.engines import EngineSpec
from modules.errors import GuongError
from modules.messages import FRAME_SAMPLES, ByteArray, FloatArray, Portrait, Speech, TurnRequest
from modules.models import weights
from modules.residency import Residency
from modules.tts import ENGINES as VOICES

SITTER = "fair"
TEXT = "Ba bà bán bánh. Bát bạc bắp băng. Bạn bảo bà bán bắp. Bán ba bát bánh."
FIT, LAG_MS, SILENT, SEAM = 0.4, 60.0, 0.25, 2.5
_SYLLABLE = 5
_SHIFTS_MS = np.arange(-240, 241, 10)
_QUIET_DB, _FLOOR_DB = -50.0, -60.0
_CLOSES, _OPENS = 5, 3
_LATE = 3


@dataclass(frozen=True)
class Taken:
    """What an engine gave: uint8 [n, 512, 512, 3], the sound of the same frames, and its pace."""

    frames: ByteArray
    sound: FloatArray
    fps: float
    first_ms: float


@dataclass(frozen=True)
class Measured:
    """What the pictures show against the sound."""

    fit: float
    lag_ms: float
    silent: float

    @property
    def passes(self) -> bool:
        """Whether such a face may be called one that speaks."""
        return self.fit >= FIT and abs(self.lag_ms) <= LAG_MS and self.silent <= SILENT


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
        if spec.name in PAINTERS:
            _prepare(engine, portrait)
        shown = taken(engine, portrait, speech)
        rows = _rows(spec.name, shown, portrait, must=spec.name != "still")
        rows += [Figure(f"{spec.name}: seam", _seam(engine, portrait, speech), "levels", SEAM)]
        if spec.name == "puppet":
            rows += _controls(shown, portrait)
        return rows
    finally:
        engine.close()


def taken(engine: Any, portrait: Portrait, speech: Speech) -> Taken:
    """Let an engine show speech, and time it; what is done only once is done before."""
    for _ in engine.open(TurnRequest(0, "", portrait=portrait)).process(speech):
        break
    stream, batches, first = engine.open(TurnRequest(0, "", portrait=portrait)), [], 0.0
    begin = time.perf_counter()
    for batch in stream.process(speech):
        first = first or time.perf_counter() - begin
        batches.append(batch)
    seconds = time.perf_counter() - begin
    frames = np.concatenate([batch.rgb for batch in batches])
    sound = np.concatenate([batch.speech.samples for batch in batches])
    return Taken(frames, sound, len(frames) / seconds, 1000 * first)


# --- measuring ------------------------------------------------------------------------------------


def opening(frames: ByteArray, portrait: Portrait) -> FloatArray:
    """Return how far the lips are apart in each frame, float32 [n], in distances of the irises."""
    finder, marked = Finder(weights()), points68(portrait.points)
    if finder.name == "dwpose":
        rows = [p if p is not None else marked for p in finder.clip(list(frames), marked)]
        points = np.stack(rows)
        irises = np.hypot(*(points[:, 42:48].mean(1) - points[:, 36:42].mean(1)).T)
        return np.asarray((points[:, 57, 1] - points[:, 51, 1]) / irises, np.float32)
    left, right = portrait.marks["left_iris"], portrait.marks["right_iris"]
    known = np.concatenate([marked, [left, right]]).astype(np.float32)
    return np.array(
        [
            _apart(frame, points)
            for frame, points in zip(frames, _heads(frames, known), strict=True)
        ],
        np.float32,
    )


def _heads(frames: ByteArray, known: FloatArray) -> Iterator[FloatArray]:
    last = known
    for points in follow(frames, known):
        last = points if points is not None else last
        yield last


def _apart(frame: ByteArray, points: FloatArray) -> float:
    mouth = find_mouth(Evidence(frame, points[-2], points[-1]))
    return mouth.lower - mouth.upper


def measured(opens: FloatArray, sound: FloatArray) -> Measured:
    """Compare an opening with its sound, `FRAME_SAMPLES` for each of its frames."""
    fits = [_fit(opens, sound, float(shift)) for shift in _SHIFTS_MS]
    best = int(np.argmax(fits))
    moves = np.abs(np.diff(opens, prepend=opens[:1]))
    level = _level(sound, 0.0, len(opens))
    speaks, silent = level > _QUIET_DB, _silent(level)
    most = float(moves[speaks].mean()) if speaks.any() else 0.0
    share = float(moves[silent].mean()) / most if most > 1e-6 and silent.any() else float("inf")
    return Measured(fits[best], -float(_SHIFTS_MS[best]), share)


def _fit(opens: FloatArray, sound: FloatArray, shift_ms: float) -> float:
    window = np.ones(_SYLLABLE) / _SYLLABLE
    smooth = [
        np.convolve(values, window, "valid")
        for values in (opens, _level(sound, shift_ms, len(opens)))
    ]
    if min(float(np.std(values)) for values in smooth) < 1e-6:
        return 0.0
    return float(np.corrcoef(smooth[0], smooth[1])[0, 1])


def _level(sound: FloatArray, shift_ms: float, frames: int) -> FloatArray:
    """Return the level of the 40 ms of each frame, `shift_ms` later, in dB from -60."""
    padded = np.concatenate([np.zeros(11_025), sound, np.zeros(11_025)])
    sums = np.concatenate([[0.0], np.cumsum(padded.astype(np.float64) ** 2)])
    at = np.arange(frames) * FRAME_SAMPLES + 11_025 + round(shift_ms * 22.05)
    power = (sums[at + FRAME_SAMPLES] - sums[at]) / FRAME_SAMPLES
    return np.asarray(np.maximum(10 * np.log10(power + 1e-12), _FLOOR_DB), np.float32)


def _silent(level: FloatArray) -> np.typing.NDArray[np.bool_]:
    """Return the frames of silence by which the mouth had time to close."""
    quiet = level < _QUIET_DB
    inner = np.zeros_like(quiet)
    for k in range(_CLOSES, len(quiet)):
        inner[k] = quiet[k - _CLOSES : k + _OPENS + 1].all()
    return inner


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
    opens = opening(shown.frames, portrait)
    frozen = measured(np.full_like(opens, opens[0]), shown.sound)
    late = np.concatenate([np.full(_LATE, opens[0], np.float32), opens[:-_LATE]])
    behind = measured(late, shown.sound)
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


def _seam(engine: Any, portrait: Portrait, speech: Speech) -> float:
    """Return the seam energy of an engine: 0 where nothing shows."""
    if not isinstance(engine, NeuralEngine):
        return puppet_seam(Puppet(portrait), portrait) if engine.spec.name == "puppet" else 0.0
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
