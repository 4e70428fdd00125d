"""PhoBERT as an engine of the ladder, above the lexicon and with its interface.

What is typed without diacritics is left to the lexicon, which has rules for it: PhoBERT learned
from text that has them. Danger is heard by rules of its own (`llm/care.py`), whoever reads here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from anyio import to_thread

from modules.emotion.phobert.calibration import calibrated, kept
from modules.emotion.scoring import classify
from modules.emotion.tokens import is_bare
from modules.engines import EngineSpec
from modules.errors import EngineFailed, EngineUnavailable
from modules.messages import EMOTIONS, FloatArray, Mood, Transcript, TurnRequest
from modules.models import weights
from modules.settings import Settings

STATED: Mapping[str, tuple[str, ...]] = {
    "phobert-emotion": (
        "Enjoyment", "Sadness", "Disgust", "Anger", "Fear", "Surprise", "Other",
    ),
    "phobert-emotion-v2": (
        "Other", "Disgust", "Enjoyment", "Sadness", "Fear", "Surprise", "Anger",
    ),
    "phobert-sentiment": ("NEG", "POS", "NEU"),
}  # fmt: skip
"""The order of labels as each checkpoint's page states it, for one that names none itself."""
OWN = "phobert-own"


class PhobertEngine:
    """A fine-tuned checkpoint, for every session of this process."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.network: Any = None
        self.batcher: Any = None

    def load(self) -> None:
        """Load the checkpoint, and use it once.

        Raises `EngineUnavailable` ("packages", "weights_missing", "not_trained") or
        `WeightsRejected`.
        """
        self.spec.require_packages()
        folder = self.folder()
        from modules.emotion.phobert.batcher import Batcher
        from modules.emotion.phobert.network import Network
        from modules.emotion.phobert.reading import Reader

        network, self.read = Network(folder, STATED.get(self.spec.name, ())), Reader()
        self.temperature = kept(folder)
        network.logits(network.windows(self.read("Hôm nay mình vui quá!")))
        self.network, self.batcher = network, Batcher(network.logits)

    def folder(self) -> Path:
        """Return where the checkpoint lies."""
        return weights().path(self.spec.weights[0])

    def close(self) -> None:
        """End the thread, and let the network go."""
        batcher, self.batcher = self.batcher, None
        if batcher:
            batcher.close()
        self.network = None

    def open(self, request: TurnRequest) -> PhobertStream:
        """Return a stream of transcripts to moods; texts of one owner are read one by one."""
        if self.batcher is None:
            raise EngineUnavailable("not_loaded", stage="emotion", remedy=self.spec.name)
        return PhobertStream(self, request.owner)

    def windows(self, text: str) -> list[list[int]]:
        """Return a text as the network reads it."""
        network = self.network
        return list(network.windows(self.read(text, network.emoji)))

    def mood(self, text: str, logits: FloatArray) -> Mood:
        """Return what the network's answer to a text means."""
        probabilities = calibrated(logits[None], self.temperature)[0]
        scores = self.network.labels.scores(probabilities, classify(text).scores)
        return Mood(0, max(EMOTIONS, key=scores.__getitem__), scores, self.spec.name)


class OwnEngine(PhobertEngine):
    """A checkpoint that the owner trained (`python -m modules.emotion.train`)."""

    def folder(self) -> Path:
        """Return the folder that `GUONG_EMOTION_MODEL` names, or where training leaves its own."""
        folder = own_folder(Settings())
        if not (folder / "config.json").is_file():
            remedy = "python -m modules.emotion.train"
            raise EngineUnavailable("not_trained", stage="emotion", remedy=remedy)
        return folder


def own_folder(settings: Settings) -> Path:
    """Return where the owner's own network lies, or would lie."""
    return settings.emotion_model or settings.models / OWN


class PhobertStream:
    """Transcripts in, moods out."""

    def __init__(self, engine: PhobertEngine, owner: str) -> None:
        self._engine, self._session = engine, owner or f"stream-{id(self)}"
        self._items: deque[Transcript] = deque()
        self._job: Any = None

    async def push(self, item: Transcript) -> None:
        """Queue one text."""
        self._items.append(item)

    async def clear(self) -> None:
        """Forget the texts that were not begun."""
        self._items.clear()

    async def aclose(self) -> None:
        """Forget everything."""
        self._items.clear()
        if self._job:
            self._job.cancelled = True

    async def __aiter__(self) -> AsyncIterator[Mood]:
        while self._items:
            item = self._items.popleft()
            mood = await self._felt(item.text)
            yield replace(mood, reply=item.reply)

    async def _felt(self, text: str) -> Mood:
        if not text.strip() or is_bare(text):
            return classify(text)
        logits = await self._logits(await to_thread.run_sync(self._engine.windows, text))
        return self._engine.mood(text, logits)

    async def _logits(self, windows: list[list[int]]) -> FloatArray:
        from modules.emotion.phobert.batcher import Job

        loop, arrived = asyncio.get_running_loop(), asyncio.Queue[FloatArray | EngineFailed]()

        def deliver(what: FloatArray | EngineFailed) -> None:
            loop.call_soon_threadsafe(arrived.put_nowait, what)

        job = self._job = Job(self._session, windows, deliver)
        if self._engine.batcher is None:
            raise EngineUnavailable("not_loaded", stage="emotion", remedy=self._engine.spec.name)
        self._engine.batcher.submit(job)
        try:
            found = await arrived.get()
        finally:
            job.cancelled = True  # where it was not answered: nobody waits for it any more
        if isinstance(found, EngineFailed):
            raise found
        return found
