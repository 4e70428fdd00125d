"""From a language model's text to clauses in the right words: the first stage of an answer.

Before the first clause has left the guard, a failing model is replaced by the next, which starts
anew. After it the answer ends with its last whole clause: two models' halves make no one answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing

from modules.conversation.fallback import Fallback
from modules.errors import LADDER_ERRORS, EngineFailed
from modules.messages import Clause, Notice, TextDelta, TurnRequest
from modules.persona import Guard
from modules.tts import normalize


class Writer:
    """Writes one answer, clause by clause, into `send`."""

    def __init__(
        self,
        request: TurnRequest,
        llm: Fallback[TurnRequest, TextDelta],
        send: Callable[[Clause], Awaitable[None]],
        tell: Callable[[Notice], Awaitable[None]],
    ) -> None:
        self._request = request
        self._llm = llm
        self._send = send
        self._tell = tell
        self._count = 0
        self._guard = self._new_guard()

    async def write(self) -> None:
        """Send every clause of the answer. Exactly one, the last one sent, has `last`.

        Raises the last model's error if no model gave a single clause.
        """
        if given := self._request.answer:
            texts = [*self._guard.push(given), *self._guard.finish()]
        else:
            texts = await self._ask()
        for text in texts[:-1]:
            await self._clause(text)
        await self._clause(texts[-1] if texts else "", last=True)

    async def _ask(self) -> list[str]:
        """Let the models answer; return what the guard still held at the end."""
        while True:
            whole = await self._listen()
            texts = self._guard.finish() if whole else []
            if self._count or texts:
                break
            await self._llm.demote(EngineFailed("nothing", stage="llm", engine=self._llm.engine))
        if not whole:
            await self._tell(Notice(self._request.reply, "reply_cut", stage="llm"))
        return texts

    async def _listen(self) -> bool:
        """Pass the model's text through the guard; tell whether the model came to its end."""
        self._guard = self._new_guard()
        serving = self._llm.engine
        try:
            async with aclosing(self._llm.run(self._request, self._left)) as deltas:
                async for delta in deltas:
                    if self._llm.engine != serving:
                        serving = self._llm.engine
                        self._guard = self._new_guard()
                    for text in self._guard.push(delta.text):
                        await self._clause(text)
        except LADDER_ERRORS:
            if not self._count:
                raise
            return False
        return self._llm.engine == serving

    def _left(self, request: TurnRequest, given: list[TextDelta]) -> TurnRequest | None:
        return None if self._count else request

    async def _clause(self, text: str, *, last: bool = False) -> None:
        request = self._request
        spoken = normalize(text, request.persona.region, dict(request.dictionary.say))
        mended, left = self._guard.counted()
        await self._send(Clause(request.reply, self._count, text, spoken, last, mended, left))
        self._count += 1

    def _new_guard(self) -> Guard:
        persona = self._request.persona
        # Somebody's own way of writing has words and particles of its own region, and mixes them.
        region = None if self._request.manner else persona.region
        return Guard(self._request.pair, region, persona.tone, self._request.dictionary)
