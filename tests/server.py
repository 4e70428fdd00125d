"""The app as a process of its own, for tests from outside: `python -m tests.server PORT DATA`.

With `--scripted` the language model answers a fixed text and a recogniser understands whatever it
hears, so that a test knows what must come back; with `--echo` the model says what it is told.
`/test/state` tells what only the process knows; after `/test/disk/full` the operating system
refuses what it writes, until `/test/disk/free`.
"""

import argparse
import asyncio
import gc
import os
import resource
import threading
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from modules.messages import TextDelta, Transcript
from modules.settings import Settings
from modules.ui.launch import make_app, serve
from tests.scripted import Scripted, says

ANSWER = (
    "Dạ, mình nghe rồi. ",
    "Hôm nay trời đẹp, mình kể một câu chuyện nhé. ",
    "Ngày xưa có một cô bé sáng nào cũng ra bến chờ đò. ",
    "Rồi một hôm, con đò không về nữa.",
)
HEARD = "xin chào bạn"
FULL_BYTES = 2_000
"""Largest file on the full disk: espeak's voices, which lie in memory, count as files too."""


def scripted_asr():
    async def play(utterance, request):
        yield Transcript(utterance.reply, HEARD)

    return Scripted("asr", "phowhisper-tiny-ct2", play)


async def echo(request, _):
    yield TextDelta(request.reply, request.text)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("data", type=Path)
    parser.add_argument("--scripted", action="store_true")
    parser.add_argument("--echo", action="store_true")
    arguments = parser.parse_args()
    app = make_app(Settings(data=arguments.data))
    if arguments.scripted:
        app.residency.adopt(Scripted("llm", "openai", says(*ANSWER)))
        app.residency.adopt(scripted_asr())
        app.pace.took("phowhisper-tiny-ct2", 1.0, 0.01)

    if arguments.echo:
        app.residency.adopt(Scripted("llm", "openai", echo))

    async def state(_: Request) -> JSONResponse:
        gc.collect()
        return JSONResponse(
            {
                "sessions": len(app.sessions),
                "tasks": sorted(task.get_name() for task in asyncio.all_tasks()),
                "threads": threading.active_count(),
                "files": len(os.listdir("/proc/self/fd")),  # noqa: PTH208
                "ready": app.ready.is_set(),
            }
        )

    async def disk(request: Request) -> JSONResponse:
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        full = request.path_params["state"] == "full"
        resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES if full else most, most))
        return JSONResponse({"full": full})

    routes = (Route("/test/state", state), Route("/test/disk/{state}", disk))
    serve(app, routes=routes, server_port=arguments.port, quiet=True)


if __name__ == "__main__":
    main()
