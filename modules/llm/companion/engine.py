"""The embedded engine: rules instead of a language model, and it says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from modules.engines import BlockingStream, EngineSpec
from modules.llm.companion.answer import answer
from modules.llm.companion.book import warm
from modules.llm.companion.clock import now
from modules.messages import Pair, TextDelta, TurnRequest


class Companion:
    """Talks, listens and works out small things without any model, in a few milliseconds."""

    def __init__(self, spec: EngineSpec, clock: Callable[[], datetime] = now) -> None:
        self.spec = spec
        self._clock = clock

    def load(self) -> None:
        """Answer a little, so that the first visitor waits neither for data files nor patterns."""
        warm()
        for pair in (Pair(), Pair("em", "anh")):
            for text in ("hôm nay trời nóng", "hom nay troi nong"):
                answer(TurnRequest(0, text, pair=pair), self._clock())

    def close(self) -> None:
        """Nothing is held."""

    def open(self, request: TurnRequest) -> _CompanionStream:
        """Return a stream; all that an answer depends on comes with the request pushed."""
        return _CompanionStream(self._clock)


class _CompanionStream(BlockingStream[TurnRequest, TextDelta]):
    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock

    def process(self, item: TurnRequest) -> Iterator[TextDelta]:
        """Yield the answer sentence by sentence."""
        for index, sentence in enumerate(answer(item, self._clock())):
            yield TextDelta(item.reply, sentence if index == 0 else f" {sentence}")
