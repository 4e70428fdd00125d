"""What the base voices sound like: measured once each, on the same text that people read.

A matched voice is made from a base voice, so the voice stage must know both. No stage may call
another; here the tts speaks and the voice package measures.
"""

from __future__ import annotations

import anyio
import numpy as np
from anyio import to_thread

from modules import tts, voice
from modules.conversation.speaking import run
from modules.messages import (
    SPEECH_RATE,
    Clause,
    FloatArray,
    Persona,
    Speech,
    TurnRequest,
    VoiceProfile,
)
from modules.residency import Residency


class BaseVoices:
    """Profiles of base voices, by engine and voice."""

    def __init__(self, residency: Residency) -> None:
        self._residency = residency
        self._known: dict[tuple[str, str], VoiceProfile] = {}
        self._measuring = anyio.Lock()

    async def of(self, persona: Persona, engines: tuple[str, ...]) -> VoiceProfile | None:
        """Return the profile of the voice that speaks for a persona (half a second the first time).

        `engines` are the tts engines that may serve; without one there is nothing to measure.
        """
        if not engines:
            return None
        base = tts.base_voice(persona)
        key = (engines[0], base.id)
        async with self._measuring:
            if key not in self._known:
                samples = await self._read_aloud(Persona(voice=base.id), engines)
                self._known[key] = await to_thread.run_sync(
                    lambda: voice.measure_profile(samples, SPEECH_RATE, id=base.id, name=base.id)
                )
        return self._known[key]

    async def _read_aloud(self, persona: Persona, engines: tuple[str, ...]) -> FloatArray:
        request = TurnRequest(0, "", persona=persona, engines={"tts": engines}, live=False)
        clauses = [Clause(0, n, text, text) for n, text in enumerate(voice.reading_text())]
        spoken: list[Speech] = await run(request, self._residency, "tts", clauses)
        return np.concatenate([piece.samples for piece in spoken])
