"""Train the small model that hears danger: `python -m benchmarks.train_danger [--check]`.

It learns from `modules/llm/companion/danger_examples.toml`, each line once however many readings it
has, with and without diacritics, and from everyday sentences that hold no danger. `--check` writes
nothing and prints how much of each kind is heard when a fifth of the examples is left out: the
honest figure, since whole phrasings are new there.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from modules.emotion.phrases import expand
from modules.llm.companion.care import rules_of
from modules.llm.companion.danger import crisis_of, plain_line
from modules.llm.companion.danger_model import BUCKETS, KINDS, features
from modules.llm.companion.hearing import hear
from modules.messages import Pair
from modules.text import strip_diacritics

ROOT = Path(__file__).parent.parent
COMPANION = ROOT / "modules" / "llm" / "companion"
READINGS, SLOTTED_READINGS = 8, 24
"""Readings of a line that are drawn, without and with slots; they share its weight."""
BARE_WEIGHT, EVERYDAY_WEIGHT = 0.4, 0.5
PENALTY = 0.02
ROUNDS = 60
FOLDS = 5
_NUMBER = re.compile(r"\b11[1345]\b")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Example:
    """A text, its kind, what it counts, and the line it comes from."""

    text: str
    kind: int
    weight: float
    line: str


def examples() -> list[Example]:
    """Return everything to learn from, always in the same order."""
    choice = random.Random(0)
    data = tomllib.loads((COMPANION / "danger_examples.toml").read_text(encoding="utf-8"))
    slots = data.pop("slots")
    found: list[Example] = []
    for kind, lines in data.items():
        for line in lines:
            drawn = _drawn(line, slots, choice)
            for text in drawn:
                found += _both(text, KINDS.index(kind), 1 / len(drawn), line)
    for kind, lines in mapped().items():
        for text in lines:
            found += _both(text, KINDS.index(kind), 1, f"map {text}")
    for kind, text in _wishes():
        found += _both(text, KINDS.index(kind), EVERYDAY_WEIGHT, text)
    for text in _everyday():
        found += _both(text, 0, EVERYDAY_WEIGHT, text)
    return found


def _drawn(line: str, slots: dict[str, list[str]], choice: random.Random) -> list[str]:
    """Return readings of a line, each with other words in its slots."""
    named = _SLOT.search(line) is not None
    count = SLOTTED_READINGS if named else READINGS
    readings = list(expand(line))
    drawn = choice.sample(readings, min(count, len(readings)))
    if named:
        drawn += choice.choices(readings, k=count - len(drawn))
    return [
        " ".join(_SLOT.sub(lambda match: choice.choice(slots[match[1]]), each).split())
        for each in drawn
    ]


def mapped(*, held_out: bool = False) -> dict[str, list[str]]:
    """Return the map of dangers that is learnt from, or every third line, which is not."""
    path = ROOT / "tests" / "llm" / "danger_map.toml"
    lists = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        kind: [line for at, line in enumerate(lines) if (at % 3 == 2) is held_out]
        for kind, lines in lists.items()
    }


def _both(text: str, kind: int, weight: float, line: str) -> Iterable[Example]:
    yield Example(text, kind, weight, line)
    yield Example(strip_diacritics(text), kind, weight * BARE_WEIGHT, line)


def _wishes() -> Iterable[tuple[str, str]]:
    said = tomllib.loads((ROOT / "tests" / "llm" / "danger.toml").read_text(encoding="utf-8"))
    for name, kind in (("crisis", "self"), ("crisis_check", "self"), ("crisis_other", "other")):
        yield from ((kind, text) for text in said[name])


def _everyday() -> Iterable[str]:
    for name in ("sentences", "development"):
        path = ROOT / "tests" / "emotion" / f"{name}.jsonl"
        for row in path.read_text(encoding="utf-8").splitlines():
            said = json.loads(row)
            if said["label"] != "Fear":  # some of whom are in danger
                yield said["text"]
    for name in ("address_cases", "address_more"):
        path = ROOT / "tests" / "persona" / f"{name}.jsonl"
        for row in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(row)["utterance"]
    said = tomllib.loads((ROOT / "tests" / "llm" / "danger.toml").read_text(encoding="utf-8"))
    yield from said["none"]
    played = tomllib.loads((ROOT / "examples" / "conversations.toml").read_text(encoding="utf-8"))
    for conversation in played["conversation"]:
        yield from conversation["said"]
    dialogues = tomllib.loads((ROOT / "tests" / "llm" / "dialogues.toml").read_text("utf-8"))
    for dialogue in dialogues["dialogue"]:
        if "danger" not in dialogue["about"]:
            turns = (turn for turn in dialogue["turns"] if "crisis" not in json.dumps(turn))
            yield from (turn["user"] for turn in turns if not _NUMBER.search(json.dumps(turn)))


def matrix(texts: Iterable[str]) -> Any:
    """Return the features of texts as a sparse matrix [texts, BUCKETS]."""
    starts, places, values = [0], [], []
    for text in texts:
        heard = hear(text)
        rules = rules_of(heard, crisis_of(heard, Pair()))
        each, worth = features(plain_line(heard), bare=heard.bare, rules=rules)
        places.append(each)
        values.append(worth)
        starts.append(starts[-1] + len(each))
    shape = (len(starts) - 1, BUCKETS)
    return sparse.csr_matrix((np.concatenate(values), np.concatenate(places), starts), shape=shape)


def fitted(x: Any, kinds: Any, weights: Any) -> tuple[Any, Any]:
    """Return weights [BUCKETS, kinds] and biases of the least penalised weighted log loss."""
    count, most = x.shape[0], BUCKETS * len(KINDS)
    right = np.eye(len(KINDS))[kinds]

    def loss(flat: Any) -> tuple[float, Any]:
        w, bias = flat[:most].reshape(BUCKETS, len(KINDS)), flat[most:]
        shares = softmax(x @ w + bias)
        value = -(weights * np.log(shares[np.arange(count), kinds] + 1e-12)).sum()
        slope = (shares - right) * weights[:, None]
        gradient = np.concatenate([(x.T @ slope + PENALTY * w).ravel(), slope.sum(0)])
        return value + PENALTY / 2 * (w**2).sum(), gradient

    start = np.zeros(most + len(KINDS))
    end = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS}).x
    return end[:most].reshape(BUCKETS, len(KINDS)), end[most:]


def softmax(logits: Any) -> Any:
    """Return shares that sum to 1 in each row."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def check(found: list[Example], x: Any) -> dict[str, float]:
    """Return, by kind, the share taken for danger where a line was left out of the training."""
    kinds, weights = (np.array([getattr(e, name) for e in found]) for name in ("kind", "weight"))
    fold = np.array([crc32(e.line.encode()) % FOLDS for e in found])
    heard = np.zeros(len(found))
    for out in range(FOLDS):
        kept = fold != out
        w, bias = fitted(x[kept], kinds[kept], weights[kept])
        heard[~kept] = 1 - softmax(x[~kept] @ w + bias)[:, 0]
    own = np.array([e.line.startswith("map ") and e.weight == 1 for e in found])
    return {
        f"{name} {kind} > {least}": float(((heard > least) * weights * part)[kinds == k].sum()
                                          / (weights * part)[kinds == k].sum())
        for name, part in (("all", np.ones_like(own)), ("map", own))
        for least in (0.4, 0.5, 0.6)
        for k, kind in enumerate(KINDS)
    }  # fmt: skip


def main() -> None:
    """Train and write the model, or only check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    only_check = parser.parse_args().check
    found = examples()
    x = matrix(e.text for e in found)
    if only_check:
        for name, share in check(found, x).items():
            print(f"{name:16} {share:.3f}")
        return
    kinds, weights = (np.array([getattr(e, name) for e in found]) for name in ("kind", "weight"))
    w, bias = fitted(x, kinds, weights)
    scale = np.abs(w).max() / 127
    np.savez_compressed(
        COMPANION / "danger_model.npz",
        weights=np.round(w / scale).astype(np.int8),
        scale=np.float32(scale),
        bias=bias.astype(np.float32),
    )


if __name__ == "__main__":
    main()
