"""How soon an answer can be heard, and seen: `python -m benchmarks.latency`.

The app runs as a process of its own on its embedded engines; a client outside sends messages made
for this run and notes when the first chunk comes in which this answer can be heard.
"""

from __future__ import annotations

import asyncio
import io
import tempfile

import av
import numpy as np
from gradio_client import Client, handle_file
from playwright.sync_api import sync_playwright

from benchmarks.report import Figure, main, percentile, spread
from benchmarks.sentences import Sentences
from benchmarks.visitor import Answer, Visitor
from tests.browser.conftest import Page, chromium
from tests.running import Running, running

TURNS = 40
AUDIBLE = 0.01
"""Peak above which a stretch of sound counts as heard: -40 dBFS."""


def run() -> list[Figure]:
    """Measure base voice, matched voice, and a real browser."""
    with tempfile.TemporaryDirectory() as directory, running(directory) as server:
        base = asyncio.run(typed(server, seed=1))
        matched = asyncio.run(typed(server, seed=2, matched=True))
        shown = in_browser(server, seed=3)
    return [
        Figure("message -> audible chunk, base, p50", percentile(base, 50), "ms", 150,
               detail=spread(base)),
        Figure("message -> audible chunk, matched, p50", percentile(matched, 50), "ms", 220,
               detail=spread(matched)),
        Figure("message -> audible chunk, matched, p95", percentile(matched, 95), "ms", 300),
        Figure("message -> playing in Chromium, base, p50", percentile(shown, 50), "ms", 220,
               detail=spread(shown)),
    ]  # fmt: skip


async def typed(server: Running, seed: int, *, matched: bool = False) -> list[float]:
    """Return milliseconds from message to audible chunk over the turns of one visitor."""
    sentences, found = Sentences(seed), []
    key, voice = await asyncio.to_thread(match_a_voice, server) if matched else ("", "")
    async with Visitor(server.url, key) as visitor:
        if matched:
            await visitor.choose_voice(voice)
        for _ in range(TURNS):
            answer = await visitor.say(sentences.one(), until=8)
            found.append(first_audible_s(answer) * 1000)
            await asyncio.sleep(0.3)
    return found


def match_a_voice(server: Running) -> tuple[str, str]:
    """Store a matched voice for a new user; return their key and its id."""
    client = Client(server.url, verbose=False)
    key = client.predict(api_name="/new_user")["user_key"]
    sample = client.predict(Sentences(9).story(6), "north-man", "Other", None, api_name="/speak")
    stored = client.predict(handle_file(sample), "mẫu", True, key, api_name="/clone_voice")
    return key, stored["id"]


def first_audible_s(answer: Answer) -> float:
    """Return when the first chunk came whose sound can be heard, decoded from the stream itself."""
    heard_s = audible_from_s(answer.track("audio"))
    # The chunk that carries a sample is the last one that starts at or before it.
    return [a for a in answer.arrivals if a.track == "audio" and a.start_s <= heard_s][-1].at_s


def audible_from_s(audio: bytes) -> float:
    """Return when a track can first be heard, in its own time."""
    with av.open(io.BytesIO(audio)) as file:
        for frame in file.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > AUDIBLE)
            if len(loud):
                return float(frame.pts * frame.time_base) + loud[0] / frame.sample_rate
    raise AssertionError("nothing can be heard")


def in_browser(server: Running, seed: int, turns: int = 15) -> list[float]:
    """Return milliseconds from the key press to `playing`, by the page's own clock."""
    sentences, found = Sentences(seed), []
    with sync_playwright() as playwright, chromium(playwright) as browser:
        page = Page(browser.new_context(locale="vi-VN"), server.url).open()
        page.page.wait_for_timeout(2_000)
        for _ in range(turns):
            page.say(sentences.one()).until("speaking")
            states = {name: at for at, name in page.value("guong.seen.states")}
            found.append(states["speaking"] - states["thinking"])
            page.page.click(".guong-stop")
            page.page.wait_for_timeout(300)
    return found


if __name__ == "__main__":
    main(run)
