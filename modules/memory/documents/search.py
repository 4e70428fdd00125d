"""Finding passages: how much of what a question is made of stands in one.

An inverted index of features (words with and without marks, pairs, concepts: those of
`embedding.features`), hashed to 32 bits. A passage's score is the share of the question that it
covers, each feature weighed by how much it tells and how rare it is: 1 says all of it, and a
question about something else stays low however long the passage is. Cosine would not tell the two
apart: a passage of 150 syllables is about many things.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from modules.memory.embedding import features
from modules.memory.wording import fold, is_bare, vocabulary, words

UintArray = npt.NDArray[np.uint32]

THRESHOLD = 0.45
"""Chosen on `tests/memory/data/documents.jsonl`: questions find their passage, talk finds none."""
_BACKGROUND = 400
"""Passages without the feature that are taken to be there: in a short document, too, a word is
rare or common."""
_TELLING = 0.5
_LEAST_TELLING = 2
"""Words of weight that a question must share with a passage, if it has as many."""


@dataclass(frozen=True, eq=False)
class Index:
    """Which passages have which feature: two columns, sorted by feature."""

    features: UintArray
    passages: UintArray
    count: int
    """Passages in all."""


def index_of(texts: Iterable[str]) -> Index:
    """Return the index of passages."""
    columns: list[tuple[int, int]] = []
    count = 0
    for place, text in enumerate(texts):
        columns += [(feature, place) for feature in {_hashed(name) for name in _features(text)}]
        count = place + 1
    table = np.array(sorted(columns), np.uint32).reshape(-1, 2)
    return Index(table[:, 0].copy(), table[:, 1].copy(), count)


def joined(parts: Sequence[Index]) -> Index:
    """Return several documents' indexes as one, their passages numbered on."""
    begins = np.cumsum([0, *(part.count for part in parts)])
    names = np.concatenate([part.features for part in parts] or [np.zeros(0, np.uint32)])
    places = np.concatenate(
        [part.passages + np.uint32(begin) for part, begin in zip(parts, begins, strict=False)]
        or [np.zeros(0, np.uint32)]
    )
    order = np.argsort(names, kind="stable")
    return Index(names[order], places[order], int(begins[-1]))


def search(
    index: Index, query: str, limit: int, named: frozenset[str] = frozenset()
) -> list[tuple[int, float]]:
    """Return the passages that a question is about, with their scores, the best first.

    `named` are features of the documents' names: who asks what the contract says about the deposit
    finds the deposit, though the word "contract" is not beside it.
    """
    asked = _features(query)
    telling = _telling(query)
    if not telling or not index.count:
        return []
    scores = np.zeros(index.count)
    shared = np.zeros(index.count, np.int32)
    total = 0.0
    for name, weight in asked.items():
        found = _passages(index, name)
        rarity = math.log((index.count + _BACKGROUND) / (len(found) + 0.5))
        total += 0.0 if name in named else weight * rarity
        scores[found] += weight * rarity
        if name in telling:
            shared[found] += 1
    scores = np.minimum(scores / max(total, 1e-9), 1.0)
    scores[shared < min(_LEAST_TELLING, len(telling))] = 0.0
    best = np.argsort(-scores, kind="stable")[:limit]
    return [(int(place), float(scores[place])) for place in best if scores[place] >= THRESHOLD]


def features_of(names: Iterable[str]) -> frozenset[str]:
    """Return what the names of documents are made of, for `search`."""
    return frozenset(feature for name in names for feature in _features(name))


def nearest(sentences: Sequence[str], query: str) -> str:
    """Return the sentence that has most of a question in it; "" where there is none."""
    asked = _features(query)

    def score(sentence: str) -> float:
        return sum(weight for name, weight in asked.items() if name in _features(sentence))

    return max(sentences, key=score, default="")


def _passages(index: Index, name: str) -> UintArray:
    hashed = np.uint32(_hashed(name))
    first, last = (np.searchsorted(index.features, hashed, side) for side in ("left", "right"))
    return index.passages[first:last]


def _features(text: str) -> dict[str, float]:
    found = features(text)
    return {name: weight for name, weight in found.items() if not name.startswith("letters ")}


def _telling(text: str) -> set[str]:
    """Return the words of weight in a text, as features."""
    tokens = words(text)
    reading = vocabulary().reading(tokens)
    some = {token for token in tokens if reading.weight(token) >= _TELLING}
    bare = is_bare(tokens)
    return {f"bare {token if bare else fold(token)}" for token in some}


@lru_cache(maxsize=50_000)
def _hashed(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "little")
