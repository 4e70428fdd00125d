"""Text as vectors: what every embedding offers, and the one that needs no download.

The hashed embedding counts what a text is made of (words with and without diacritics, pairs of
words, letter trigrams, and the concepts of `concepts.toml`), adds each count with a sign to one of
1,024 dimensions (the hashing trick, Weinberger et al. 2009, arXiv:0902.2206) and scales the sum to
length 1. Nothing is learned, so it is the same in every process and on every platform.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from hashlib import blake2b
from typing import Protocol

import numpy as np

from modules.engines import BlockingStream, EngineSpec
from modules.memory.wording import fold, is_bare, vocabulary, words
from modules.messages import FloatArray, TurnRequest


class Embedding(Protocol):
    """What the store asks of an embedding.

    `name` is stored with the memories and must change whenever the vectors would; `threshold` is
    the least cosine similarity at which a memory has to do with a query.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def dimensions(self) -> int: ...  # noqa: D102
    @property
    def threshold(self) -> float: ...  # noqa: D102

    def embed(self, texts: list[str], *, query: bool = False) -> FloatArray:
        """Return float32 [len(texts), dimensions]; `query` tells questions from memories."""
        ...


class EmbeddingStream(BlockingStream[str, FloatArray]):
    """An embedding as a stream of the ladder: each text pushed gives its vector [dimensions]."""

    def __init__(self, embedding: Embedding) -> None:
        super().__init__()
        self._embedding = embedding

    def process(self, item: str) -> Iterator[FloatArray]:
        """Give the vector of one text."""
        yield self._embedding.embed([item], query=True)[0]


# How much each kind of feature tells: found by a grid search on the questions of
# tests/memory/data/recall_tune.jsonl. A concept outweighs words, because a question rarely repeats
# the words of its answer.
_MARKED_WORD = 0.45
_BARE_WORD = 0.6
_PAIR = 0.5
_TRIGRAM = 0.1
_CONCEPT = 1.6
_TRIGRAM_WORD = 4
"""Letters from which on a word is also known by its trigrams: typing errors and foreign names."""
_TELLING = 0.5
_VERSION = 1
"""To be raised when the code below would give other vectors for the same text."""


def features(text: str) -> dict[str, float]:
    """Return what a text is made of, each feature with its weight."""
    tokens = words(text)
    reading = vocabulary().reading(tokens)
    found: dict[str, float] = {}

    def add(feature: str, weight: float) -> None:
        found[feature] = found.get(feature, 0.0) + weight

    bare = tokens if is_bare(tokens) else [fold(token) for token in tokens]
    weights = [reading.weight(token) for token in tokens]
    for token, plain, weight in zip(tokens, bare, weights, strict=True):
        add(f"word {token}", weight * _MARKED_WORD)
        add(f"bare {plain}", weight * _BARE_WORD)
        if len(plain) >= _TRIGRAM_WORD and weight >= _TELLING:
            edged = f"^{plain}$"
            for start in range(len(edged) - 2):
                add(f"letters {edged[start : start + 3]}", weight * _TRIGRAM)
    for place in range(len(tokens) - 1):
        weight = math.sqrt(weights[place] * weights[place + 1])
        add(f"pair {bare[place]} {bare[place + 1]}", weight * _PAIR)
    for concept in reading.concepts(tokens):
        add(f"concept {concept.name}", concept.weight * _CONCEPT)
    return found


HASHED = EngineSpec(
    name="hashed",
    stage="memory",
    factory="modules.memory.embedding:HashedEmbedding",
    packages=("chromadb",),
)


class HashedEmbedding:
    """The embedded rung: no weights, no network, about 0.1 ms a sentence."""

    dimensions = 1024
    threshold = 0.35

    def __init__(self, spec: EngineSpec = HASHED) -> None:
        self.spec = spec

    @property
    def name(self) -> str:
        """Changes with the code's version and with the tables."""
        return f"hashed-{_VERSION}-{vocabulary().digest}"

    def load(self) -> None:
        """Read the tables."""
        vocabulary()

    def close(self) -> None:
        """Nothing is held."""

    def open(self, request: TurnRequest) -> EmbeddingStream:
        """Return a stream of vectors; the request changes nothing."""
        return EmbeddingStream(self)

    def embed(self, texts: list[str], *, query: bool = False) -> FloatArray:
        """Return float32 [len(texts), 1024], each row of length 1."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for bucket, value in _buckets(features(text), self.dimensions):
                row[bucket] = value
        return vectors


def _buckets(found: dict[str, float], dimensions: int) -> list[tuple[int, float]]:
    # A text without a single word has a direction of its own: a zero vector has no cosine.
    sums: dict[int, float] = {}
    for feature, weight in (found or {"": 1.0}).items():
        digest = int.from_bytes(blake2b(feature.encode(), digest_size=8).digest(), "little")
        bucket = digest % dimensions
        sums[bucket] = sums.get(bucket, 0.0) + (weight if digest >> 63 else -weight)
    length = math.sqrt(math.fsum(value * value for value in sums.values()))
    # Opposite signs may cancel to nothing; then the first bucket stands for the text.
    if length == 0.0:
        return [(next(iter(sums)), 1.0)]
    return [(bucket, value / length) for bucket, value in sums.items()]
