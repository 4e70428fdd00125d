"""What is shown of a sentence while it is still being said.

The sound so far is recognised twice a second at most, and what two results agree on is shown firm.
None of it may make the answer later: a recognition begins only while the user speaks, and only
where it is expected to end before the silence that ends their turn. What to expect is known after
the first sentence; a machine too slow for that shows nothing. On ZeroGPU every call would cost the
visitor's time: there it is off.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
import numpy as np

from modules.asr import FRAME, Agreement, Endpointer, Partial
from modules.errors import GuongError, trace
from modules.messages import LISTEN_RATE, FloatArray, TurnRequest, Utterance

if TYPE_CHECKING:
    from modules.conversation.session import Session

log = logging.getLogger("guong.overhearing")

FIRST_S, EVERY_S = 0.6, 0.5
"""Seconds of sound before the first recognition, and of new sound before each next one."""
SPARE = 0.8
"""Of the silence that ends a turn, how much a recognition may be expected to take."""
LONGEST_S, KEPT_S = 20.0, 5.0
"""Of what is longer, all but about the last seconds is recognised once more and then left."""


@dataclass
class Pace:
    """How long recognising takes here, by engine: known to all sessions of the process."""

    seconds: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Of the last one: seconds of sound, and seconds that it took."""
    busy: bool = False

    def expected(self, engine: str, sound_s: float) -> float:
        """Return the seconds to expect: endless for an engine that has never heard anybody."""
        known = self.seconds.get(engine)
        return longer(*known, sound_s) if known else float("inf")

    def took(self, engine: str, sound_s: float, seconds: float) -> None:
        """Note what one took. A long sentence that took no longer than expected says little of the
        next, short one.
        """
        known_s, known = self.seconds.get(engine, (sound_s, seconds))
        if sound_s <= known_s or seconds < known or seconds > self.expected(engine, sound_s):
            self.seconds[engine] = (sound_s, seconds)


def longer(known_s: float, seconds: float, sound_s: float) -> float:
    """Return what `sound_s` of sound may take where `known_s` took `seconds`.

    Whisper's encoder takes the same for all lengths: only what is longer takes longer.
    """
    return seconds * max(1.0, sound_s / max(known_s, FIRST_S))


class Overhearing:
    """Follows the sentences of one page."""

    def __init__(self, session: Session, tell: Callable[[Partial], Awaitable[None]]) -> None:
        self._session, self._tell = session, tell
        self._pace = session.app.pace
        self._sentence = 0
        self._task: asyncio.Task[None] | None = None
        self._agreement = Agreement()
        self._due_s, self._from_s, self._left = FIRST_S, 0.0, ""
        self._last: tuple[float, float] | None = None  # as in `Pace`, of this sentence

    def heard(self, ears: Endpointer) -> None:
        """Look at what was heard so far; called after every frame."""
        if not ears.speaking:
            return
        sound_s = ears.open_frames * FRAME / LISTEN_RATE
        if sound_s >= self._due_s and self._may(ears, sound_s - self._from_s):
            self._due_s = sound_s + EVERY_S
            self._pace.busy = True
            sound = ears.open_sound()[round(self._from_s * LISTEN_RATE) :]
            self._task = self._session.app.spawn(self._follow(self._sentence, sound))

    def ended(self) -> None:
        """Forget the sentence: it has ended, or was never one."""
        self._sentence += 1
        self._agreement = Agreement()
        self._due_s, self._from_s, self._left = FIRST_S, 0.0, ""
        self._last = None

    def _may(self, ears: Endpointer, sound_s: float) -> bool:
        """Tell whether a recognition now would be over before it is needed."""
        app = self._session.app
        names = self._session.engines()["asr"]
        if not names or self._pace.busy or app.gpu or self._session.push_to_talk:
            return False  # a button that is released ends a turn at once
        spec = app.residency.spec("asr", names[0])
        if "cuda" not in spec.needs and app.busy:
            return False  # somebody is being answered by the same processor
        expected_s = self._pace.expected(names[0], sound_s)
        if self._last:
            expected_s = longer(*self._last, sound_s)
        left_s = ears.settings.silence_s * SPARE - ears.quiet_frames * FRAME / LISTEN_RATE
        return ears.quiet_frames == 0 and expected_s < left_s

    async def _follow(self, sentence: int, sound: FloatArray) -> None:
        too_long = len(sound) > LONGEST_S * LISTEN_RATE
        if too_long:
            sound = sound[: _quietest(sound)]
        try:
            text = await self._recognised(sound)
        except (GuongError, TimeoutError, RuntimeError) as error:
            log.info("nothing is shown of this sentence: %s", trace(error))
            if sentence == self._sentence:
                self._due_s = float("inf")
            return
        finally:
            self._pace.busy = False
        if sentence != self._sentence:
            return
        if too_long:  # what comes behind the cut is understood anew, with the next result
            self._left, self._agreement = f"{self._left} {text}".strip(), Agreement()
            self._from_s += len(sound) / LISTEN_RATE
            return
        found = self._agreement.take(text)
        with suppress(RuntimeError, OSError):  # the page went away
            await self._tell(Partial(f"{self._left} {found.firm}".strip(), found.light))

    async def _recognised(self, sound: FloatArray) -> str:
        session = self._session
        name = session.engines()["asr"][0]
        residency, began, text = session.app.residency, anyio.current_time(), ""
        request = TurnRequest(0, "", owner=session.owner, engines={"asr": (name,)})
        with residency.lease("asr", name) as engine:
            stream: Any = engine.open(request)
            await stream.push(Utterance(0, sound, open=True))
            try:
                with anyio.fail_after(residency.spec("asr", name).first_output_s):
                    async with aclosing(aiter(stream)) as found:
                        async for transcript in found:
                            text = transcript.text
            except TimeoutError:
                residency.abandon(stream)
                raise
            finally:
                await stream.aclose()
        if text:  # silence takes no time, and says nothing of the next one
            self._last = len(sound) / LISTEN_RATE, anyio.current_time() - began
            self._pace.took(name, *self._last)
        return text


def _quietest(sound: FloatArray) -> int:
    """Return the middle of the quietest frame before the last seconds, as a place to cut."""
    end = len(sound) - round(KEPT_S * LISTEN_RATE)
    begin = max(0, end - round(KEPT_S * LISTEN_RATE))
    frames = sound[begin : begin + (end - begin) // FRAME * FRAME].reshape(-1, FRAME)
    powers = np.convolve(np.mean(np.square(frames), axis=1), np.ones(3), "same")
    return begin + int(powers.argmin()) * FRAME + FRAME // 2
