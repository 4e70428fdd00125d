"""Train the network that hears a mouth, and write modules/tts/data/mouth.npz.

    python -m benchmarks.mouth_training

About a minute on one core. The same seed gives the same file.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

import modules.tts
from benchmarks.mouth_material import SENTENCES, Known, curves, random_voice, said, spoiled, uneven
from modules.messages import SPEECH_RATE, FloatArray
from modules.tts.mfcc import features
from modules.tts.mouth import MouthNetwork, inputs
from tests.tts.syllables import all_syllables

TARGET = Path(modules.tts.__file__).with_name("data") / "mouth.npz"
_UTTERANCES, _HIDDEN, _EPOCHS, _BATCH = 360, 64, 24, 512
_RATE, _DECAY, _DROPPED = 3e-3, 3e-3, 0.15
_SMOOTH_S = 0.02
"""Less than `benchmarks.visemes` compares with: whoever draws the mouth smooths once more."""


def material(rng: random.Random) -> tuple[FloatArray, FloatArray]:
    """Return what the network reads and what it should say, [n, 117] and [n, 3]."""
    syllables = all_syllables()
    read, wanted = [], []
    for _ in range(_UTTERANCES):
        words = [rng.choice(syllables) for _ in range(20)]
        words[5::6] = [f"{word}," for word in words[5::6]]
        # The first sentences are kept for the benchmark.
        known: Known = said(
            uneven(f"{rng.choice(SENTENCES[4:])} {' '.join(words)}", rng), random_voice(rng)
        )
        heard = features(spoiled(known.samples, rng), SPEECH_RATE)
        read.append(inputs(heard))
        made = curves(known.visemes, len(known.samples), smooth_s=_SMOOTH_S)
        wanted.append(made[: len(heard.level)])
    return np.concatenate(read), np.concatenate(wanted)


def train(read: FloatArray, wanted: FloatArray, seed: int) -> MouthNetwork:
    """Fit the network by Adam (Kingma and Ba 2015) with decoupled decay and dropout."""
    rng = np.random.default_rng(seed)
    width = read.shape[1]
    parts = [
        rng.normal(0, width**-0.5, (width, _HIDDEN)),
        np.zeros(_HIDDEN),
        rng.normal(0, _HIDDEN**-0.5, (_HIDDEN, 3)),
        wanted.mean(axis=0).astype(np.float64),
    ]
    first, second = ([np.zeros_like(part) for part in parts] for _ in range(2))
    step, steps = 0, _EPOCHS * (len(read) // _BATCH)
    for _ in range(_EPOCHS):
        order = rng.permutation(len(read))
        for start in range(0, len(read) - _BATCH + 1, _BATCH):
            rows = order[start : start + _BATCH]
            step += 1
            rate = _RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            for i, slope in enumerate(_slopes(parts, read[rows], wanted[rows], rng)):
                first[i] += 0.1 * (slope - first[i])
                second[i] += 0.001 * (slope**2 - second[i])
                move = first[i] / (1 - 0.9**step)
                move /= np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8
                parts[i] = parts[i] * (1 - rate * _DECAY) - rate * move
    return MouthNetwork(*(part.astype(np.float32) for part in parts))


def _slopes(
    parts: list[np.ndarray], read: FloatArray, wanted: FloatArray, rng: np.random.Generator
) -> list[np.ndarray]:
    kept = (rng.random((len(read), _HIDDEN)) > _DROPPED) / (1 - _DROPPED)
    inner = np.tanh(read @ parts[0] + parts[1])
    error = (inner * kept @ parts[2] + parts[3] - wanted) / len(read)
    back = error @ parts[2].T * kept * (1 - inner**2)
    return [read.T @ back, back.sum(axis=0), (inner * kept).T @ error, error.sum(axis=0)]


def main() -> None:
    """Train and write the file."""
    rng = random.Random(20_260_101)
    network = train(*material(rng), seed=1)
    names = ("hidden", "hidden_bias", "output", "output_bias")
    np.savez_compressed(TARGET, **{name: getattr(network, name).astype("f2") for name in names})
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
