"""What a long conversation leaves behind: `python -m benchmarks.soak`.

One visitor says 200 different things to the app on its embedded engines and takes in every answer;
every tenth one is interrupted instead. After turn 10 and at the end everybody rests, idle workers
are sent home, and what the process holds is counted: memory, tasks, threads, files, sockets. The
first message tells a name, so that the visitor's memory is open on disk before turn 10 as after.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.processes import Held, held
from benchmarks.report import Figure, main
from benchmarks.sentences import Sentences
from benchmarks.visitor import Answer, Visitor
from tests.running import Running, running

TURNS = 200
BASELINE = 10
INTERRUPTED = 10
"""Every so many turns one is interrupted, after as many chunks as `HEARD`."""
HEARD = 8
REST_S = 15.0
CURVE = 20
"""Turns between two points of the curve, which are read in passing."""
POOL = 10
"""Connections that chromadb's pool opens at most for one database (sqlx's default)."""
INTRODUCTION = "Mình tên là Lan, mình sống ở Hà Nội"


@dataclass(frozen=True)
class Rested:
    """What is held after everybody has rested."""

    held: Held
    tasks: int
    sessions: int


@dataclass
class Soak:
    """The whole run."""

    early: Rested
    late: Rested
    curve_mb: list[float] = field(default_factory=list)
    broken: int = 0
    """Answers without an end, without sound or without a picture."""
    spoken_s: float = 0.0


def run() -> list[Figure]:
    """Measure growth between turn 10 and the last."""
    with tempfile.TemporaryDirectory() as directory, running(directory) as server:
        soak = asyncio.run(_soak(server))
        log = server.log().splitlines()
    early, late = soak.early.held, soak.late.held
    curve = " ".join(f"{mb:.0f}" for mb in soak.curve_mb)
    return [
        Figure(f"memory after {TURNS} turns against turn {BASELINE}",
               100 * (late.rss_mb / early.rss_mb - 1), "%", 5,
               detail=f"RSS {early.rss_mb:.0f} -> {late.rss_mb:.0f} MB, PSS {early.pss_mb:.0f} -> "
                      f"{late.pss_mb:.0f}; every {CURVE} turns {curve}"),
        _more("tasks", soak.early.tasks, soak.late.tasks),
        _more("sessions", soak.early.sessions, soak.late.sessions),
        _more("processes", early.processes, late.processes),
        _more("threads", early.threads, late.threads),
        _more("files", early.files, late.files),
        _more("sockets", early.sockets, late.sockets),
        Figure("connections to the memory's database", late.pooled, "", POOL,
               detail=f"{early.pooled} -> {late.pooled}, a file and a thread each"),
        Figure("answers that were not whole", soak.broken, "", 0,
               detail=f"of {TURNS - TURNS // INTERRUPTED}; {soak.spoken_s:.0f} s spoken"),
        Figure("warnings in the log", len(log), "", detail="; ".join(sorted(set(log))[:3])),
    ]  # fmt: skip


def _more(what: str, early: int, late: int) -> Figure:
    return Figure(f"{what} more than at turn {BASELINE}", late - early, "", 0,
                  detail=f"{early} -> {late}")  # fmt: skip


async def _soak(server: Running) -> Soak:
    supply = Sentences(7)
    async with Visitor(server.url) as visitor:
        await visitor.say(INTRODUCTION)
        for turn in range(2, BASELINE + 1):
            await _turn(visitor, supply.one(), turn)
        early = await _rested(server)
        soak = Soak(early, early)
        for turn in range(BASELINE + 1, TURNS + 1):
            answer = await _turn(visitor, supply.one(), turn)
            soak.broken += turn % INTERRUPTED != 0 and not _whole(answer)
            soak.spoken_s += answer.seconds
            if turn % CURVE == 0:
                soak.curve_mb.append(held(server.process.pid).rss_mb)
        soak.late = await _rested(server)
    return soak


async def _turn(visitor: Visitor, text: str, turn: int) -> Answer:
    return await visitor.say(text, until=None if turn % INTERRUPTED else HEARD)


def _whole(answer: Answer) -> bool:
    return bool(answer.ended_s and answer.track("audio") and answer.track("video"))


async def _rested(server: Running) -> Rested:
    """Rest, then count.

    Worker threads that were idle for ten seconds are sent home by the next call that needs one:
    the page's configuration does.
    """
    await asyncio.sleep(REST_S)
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.get("/config")
    await asyncio.sleep(1.0)
    state: dict[str, Any] = await asyncio.to_thread(server.state)
    return Rested(held(server.process.pid), len(state["tasks"]), state["sessions"])


if __name__ == "__main__":
    main(run)
