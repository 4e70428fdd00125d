"""A small linear model that hears danger where no rule of `danger.toml` does.

A multinomial logistic regression over hashed n-grams of syllables and of the classes of
`danger_concepts.toml`, learnt from `danger_examples.toml` by `python -m benchmarks.train_danger`
and stored as `danger_model.npz`. It only adds to the rules, and what they take for an idiom, a
denial or a story it does not get to see.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from modules.llm.companion.hearing import hearing_data
from modules.text import strip_diacritics

KINDS = ("none", "self", "other", "violence", "harm", "child", "medical", "rescue")
"""Nobody in danger; the speaker by their own hand; somebody else by theirs; violence; the speaker
as a danger to others; a child without help; a body, or a place, that cannot wait."""
BUCKETS = 1 << 14
WORDS, MEETINGS, ALONE = 1.4, 0.4, 0.8
"""Length of the vectors of a line's words and of how its classes meet; the value of each class that
it holds and each rule that it matches. Found by `--check`."""
LONGEST = 5
"""Syllables of the longest phrase of `danger_concepts.toml`."""
_AHEAD = 6
"""How many classes further on a class is still paired with."""
_PERSON = "@"
_HERE = Path(__file__).parent
_BARE_NEVER = frozenset(
    {
        "ai", "ba", "bac", "bai", "ban", "bao", "bo", "bong", "ca", "cau", "chan", "chu", "co",
        "cu", "da", "dam", "dao", "deo", "dinh", "do", "ep", "ga", "gia", "hat", "hay", "ho", "la",
        "lo", "ma", "me", "mong", "no", "ong", "than", "tinh", "vai", "vi", "xe", "xu",
    }
)  # fmt: skip
"""Single words of the classes whose form without diacritics is more often another word."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights [BUCKETS, kinds] and biases [kinds]."""

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]


def probabilities(line: str, *, bare: bool, rules: Iterable[str] = ()) -> dict[str, float]:
    """Return the probability of each kind for a line of syllables as `hearing.py` spells them.

    `rules` names the entries of `safety.toml` that the line matches.
    """
    model = _model()
    places, values = features(line, bare=bare, rules=rules)
    logits = values @ model.weights[places] + model.bias
    powers = np.exp(logits - logits.max())
    shares = powers / powers.sum()
    return {kind: float(share) for kind, share in zip(KINDS, shares, strict=True)}


def features(
    line: str, *, bare: bool, rules: Iterable[str] = ()
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Return buckets and values of a line: of its words and of its classes.

    A class by itself, and a rule, counts the same in a long line as in a short one.
    """
    words = ["0" if word.isdigit() else word for word in line.split() if word != "·"]
    plain = words if bare else [strip_diacritics(word) for word in words]
    grams = set(_grams(["@" if word in _persons(True) else word for word in plain], "b "))
    if not bare:
        grams.update(_grams(["@" if word in _persons(False) else word for word in words], "m "))
    classes = _classes(words, bare=bare)
    alone = {f"c {each}" for each in classes} | {f"r {each}" for each in rules}
    pairs = set(_pairs(classes)) - alone
    places, values = [], []
    for group, length in ((grams, WORDS), (pairs, MEETINGS), (alone, 0.0)):
        buckets = {crc32(name.encode()) % BUCKETS for name in group}
        places += sorted(buckets)
        share = length / max(1, len(buckets)) ** 0.5
        values += [share or ALONE] * len(buckets)
    return np.array(places, np.intp), np.array(values, np.float32)


def _grams(words: Sequence[str], prefix: str) -> Iterator[str]:
    """Yield single words, pairs, pairs with a gap, and triples."""
    marked = ["^", *words, "$"]
    for index in range(len(marked)):
        window = marked[index : index + 3]
        for size in range(1, len(window) + 1):
            yield prefix + " ".join(window[:size])
        if len(window) == 3:
            yield f"{prefix}{window[0]} _ {window[2]}"


def _pairs(classes: Sequence[str]) -> Iterator[str]:
    """Yield classes, neighbours, triples, and which comes before which."""
    for index, first in enumerate(classes):
        yield f"c {first}"
        for size in (2, 3):
            if index + size <= len(classes):
                yield "c " + "+".join(classes[index : index + size])
        for later in classes[index + 1 : index + 1 + _AHEAD]:
            yield f"c {first}>{later}"


def classes_of(line: str, *, bare: bool) -> frozenset[str]:
    """Return the classes of `danger_concepts.toml` that a line holds, and "@" for who speaks."""
    return frozenset(_classes(line.split(), bare=bare))


def _classes(words: Sequence[str], *, bare: bool) -> list[str]:
    """Return the classes that the words stand for, in their order, none twice in a row."""
    table, persons = _table(bare), _persons(bare)
    found: list[str] = []
    start = 0
    while start < len(words):
        sizes = range(min(LONGEST, len(words) - start), 0, -1)
        phrases = ((size, " ".join(words[start : start + size])) for size in sizes)
        size, name = next(((n, table[p]) for n, p in phrases if p in table), (1, ""))
        name = name or (_PERSON if words[start] in persons else "")
        if name and found[-1:] != [name]:
            found.append(name)
        start += size
    return found


@lru_cache(maxsize=2)
def _table(bare: bool) -> dict[str, str]:
    data = tomllib.loads((_HERE / "danger_concepts.toml").read_text(encoding="utf-8"))
    table: dict[str, str] = {}
    for name, phrases in data.items():
        for phrase in phrases:
            spelled = strip_diacritics(phrase) if bare else phrase
            if not (bare and spelled in _BARE_NEVER):
                table.setdefault(spelled, name)
    return table


@lru_cache(maxsize=2)
def _persons(bare: bool) -> frozenset[str]:
    """Return the words by which people call themselves."""
    terms = {*hearing_data()["classes"]["me"], "t", "e", "tau", "mạ", "má"}
    if not bare:
        return frozenset(terms)
    return frozenset(strip_diacritics(term) for term in terms) - {"ba", "do"}


@lru_cache(maxsize=1)
def _model() -> Model:
    with np.load(_HERE / "danger_model.npz") as stored:
        weights = stored["weights"].astype(np.float32) * stored["scale"]
        return Model(weights, stored["bias"].astype(np.float32))
