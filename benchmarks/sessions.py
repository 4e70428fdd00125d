"""Several people at once: `python -m benchmarks.sessions`.

Clients in processes of their own hold conversations with the app through its socket, all with
different texts. A chunk is late if it comes after the moment at which a page that began to play
with the first chunk needs it. Every frame is decoded and counted afterwards.
"""

from __future__ import annotations

import asyncio
import io
import math
import multiprocessing
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from benchmarks.report import Figure, main, percentile
from benchmarks.sentences import Sentences
from benchmarks.visitor import Answer, Visitor
from modules.messages import FPS
from tests.running import Running, running

START_S = 0.05
"""Between the first chunk and the first picture of a page (measured in Chromium: 40 to 90 ms)."""
HALF_TIME = {"visitors": 8, "sentences": 4, "rounds": 3}
ALL_TIME = {"visitors": 6, "sentences": 8, "rounds": 1}


@dataclass(frozen=True)
class Heard:
    """What one client saw of all its answers."""

    late_s: list[float]
    """For every chunk, how long after its deadline it came; negative is early."""
    frames: int
    due_frames: int
    media_s: float
    first_s: list[float]
    cpu_s: float


def run() -> list[Figure]:
    """Measure eight visitors who speak half the time, and six who all speak."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as directory, running(directory, "--echo") as server:
        for name, crowd in (("8 half the time", HALF_TIME), ("6 all speaking", ALL_TIME)):
            figures += _crowd(server, name, **crowd)
    return figures


def _crowd(server: Running, name: str, visitors: int, sentences: int, rounds: int) -> list[Figure]:
    spawn = multiprocessing.get_context("spawn")
    # All wait until all have started, and decode only when all have heard their last answer: what
    # a client does besides listening must not slow the server down.
    ready, done, results = spawn.Barrier(visitors + 1), spawn.Barrier(visitors + 1), spawn.Queue()
    for n in range(visitors):
        talk = (server.url, 1000 * visitors + n, sentences, rounds)
        spawn.Process(target=_client, args=(talk, ready, done, results), daemon=True).start()
    ready.wait()
    before, began = _cpu_of(server), time.perf_counter()
    done.wait()
    wall, cpu = time.perf_counter() - began, _cpu_of(server) - before
    heard: list[Heard] = [results.get() for _ in range(visitors)]
    late = [each for one in heard for each in one.late_s]
    missing = sum(max(0, one.due_frames - one.frames) for one in heard)
    media = sum(one.media_s for one in heard) / visitors
    first = [1000 * each for one in heard for each in one.first_s]
    clients = sum(one.cpu_s for one in heard)
    return [
        Figure(f"{name}: chunks after their deadline", sum(x > 0 for x in late), "", 0,
               detail=f"of {len(late)}; closest {-1000 * max(late):.0f} ms early"),
        Figure(f"{name}: frames missing", missing, "", 0,
               detail=f"of {sum(one.due_frames for one in heard)}"),
        Figure(f"{name}: first chunk, p50", percentile(first, 50), "ms",
               detail=f"max {max(first):.0f} ms; {media:.0f} s spoken each"),
        Figure(f"{name}: server, cores", cpu / wall, "", detail=f"clients {clients / wall:.2f}"),
    ]  # fmt: skip


def _client(talk: tuple[str, int, int, int], ready: Any, done: Any, results: Any) -> None:
    """One visitor in a process of its own."""
    ready.wait()
    before = _own_cpu_s()
    answers = asyncio.run(_talk(*talk))
    cpu_s = _own_cpu_s() - before
    done.wait()
    results.put(_heard(answers, cpu_s))


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _heard(answers: list[Answer], cpu_s: float) -> Heard:
    late, frames, due = [], 0, 0
    for answer in answers:
        first_s = answer.arrivals[0].at_s
        late += [a.at_s - (first_s + START_S + a.start_s) for a in answer.arrivals]
        frames += _decoded(answer)
        due += math.ceil(_duration_s(answer) * FPS)
    return Heard(
        late, frames, due, sum(map(_duration_s, answers)),
        [a.arrivals[0].at_s for a in answers], cpu_s,
    )  # fmt: skip


async def _talk(url: str, seed: int, sentences: int, rounds: int) -> list[Answer]:
    supply, answers = Sentences(seed), []
    async with Visitor(url) as visitor:
        await asyncio.sleep((seed % 10) * 0.7)
        for number in range(rounds):
            answer = await visitor.say(supply.story(sentences))
            answers.append(answer)
            if number < rounds - 1:
                # As long silent as it spoke: what is left of playing it, and as long again.
                await asyncio.sleep(max(0.0, 2 * _duration_s(answer) - answer.ended_s))
    return answers


def _duration_s(answer: Answer) -> float:
    """Return how long the answer is at least: its sound, less the padding of the last packet."""
    with av.open(io.BytesIO(answer.track("audio"))) as file:
        last = [packet for packet in file.demux() if packet.dts is not None][-1]
        return float(last.pts * last.time_base)


def _decoded(answer: Answer) -> int:
    with av.open(io.BytesIO(answer.track("video"))) as file:
        return sum(1 for _ in file.decode(video=0))


def _cpu_of(server: Running) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    main(run)
