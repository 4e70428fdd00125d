"""The embedded engine: a Vietnamese lexicon with rules, deterministic, well under a millisecond."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from modules.emotion.phrases import lexicon
from modules.emotion.scoring import classify
from modules.engines import BlockingStream, EngineSpec
from modules.messages import Mood, Transcript, TurnRequest


class LexiconEngine:
    """Reads each transcript by itself; what came before is `smooth`'s part."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec

    def load(self) -> None:
        """Read the data files, so that the first sentence does not wait for them."""
        lexicon()

    def close(self) -> None:
        """Nothing is held."""

    def open(self, request: TurnRequest) -> _LexiconStream:
        """Return a stream; the request does not change how a text is read."""
        return _LexiconStream()


class _LexiconStream(BlockingStream[Transcript, Mood]):
    def process(self, item: Transcript) -> Iterator[Mood]:
        yield replace(classify(item.text), reply=item.reply)
