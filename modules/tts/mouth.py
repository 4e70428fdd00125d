"""The mouth that a sound lets one guess, without knowing what is said.

A network of one hidden layer reads 12 cepstra and the level of the frames around each frame and
gives openness, spread and rounding, and how likely the lips are closed. It was trained on espeak's
many voices (`benchmarks/mouth_training.py`), with noise, rooms, colour and changed vocal tracts; it
has heard no human.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

import numpy as np
from scipy.special import expit

from modules.messages import FloatArray, Viseme, VisemeShape
from modules.tts.mfcc import HOP_S, Features, features, rests
from modules.tts.viseme_table import SHAPES
from modules.tts.visemes import whole

CONTEXT = (-14, -9, -6, -4, -2, -1, 0, 1, 2, 4, 6, 9, 14)
"""Frames that are looked at, relative to the one in question."""
_QUIETEST_DB = -60.0
_HEARD: tuple[VisemeShape, ...] = (
    *("rest", "closed", "open", "mid", "spread_open", "spread_mid", "spread", "unrounded"),
    *("round_open", "round_mid", "round"),
)
_IMPORTANCE = np.array([6.0, 0.5, 1.0])
"""Of openness, spread and rounding, where a shape cannot give all three: how far a mouth opens is
what is seen first.
"""
_CHANGE_COST = 0.02
_CLOSED_FROM, _CLOSING = 0.35, 0.3
"""Chance from which on the lips close, and how much a chance weighs."""
_LONGEST_FRAMES = 3
"""A shape that lasts is given in pieces of 30 ms, each with a weight of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class MouthNetwork:
    """Weights of the network: [inputs, hidden], [hidden], [hidden, 4], [4]."""

    hidden: FloatArray
    hidden_bias: FloatArray
    output: FloatArray
    output_bias: FloatArray


def inputs(heard: Features) -> FloatArray:
    """Return what the network reads of each frame, [n, 169]."""
    level = np.clip(heard.level, _QUIETEST_DB, 10.0)[:, None] / 15 + 1
    frames = np.concatenate([heard.cepstra, level], axis=1)
    reach = max(CONTEXT)
    padded = np.pad(frames, ((reach, reach), (0, 0)), mode="edge")
    parts = [padded[reach + offset : reach + offset + len(frames)] for offset in CONTEXT]
    return np.asarray(np.concatenate(parts, axis=1), np.float32)


def guessed(heard: Features, network: MouthNetwork | None = None) -> FloatArray:
    """Return openness, spread, rounding and the chance of a closure of each frame, [n, 4].

    Each is 0 to 1.
    """
    if not len(heard.level):
        return np.zeros((0, 4), np.float32)
    net = network or _network()
    inner = np.tanh(inputs(heard) @ net.hidden + net.hidden_bias)
    made = inner @ net.output + net.output_bias
    made[:, 3] = expit(made[:, 3])
    return np.asarray(np.clip(made, 0.0, 1.0), np.float32)


def heard_visemes(samples: FloatArray, rate: int) -> tuple[Viseme, ...]:
    """Return the mouth shapes of speech of which only the sound is known; they cover all of it."""
    heard = features(samples, rate)
    mouth = guessed(heard)
    chosen, weights = _decoded(mouth, _resting(heard))
    hop = HOP_S * rate
    spans = [
        ((stop - 0.5) * hop, _HEARD[chosen[start]], float(weights[start:stop].mean()))
        for start, stop in _runs(chosen)
    ]
    return whole(spans, len(samples))


def _resting(heard: Features) -> np.ndarray:
    """Return which frames lie in a silence that is long enough to rest in."""
    found = np.zeros(len(heard.level), bool)
    for start, stop in rests(heard):
        found[start:stop] = True
    return found


def _decoded(mouth: FloatArray, resting: np.ndarray) -> tuple[np.ndarray, FloatArray]:
    """Return the shape of each frame on the cheapest way through all, and its weight.

    A shape costs the squared distance to the mouth that it makes at its best weight; a closure is
    cheaper than any other from a chance on, for the mean of what might be said is never shut.
    """
    made = np.array([[s.open, s.spread, s.round] for s in (SHAPES[name] for name in _HEARD)])
    look, closing = mouth[:, :3], mouth[:, 3]
    size = np.sum(_IMPORTANCE * made**2, axis=1)
    fit = np.clip(look * _IMPORTANCE @ made.T / size, 0.0, 1.0)
    fit[:, :2] = 1.0
    cost = (look[:, None, :] - fit[:, :, None] * made) ** 2 @ _IMPORTANCE
    cost[:, 1] = cost[:, 2:].min(axis=1) + _CLOSING * (_CLOSED_FROM - closing)
    cost[:, 0] = np.where(resting, 0.0, 10.0)
    cost[resting, 1:] = 10.0
    came_from = np.zeros(cost.shape, np.int64)
    total = cost[0].copy() if len(cost) else np.zeros(len(_HEARD))
    own = np.arange(len(_HEARD))
    for i in range(1, len(cost)):
        best = int(np.argmin(total))
        changed = total[best] + _CHANGE_COST < total
        came_from[i] = np.where(changed, best, own)
        total = np.minimum(total, total[best] + _CHANGE_COST) + cost[i]
    chosen = np.zeros(len(cost), np.int64)
    state = int(np.argmin(total))
    for i in reversed(range(len(cost))):
        chosen[i] = state
        state = int(came_from[i, state])
    return chosen, fit[np.arange(len(cost)), chosen].astype(np.float32)


def _runs(chosen: np.ndarray) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    edges = [0, *(np.flatnonzero(np.diff(chosen)) + 1).tolist(), len(chosen)]
    for start, stop in pairwise(edges):
        pieces = 1 if chosen[start] == 0 else max(1, round((stop - start) / _LONGEST_FRAMES))
        cuts = np.linspace(start, stop, pieces + 1).round().astype(int).tolist()
        found += [(a, b) for a, b in pairwise(cuts) if b > a]
    return found


@cache
def _network() -> MouthNetwork:
    with (resources.files(__package__) / "data" / "mouth.npz").open("rb") as file:
        data = np.load(file, allow_pickle=False)
        parts = {name: data[name].astype(np.float32) for name in data.files}
    return MouthNetwork(**parts)
