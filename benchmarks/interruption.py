"""How soon an interruption is heard, and what comes after it: `python -m benchmarks.interruption`.

The app runs as a process of its own; its language model says what it is told, so that every
message decides what is spoken.

In Chromium the sound itself is timed. The talking video plays through an AudioWorklet that notes
the peak of every 128 samples that leave the element, and when they do; that is the page's own
doing. The audio context's clock (`getOutputTimestamp`, read every 46 ms) says when they reach the
loudspeaker, after what the browser still buffers (some 40 ms here, more than without the worklet,
and more on a machine that is too busy to feed it). An interruption counts from the event of the
click or the key press to the last sample above -80 dBFS, and only if something was heard in the
60 ms before it: in a pause everybody is silent at once.

Over the socket, answers are interrupted before their first chunk, within, near and after their
end. What came of each must be the beginning of its own text: it is compared with what another
visitor, whom nobody interrupts and with whom no cache is shared, hears of the same message.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.conversation import Conversation, Spoken, likeness, sound_of
from benchmarks.report import Figure, main, percentile, spread
from benchmarks.sentences import Sentences
from benchmarks.visitor import Visitor
from tests.browser.conftest import Page, chromium
from tests.running import Running, running

CLICKS = 40
HALTS = 200
HURRIES = 20
SILENT = 1e-4
"""-80 dBFS; what a paused element gives is exactly zero."""
HEARD_MS = 60.0
ALIKE = 0.5
"""Correlation of two recordings of the same words; of other words it is near zero. It is not 1
where a clause is cut elsewhere: who has talked for a while has a manner that was learned."""
_THINGS = ("chuyến tàu", "toà nhà", "quyển sách", "bức tranh", "con đường", "khu vườn")
_PLACES = ("nằm bên bờ sông", "ở cuối thành phố", "có từ mùa đông", "còn rất mới", "không xa lắm")

_METER = """async () => {
  const audio = (window.loudspeaker = new AudioContext());
  const code = `registerProcessor('meter', class extends AudioWorkletProcessor {
    blocks = [];
    process([channels]) {
      let peak = 0;
      for (const wave of channels) for (const x of wave) peak = Math.max(peak, Math.abs(x));
      this.blocks.push([Date.now(), currentTime, peak]);
      if (this.blocks.length === 16) this.port.postMessage(this.blocks.splice(0));
      return true;
    }
  })`;
  const module = new Blob([code], {type: 'text/javascript'});
  await audio.audioWorklet.addModule(URL.createObjectURL(module));
  const meter = new AudioWorkletNode(audio, 'meter');
  window.noted = {blocks: [], pressed: [], loaded: [], clock: []};
  meter.port.onmessage = (event) => {
    noted.blocks.push(...event.data);
    const {contextTime, performanceTime} = audio.getOutputTimestamp();
    noted.clock.push([contextTime, performanceTime]);
  };
  const video = document.querySelector('.guong-talk');
  audio.createMediaElementSource(video).connect(meter);
  meter.connect(audio.destination);
  await audio.resume();
  video.addEventListener('loadedmetadata', (event) => noted.loaded.push(event.timeStamp));
  for (const type of ['click', 'keydown'])
    addEventListener(type, (event) => noted.pressed.push(event.timeStamp), {capture: true});
}"""
_FORGET = "for (const list of Object.values(noted)) list.length = 0"
_NOTED = "({...noted, origin: performance.timeOrigin})"


def run() -> list[Figure]:
    """Interrupt in a browser, then over the socket."""
    with tempfile.TemporaryDirectory() as directory, running(directory, "--echo") as server:
        stopped, renewed = in_browser(server, seed=1)
        halted = asyncio.run(over_socket(server, seed=2))
        hurried = asyncio.run(in_a_hurry(server, seed=3))
    return [*_browser_figures(stopped, renewed), *_halted_figures(halted),
            *_hurried_figures(hurried)]  # fmt: skip


# --- in the browser -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Silence:
    """Milliseconds from an interruption to the last sound: from the element, and as heard."""

    left_ms: float
    heard_ms: float


def in_browser(server: Running, seed: int) -> tuple[list[Silence], list[Silence]]:
    """Interrupt answers with the stop button, and with a new message."""
    supply, chance = Sentences(seed), random.Random(seed)
    found: tuple[list[Silence], list[Silence]] = ([], [])
    with sync_playwright() as playwright, chromium(playwright) as browser:
        page = Page(browser.new_context(locale="vi-VN"), server.url).open()
        page.page.wait_for_timeout(2_000)
        page.value(_METER)
        page.say(supply.story(4))
        for _ in range(3 * CLICKS):
            page.until("speaking")
            stop = len(found[0]) <= len(found[1])
            silence = _interrupted(page, supply, chance, stop)
            if silence:
                found[not stop].append(silence)
            if len(found[0]) + len(found[1]) == CLICKS:
                break
        assert page.errors == []
    return found


def _interrupted(page: Page, supply: Sentences, chance: random.Random, stop: bool) -> Any:
    """Interrupt at a random moment; return the `Silence`, or None if nothing was being said."""
    if not stop:
        page.page.fill("#guong-message textarea", supply.story(4))
    page.page.wait_for_timeout(chance.uniform(100, 3_000))
    page.value(_FORGET)
    page.page.wait_for_timeout(chance.uniform(150, 250))
    if stop:
        page.page.click(".guong-stop")
    else:
        old = page.value("guong.reply")
        page.page.press("#guong-message textarea", "Enter")
        page.page.wait_for_function(f"guong.reply > {old} && guong.state === 'speaking'")
    page.page.wait_for_timeout(600)
    silence = _silence(page.value(_NOTED))
    if stop:
        page.say(supply.story(4))
    return silence


def _silence(noted: dict[str, Any]) -> Silence | None:
    # The old answer's sound is what left the element before the new one's file was opened.
    at = noted["pressed"][0]
    end = min((x for x in noted["loaded"] if x > at), default=float("inf"))
    date, context, peak = np.array(noted["blocks"]).T
    left = date - noted["origin"]
    loud = (peak > SILENT) & (left < end)
    heard = np.interp(context, *np.array(noted["clock"]).T)
    if not np.any(loud & (heard > at - HEARD_MS) & (heard <= at)):
        return None
    return Silence(float(left[loud].max() - at), float(heard[loud].max() - at))


def _browser_figures(stopped: list[Silence], renewed: list[Silence]) -> list[Figure]:
    figures = []
    for name, found in (("stop button", stopped), ("new message", renewed)):
        for where, times in (
            ("out of the element", [silence.left_ms for silence in found]),
            ("at the loudspeaker", [silence.heard_ms for silence in found]),
        ):
            figures.append(
                Figure(f"{name} -> silence in Chromium, {where}, p95", percentile(times, 95), "ms",
                       100, detail=spread(times))
            )  # fmt: skip
    return figures


# --- over the socket ------------------------------------------------------------------------------


async def over_socket(server: Running, seed: int) -> list[tuple[Spoken, float]]:
    """Interrupt answers at random moments; return each with how alike it is to its own text."""
    chance = random.Random(seed)
    async with Visitor(server.url) as visitor:
        conversation = Conversation(visitor)
        listening = asyncio.create_task(conversation.listen())
        for number in range(HALTS):
            await _halt_at(("before", "within", "near", "after")[number % 4], conversation, chance)
        await asyncio.sleep(1.0)
        listening.cancel()
    return await _compared(server, list(conversation.spoken.values()))


async def _halt_at(moment: str, conversation: Conversation, chance: random.Random) -> None:
    # Of a short answer everything is sent within about 1.4 s, so "near" falls about its end.
    brief = moment in ("near", "after")
    spoken, turn = conversation.say(_impersonal(chance, 1 if brief else 4))
    if moment == "before":
        await asyncio.sleep(chance.uniform(0, 0.1))
    else:
        await conversation.until(lambda: spoken.chunks)
        if moment == "within":
            await asyncio.sleep(chance.uniform(0, 1.5))
        elif moment == "near":
            await asyncio.sleep(chance.uniform(0.6, 1.6))
        else:
            await conversation.until(lambda: spoken.end_s is not None)
            await asyncio.sleep(chance.uniform(0, 0.2))
    await conversation.halt(spoken, turn)


async def in_a_hurry(server: Running, seed: int) -> list[tuple[list[Spoken], float]]:
    """Send three messages without waiting or halting; return them, and how alike the last is."""
    chance = random.Random(seed)
    rounds: list[list[Spoken]] = []
    async with Visitor(server.url) as visitor:
        conversation = Conversation(visitor)
        listening = asyncio.create_task(conversation.listen())
        for _ in range(HURRIES):
            sent = []
            for _ in range(3):
                sent.append(conversation.say(_impersonal(chance, 3)))
                await asyncio.sleep(chance.uniform(0, 0.4))
            last, turn = sent[-1]
            await conversation.until(lambda last=last: len(last.chunks) >= 6)
            await conversation.halt(last, turn)
            rounds.append([spoken for spoken, _ in sent])
        await asyncio.sleep(1.0)
        listening.cancel()
    compared = await _compared(server, [sent[-1] for sent in rounds])
    return [(sent, alike) for sent, (_, alike) in zip(rounds, compared, strict=True)]


async def _compared(server: Running, spoken: list[Spoken]) -> list[tuple[Spoken, float]]:
    """Say the same to another visitor, undisturbed, and compare as much as came."""
    found = []
    async with Visitor(server.url) as visitor:
        for each in spoken:
            alike = 1.0
            if each.chunks:
                own = await visitor.say(each.text, until=len(each.chunks))
                alike = likeness(each.sound, sound_of(own.track("audio")))
            found.append((each, alike))
    return found


def _impersonal(chance: random.Random, sentences: int) -> str:
    """Return unique sentences of things alone: how people are addressed depends on what was said
    before, and then the same message is not spoken in the same words."""
    thing, place, number = chance.choice, chance.choice, chance.randint
    return " ".join(
        f"{thing(_THINGS).capitalize()} số {number(2, 9_999)} {place(_PLACES)}."
        for _ in range(sentences)
    )


def _halted_figures(compared: list[tuple[Spoken, float]]) -> list[Figure]:
    spoken = [each for each, _ in compared]
    alike = [likely for each, likely in compared if each.chunks]
    late = [chunk for each in spoken for chunk in each.late]
    word = [1000 * (each.end_s - each.halt_s) for each in spoken
            if each.chunks and each.end_s and each.end_s > each.halt_s]  # fmt: skip
    last = max((1000 * (chunk.at_s - each.halt_s) for each in spoken for chunk in each.late),
               default=0.0)  # fmt: skip
    silent, ended = (
        sum(not s.chunks for s in spoken),
        sum(s.halt_s > (s.end_s or 0) for s in spoken),
    )
    return [
        Figure(f"stale chunks after {len(spoken)} interruptions", sum(s.stale for s in spoken),
               "", 0,
               detail=f"{silent} before the first chunk, {ended} after the end"),
        Figure("answers not of their own text", sum(a < ALIKE for a in alike), "", 0,
               detail=f"least correlation {min(alike):.3f}, n={len(alike)}"),
        Figure("answers with a gap or a wrong beginning", sum(not s.whole for s in spoken), "", 0),
        Figure("halt -> server's word, p95", percentile(word, 95), "ms",
               detail=f"{spread(word)}; {len(late)} chunks came meanwhile, the last after "
                      f"{last:.0f} ms"),
    ]  # fmt: skip


def _hurried_figures(rounds: list[tuple[list[Spoken], float]]) -> list[Figure]:
    older = [spoken for sent, _ in rounds for spoken in sent[:-1]]
    everyone = [spoken for sent, _ in rounds for spoken in sent]
    alike = [likely for _, likely in rounds]
    return [
        Figure(f"stale chunks after {len(older)} newer messages", sum(s.stale for s in everyone),
               "", 0, detail=f"{sum(bool(s.chunks) for s in older)} of them had begun to speak"),
        Figure("last of three answers not of its own text", sum(a < ALIKE for a in alike), "", 0,
               detail=f"least correlation {min(alike):.3f}, n={len(alike)}"),
    ]  # fmt: skip


if __name__ == "__main__":
    main(run)
