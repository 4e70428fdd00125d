"""What the base voices sound like: measured once each, on the same text that people read.

A matched voice is made from a base voice, so the voice stage must know both. No stage may call
another; here the tts speaks and the voice package measures. Thirty seconds of each are kept on disk
under the digest of their sound, for engines that listen themselves and remember what they heard.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

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
from modules.private import make_private
from modules.residency import Residency

log = logging.getLogger("guong.voice")


class BaseVoices:
    """Profiles of base voices, by engine and voice."""

    def __init__(self, residency: Residency, folder: Path) -> None:
        self._residency = residency
        self._folder = folder
        self._known: dict[tuple[str, str], VoiceProfile] = {}
        self._measuring = anyio.Lock()

    async def of(self, persona: Persona, engines: tuple[str, ...]) -> VoiceProfile | None:
        """Return the profile of the voice that speaks for a persona (half a second the first time).

        `engines` are the tts engines that may serve; without one there is nothing to measure.
        """
        if not engines:
            return None
        key = _key(engines[0], persona)
        async with self._measuring:
            if key not in self._known:
                self._known[key] = await self._measured(key[1], engines)
        return self._known[key]

    async def at_once(self, persona: Persona, engines: tuple[str, ...]) -> VoiceProfile | None:
        """Return a profile that a matched voice can start from without waiting: one that is known,
        or else the drawn voice's. A network may need a minute to read what is measured.
        """
        _, known = self.ready(persona, engines)
        if known is not None:
            return known
        quick = (tts.DRAWN,) if tts.DRAWN in engines else engines
        return await self.of(persona, quick)

    def ready(
        self, persona: Persona, engines: tuple[str, ...]
    ) -> tuple[tuple[str, ...], VoiceProfile | None]:
        """Return engines, those whose voice for a persona was measured before first, and the
        profile of the first of them; None where none was.

        A recorded voice that was just fetched is measured while the one before it goes on.
        """
        known = [name for name in engines if _key(name, persona) in self._known]
        if not known:
            return engines, None
        ordered = (*known, *(name for name in engines if name not in known))
        return ordered, self._known[_key(known[0], persona)]

    async def _measured(self, base: str, engines: tuple[str, ...]) -> VoiceProfile:
        texts = voice.reading_text()
        samples = await self._read_aloud(base, engines, texts)
        profile = await to_thread.run_sync(
            lambda: voice.measure_profile(samples, SPEECH_RATE, id=base, name=base)
        )
        # The measures are those of the text that people read; the ear gets more.
        more = await self._read_aloud(base, engines, voice.more_to_read())
        sample = await to_thread.run_sync(
            self._keep, f"{engines[0]}-{base}", np.concatenate([samples, more])
        )
        return replace(profile, sample=sample)

    def _keep(self, name: str, samples: FloatArray) -> str:
        path = self._folder / f"{name}-{voice.digest(samples, SPEECH_RATE)[:16]}.flac"
        if path.exists():
            return str(path)
        try:
            make_private(self._folder)
            for stale in self._folder.glob(f"*{name}-*"):  # the voice speaks otherwise today
                stale.unlink(missing_ok=True)
            voice.write_sample(path, samples)
        except OSError:
            log.warning("the sample of base voice %s could not be kept", name)
            return ""
        return str(path)

    async def _read_aloud(
        self, base: str, engines: tuple[str, ...], texts: tuple[str, ...]
    ) -> FloatArray:
        persona = Persona(voice=base)
        request = TurnRequest(0, "", persona=persona, engines={"tts": engines}, live=False)
        clauses = [Clause(0, n, text, text) for n, text in enumerate(texts)]
        spoken: list[Speech] = await run(request, self._residency, "tts", clauses)
        return np.concatenate([piece.samples for piece in spoken])


def _key(engine: str, persona: Persona) -> tuple[str, str]:
    """Return what a profile is kept under: the engine, and the voice it has for a persona."""
    fit = tts.voice_in(engine, persona)
    return engine, (fit.voice if fit else tts.base_voice(persona)).id
