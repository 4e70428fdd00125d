"""A language model of this process as an engine of the ladder."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from anyio import to_thread

from modules.engines import EngineLock, EngineSpec
from modules.errors import EngineFailed, EngineUnavailable, GuongError
from modules.llm.length import kept
from modules.llm.local.budget import fit
from modules.llm.local.cards import CARDS, Card
from modules.llm.local.pieces import Pieces
from modules.llm.spoken import SpokenText
from modules.messages import TextDelta, TurnRequest
from modules.models import weights
from modules.zerogpu import on_zerogpu

CHUNK = {"cpu": 64, "cuda": 1_024}
"""Tokens of a prompt between two looks at who was cancelled: some 0.1 to 1 s of work."""


class LocalModel:
    """The checkpoint that `spec.weights` names, for every session of this process."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.card: Card = CARDS[spec.weights[0]]
        self.tokenizer: Any = None
        self.network: Any = None
        self._batcher: Any = None
        self._process = 0
        self._making = EngineLock()

    def load(self) -> None:
        """Load the checkpoint; raises `EngineUnavailable` or `WeightsRejected`.

        Where the device is there already, everything is used once. On ZeroGPU it comes with the
        worker: the thread and the cache are made there, at the first answer.
        """
        self.spec.require_packages()
        folder = weights().path(self.spec.weights[0])
        from modules.llm.local.network import Network
        from modules.llm.local.tokenizer import ChatTokenizer

        self.tokenizer = ChatTokenizer(folder, self.card.template)
        # torch says of every machine of ZeroGPU that it has a card, which only a worker sees.
        lent = on_zerogpu()
        device = "cpu" if lent and not self._on_card else ""
        self.network = Network(folder, self.card, device, self.spec.leave_mb)
        if not lent:
            self.batcher()

    def close(self) -> None:
        """End what is being answered, and let the memory go."""
        batcher, self._batcher = self._batcher, None
        if batcher and self._process == os.getpid():
            batcher.close()
        device = self.network.device if self.network else ""
        self.network = self.tokenizer = None
        if device == "cuda":
            import torch

            torch.cuda.empty_cache()

    def open(self, request: TurnRequest) -> LocalStream:
        """Return a stream that answers what is pushed."""
        if self.network is None:
            raise EngineUnavailable("not_loaded", stage="llm", remedy=self.spec.name)
        return LocalStream(self)

    @property
    def _on_card(self) -> bool:
        return "cuda" in self.spec.needs

    def batcher(self) -> Any:
        """Return the batcher of this process; a forked one has none of its parent's threads."""
        with self._making:
            if self._batcher is None or self._process != os.getpid():
                self._batcher, self._process = self._made(), os.getpid()
            return self._batcher

    def _made(self) -> Any:
        from modules.llm.local.batcher import Batcher
        from modules.llm.local.decoder import Decoder, Sampling

        network = self.network
        # Capturing takes seconds, and a worker of ZeroGPU may live for one turn.
        graphs = network.device == "cuda" and not on_zerogpu()
        seed = time.time_ns() % 2**31
        decoder = Decoder(network, Sampling.of(self.card), graphs=graphs, seed=seed)
        stops = network.stops | ({self.tokenizer.end} - {None})
        batcher = Batcher(decoder, network.slots, stops, chunk=CHUNK[network.device])
        batcher.start()
        return batcher

    def prompt(self, request: TurnRequest) -> list[int]:
        """Return a request as token ids, with room for the answer left in the window."""
        window = self.network.window
        limit = window - min(self.card.answer_tokens, window // 2)
        return list(self.tokenizer.prompt(fit(request, self.tokenizer.count, limit)))

    def left(self, prompt: list[int]) -> int:
        """Return how many tokens an answer to this prompt may have."""
        return int(self.network.window) - len(prompt)


class LocalStream:
    """One session's conversation with the model: one answer at a time."""

    def __init__(self, engine: LocalModel) -> None:
        self._engine = engine
        self._items: deque[TurnRequest] = deque()
        self._job: Any = None

    async def push(self, item: TurnRequest) -> None:
        """Queue one request."""
        self._items.append(item)

    async def clear(self) -> None:
        """Forget the requests that were not begun."""
        self._items.clear()

    async def aclose(self) -> None:
        """Forget everything, and end the answer that is being written."""
        self._items.clear()
        self._cancel()

    async def __aiter__(self) -> AsyncIterator[TextDelta]:
        while self._items:
            request = self._items.popleft()
            async with aclosing(self._answer(request)) as pieces:
                async for text in pieces:
                    yield TextDelta(request.reply, text)

    async def _answer(self, request: TurnRequest) -> AsyncGenerator[str, None]:
        spoken, said = SpokenText(), 0
        async with aclosing(self._written(request)) as written:
            async for piece in written:
                text = spoken.finish() if piece is None else spoken.push(piece)
                text, enough = kept(text, said)
                said += len(text)
                if text:
                    yield text
                if enough:
                    return
        if not said:
            raise EngineFailed("nothing", stage="llm", engine=self._engine.spec.name)

    async def _written(self, request: TurnRequest) -> AsyncGenerator[str | None, None]:
        """Yield the model's own text, and None where it ends."""
        pieces = Pieces(self._engine.tokenizer.text)
        async with aclosing(self._tokens(request)) as tokens:
            async for token in tokens:
                if piece := pieces.push(token):
                    yield piece
        yield None

    async def _tokens(self, request: TurnRequest) -> AsyncGenerator[int, None]:
        from modules.llm.local.batcher import Job

        engine = self._engine
        batcher = await to_thread.run_sync(engine.batcher)
        prompt = await to_thread.run_sync(engine.prompt, request)
        loop, arrived = asyncio.get_running_loop(), asyncio.Queue[int | GuongError | None]()

        def deliver(what: int | GuongError | None) -> None:
            loop.call_soon_threadsafe(arrived.put_nowait, what)

        deadline = time.monotonic() + engine.spec.first_output_s
        session = request.owner or f"stream-{id(self)}"
        job = Job(session, prompt, engine.left(prompt), deadline, deliver)
        self._job = job
        batcher.submit(job)
        try:
            while (what := await arrived.get()) is not None:
                if isinstance(what, GuongError):
                    raise what
                yield what
        finally:
            self._cancel()

    def _cancel(self) -> None:
        job, self._job = self._job, None
        if job:
            job.cancelled = True
