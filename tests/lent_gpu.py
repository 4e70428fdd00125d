"""A process in which `spaces` lends a card as on ZeroGPU: its own wrappers and workers, and a
scheduler and a CUDA that are stood in for. Prints what two answers were, as JSON.

    python -m tests.lent_gpu [quota]
"""

import asyncio
import json
import multiprocessing
import os
import sys
import warnings
from contextlib import suppress
from functools import partial
from types import ModuleType, SimpleNamespace

warnings.simplefilter("ignore")
cuda = ModuleType("spaces.zero.torch")
cuda.unpatch = cuda.enter_mode = lambda: None
cuda.init = lambda uuid: None
cuda.size = lambda: 0
cuda.move = lambda callback=None: None
sys.modules["spaces.zero.torch"] = cuda

from spaces.zero import client, wrappers  # noqa: E402
from spaces.zero.gradio import error  # noqa: E402

from modules.conversation.cache import Cache  # noqa: E402
from modules.conversation.gpu import LentGpu  # noqa: E402
from modules.messages import Clause, Notice, Speech, TextDelta, TurnEnd  # noqa: E402
from tests.scripted import Scripted, request, residency, shows, speaks  # noqa: E402

NO_MORE = "quota" in sys.argv
asked, released = [], []


def schedule(task_id, request, duration, gpu_size):
    asked.append(duration.seconds)
    if NO_MORE:
        raise error("ZeroGPU quota exceeded", "You have exceeded your quota. Try again in 1:00:00")
    return SimpleNamespace(allowToken="t", nvidiaIndex=0, nvidiaUUID="u", idle=True)


client.schedule, client.allow = schedule, lambda token: None
client.release = lambda token, **how: released.append(how)
client.get_duration_seconds = lambda duration, size: duration.seconds


async def says_where(item, _):
    for text in ("Chào bạn. ", f"Đây là {os.getpid()}. "):
        yield TextDelta(item.reply, text)


def decorate(duration):
    return partial(wrappers.generator_function_wrapper, duration=duration, gpu_size=None)


async def main():
    engines = (
        Scripted("llm", "card", says_where, needs=("torch", "cuda")),
        Scripted("llm", "companion", says_where),
        Scripted("tts", "tts", speaks(0.4)),
        Scripted("avatar", "avatar", shows()),
    )
    gpu = LentGpu(residency(*engines), Cache(0), decorate)
    answers = []
    for reply in (1, 2):
        messages = [m async for m in gpu.answer(request(*engines, reply=reply))]
        end = messages[-1]
        assert isinstance(end, TurnEnd)
        answers.append(
            {
                "text": " ".join(m.text.strip() for m in messages if isinstance(m, Clause)),
                "samples": sum(len(m.samples) for m in messages if isinstance(m, Speech)),
                "notices": [m.code for m in messages if isinstance(m, Notice)],
                "engine": end.engines["llm"],
            }
        )
    interrupted = gpu.answer(request(*engines, reply=3))
    with suppress(StopAsyncIteration):
        await anext(interrupted)
    await interrupted.aclose()
    for _ in range(200):  # its worker is told, and looks after its next step
        if NO_MORE or len(released) == 3:
            break
        await asyncio.sleep(0.05)
    found = {"pid": os.getpid(), "answers": answers, "asked": asked, "released": len(released)}
    print(json.dumps(found))


asyncio.run(main())
sys.stdout.flush()
for worker in multiprocessing.active_children():  # they would hold our pipe open
    worker.kill()
os._exit(0)
