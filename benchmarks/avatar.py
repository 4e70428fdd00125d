"""What the drawn faces cost: start, speech, idling and memory. `python -m benchmarks.avatar`.

Of each persona a spoken minute is drawn, in replies of twelve seconds, after one that is not
counted. Speech is made by hand (a mouth shape every 60 to 180 ms, a pause every few seconds), so
that only
the face is measured. On a busy machine trust the time of the thread alone (`cpu`). Cold start and
memory are measured in processes of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np

from modules.avatar import ENGINES, avatars, idle_loop
from modules.messages import SPEECH_RATE, Persona, Speech, TurnRequest, Viseme, VisemeShape

REPLIES = 5
SECONDS = 12.0
STARTS = 5
_SHAPES: tuple[VisemeShape, ...] = get_args(VisemeShape)

_LOAD = """
import resource, time
begin = time.perf_counter()
from modules.avatar import ENGINES
engine = ENGINES[0].make()
imported = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
engine.load()
print(time.perf_counter() - begin)
"""

_MEMORY = """
import ctypes, gc, os
import cv2, skia, pydantic, numpy
from modules.messages import TurnRequest
def resident():
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # or freed frames would count as the engine's
    pages = int(open('/proc/self/statm').read().split()[1])
    return pages * os.sysconf('SC_PAGE_SIZE') / 1e6
from benchmarks.avatar import speech
from modules.avatar import ENGINES
before = resident()
engine = ENGINES[0].make(); engine.load()
loaded = resident()
for reply in range(4):
    for piece in speech(reply):
        for frames in engine.open(TurnRequest(reply, '')).process(piece):
            del frames
used = resident()
streams = [engine.open(TurnRequest(reply, '')) for reply in range(8)]
for stream in streams:
    for frames in stream.process(next(speech(stream._reply))):
        del frames
print(loaded - before, used - before, (resident() - used) / 8)
"""


def speech(reply: int) -> Iterator[Speech]:
    """Make a reply of `SECONDS` in pieces of four seconds."""
    random = np.random.default_rng(reply)
    for clause in range(round(SECONDS / 4)):
        count = 4 * SPEECH_RATE
        visemes, at = [], 0
        while at < count - SPEECH_RATE // 2:
            end = at + int(random.uniform(0.06, 0.18) * SPEECH_RATE)
            visemes.append(Viseme(at, end, _SHAPES[int(random.integers(len(_SHAPES)))]))
            at = end
        visemes.append(Viseme(at, count, "rest"))
        samples = random.normal(0, 0.1, count).astype(np.float32)
        yield Speech(reply, clause, samples, tuple(visemes), clause == round(SECONDS / 4) - 1)


def _starts(folder: Path, cold: bool) -> list[float]:
    seconds = []
    for number in range(STARTS):
        data = folder / (f"cold{number}" if cold else "warm")
        environment = {**os.environ, "GUONG_DATA": str(data)}
        command = [sys.executable, "-c", _LOAD]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        seconds.append(float(run.stdout))
    return seconds if cold else seconds[1:]


def _memory(folder: Path) -> list[float]:
    environment = {**os.environ, "GUONG_DATA": str(folder / "warm")}
    command = [sys.executable, "-c", _MEMORY]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [float(value) for value in run.stdout.split()]


def _spoken(engine: Any, avatar: str) -> dict[str, list[float]]:
    # Milliseconds: of each frame by the clock and of this thread alone, and to the first batch.
    _reply(engine, avatar, 0)
    whole: dict[str, list[float]] = {}
    for reply in range(1, REPLIES + 1):
        for name, values in _reply(engine, avatar, reply).items():
            whole.setdefault(name, []).extend(values)
    return whole


def _reply(engine: Any, avatar: str, reply: int) -> dict[str, list[float]]:
    wall: list[float] = []
    own: list[float] = []
    firsts: list[float] = []
    stream = engine.open(TurnRequest(reply, "", persona=Persona(avatar=avatar)))
    draw = stream.draw

    def timed(frame: int, out: Any) -> None:
        begin, begin_own = time.perf_counter(), time.thread_time()
        draw(frame, out)
        wall.append((time.perf_counter() - begin) * 1e3)
        own.append((time.thread_time() - begin_own) * 1e3)

    stream.draw = timed
    for piece in speech(reply):
        begin = time.perf_counter()
        for frames in stream.process(piece):
            firsts += [] if frames.first else [(time.perf_counter() - begin) * 1e3]
    return {"frame_ms": wall, "frame_cpu_ms": own, "first_batch_ms": firsts}


def _idle() -> list[float]:
    times = []
    for _ in range(2):
        begin = time.perf_counter()
        for _frame in idle_loop("linh"):
            now = time.perf_counter()
            times.append((now - begin) * 1e3)
            begin = now
    return times


def _figures(values: list[float], digits: int = 2) -> dict[str, float]:
    spread = {
        "mean": np.mean(values), "median": np.median(values), "p95": np.percentile(values, 95),
        "min": min(values), "max": max(values),
    }  # fmt: skip
    return {name: round(float(value), digits) for name, value in spread.items()}


def run() -> dict[str, Any]:
    """Measure everything. Takes about a minute."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cold, warm = _starts(folder, cold=True), _starts(folder, cold=False)
        loaded, used, stream = _memory(folder)
        os.environ["GUONG_DATA"] = str(folder / "warm")
        engine = ENGINES[0].make()
        engine.load()
        return {
            "cold_load_s": _figures(cold),
            "warm_load_s": _figures(warm),
            **{
                f"{each.id}_{name}": _figures(values)
                for each in avatars()
                for name, values in _spoken(engine, each.id).items()
            },
            "idle_frame_ms": _figures(_idle()),
            "engine_mb_loaded": round(loaded, 1),
            "engine_mb_after_use": round(used, 1),
            "stream_mb": round(stream, 1),
        }


def main() -> None:
    """Print the figures, and with `--json FILE` keep them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = run()
    for name, value in figures.items():
        if isinstance(value, dict):
            shown = "  ".join(f"{key} {number:>7}" for key, number in value.items())
        else:
            shown = str(value)
        print(f"{name:26} {shown}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
