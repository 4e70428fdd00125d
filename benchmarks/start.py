"""From the command to a page that can be used: `python -m benchmarks.start`.

`python app.py` itself is started again and again, each time with a data directory of its own, in an
environment that is ready (nothing is installed or downloaded). A client outside loads the page,
opens its socket and takes in one whole answer; then the memory of the process and all below it is
read. The files of the environment are in the system's cache, except perhaps at the first start.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

from benchmarks.processes import Held, held, maps
from benchmarks.report import Figure, main
from benchmarks.sentences import Sentences
from benchmarks.visitor import Visitor
from tests.running import free_port

STARTS = 5
LIMIT_S = 60.0
ROOT = Path(__file__).parents[1]
READY = "guong.app: ready"
"""What the app logs when everything is loaded and rehearsed."""


@dataclass(frozen=True)
class Start:
    """One start, in seconds since the command; memory is read after one whole turn."""

    page_s: float
    socket_s: float
    ready_s: float
    turn_s: float
    memory: Held
    torch: bool


def run() -> list[Figure]:
    """Start the app once for what is not in the system's cache, then `STARTS` times."""
    first, *starts = [asyncio.run(_start(seed)) for seed in range(1 + STARTS)]
    memory = [start.memory for start in starts]
    return [
        _seconds("command -> page served", [s.page_s for s in starts], first.page_s),
        _seconds("command -> socket of a visitor open", [s.socket_s for s in starts],
                 first.socket_s),
        _seconds("command -> everything ready", [s.ready_s for s in starts], first.ready_s),
        Figure("first turn, whole answer", median(s.turn_s for s in starts), "s"),
        Figure("resident memory after a turn, RSS", max(m.rss_mb for m in memory), "MB", 600,
               detail=f"most of {len(memory)}; {memory[-1].processes} process(es), "
                      f"PSS {max(m.pss_mb for m in memory):.0f} MB"),
        Figure("starts with torch loaded", sum(s.torch for s in [first, *starts]), "", 0,
               detail="libtorch in /proc/PID/maps"),
    ]  # fmt: skip


def _seconds(name: str, values: Sequence[float], first_s: float) -> Figure:
    spread = f"{min(values):.1f}-{max(values):.1f} s, n={len(values)}; the very first {first_s:.1f}"
    return Figure(name, median(values), "s", 12, detail=spread)


async def _start(seed: int) -> Start:
    began = time.perf_counter()

    def since() -> float:
        return time.perf_counter() - began

    with tempfile.TemporaryDirectory() as directory:
        async with asyncio.timeout(LIMIT_S), _app(Path(directory)) as (url, process):
            logged = asyncio.create_task(_logged(process, READY))
            await _served(url)
            page_s = since()
            async with Visitor(url) as visitor:
                socket_s = since()
                await logged
                ready_s = since()
                answer = await visitor.say(Sentences(seed).one())
            if not answer.track("video"):
                raise RuntimeError("the first turn gave no picture")
            return Start(
                page_s, socket_s, ready_s, answer.ended_s,
                held(process.pid), maps(process.pid, "libtorch"),
            )  # fmt: skip


@asynccontextmanager
async def _app(data: Path) -> AsyncIterator[tuple[str, Process]]:
    """Run `python app.py` as a user does, with a new data directory on a free port."""
    port = free_port()
    settings = {"GUONG_DATA": str(data), "GRADIO_SERVER_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "app.py", cwd=ROOT, env={**os.environ, **settings},
        stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=STDOUT,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _logged(process: Process, wanted: str) -> None:
    """Return when the process has logged a line; raise if it ends before."""
    assert process.stdout
    lines = []
    async for line in process.stdout:
        lines.append(line.decode(errors="replace"))
        if wanted in lines[-1]:
            return
    raise RuntimeError(f"the app ended: {''.join(lines)[-4_000:]}")


async def _served(url: str) -> None:
    """Return when the page itself is served."""
    async with httpx.AsyncClient(base_url=url) as http:
        while True:
            try:
                page = await http.get("/")
            except httpx.TransportError:
                await asyncio.sleep(0.02)
                continue
            if page.status_code == 200 and "window.gradio_config" in page.text:
                return
            raise RuntimeError(f"the page is not one: {page.status_code}")


if __name__ == "__main__":
    main(run)
