"""Train the network that hears a mouth, and write modules/tts/data/mouth.npz.

    python -m benchmarks.mouth_training

Some twenty minutes on one core. The same seed gives the same file.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from scipy.special import expit

import modules.tts
from benchmarks.mouth_cases import world
from benchmarks.mouth_material import (
    FRAMES_A_SECOND,
    SENTENCES,
    Known,
    curves,
    random_voice,
    said,
    spoiled,
    uneven,
)
from modules.messages import SPEECH_RATE, FloatArray
from modules.tts.mfcc import features
from modules.tts.mouth import MouthNetwork, inputs
from tests.tts.syllables import all_syllables

TARGET = Path(modules.tts.__file__).with_name("data") / "mouth.npz"
_UTTERANCES, _HIDDEN, _EPOCHS, _BATCH = 1800, 192, 12, 1024
_SYLLABLES, _CONVERTED, _STEADY = 16, 0.25, 0.5
_WORDS_A_MINUTE = (120, 300)
"""Of the share that keeps one rate: slow speakers and fast ones, who run words together."""
_RATE, _DECAY, _DROPPED = 3e-3, 3e-3, 0.15
_SMOOTH_S = 0.02
"""Less than `benchmarks.visemes` compares with: whoever draws the mouth smooths once more."""
_CLOSURE_SHARE, _CLOSURE_WEIGHT = 0.075, 2.0
"""What the closures count beside the three measures, and what a closed frame counts beside an open
one: they are a tenth of all."""


def material(rng: random.Random) -> tuple[FloatArray, FloatArray]:
    """Return what the network reads and what it should say, [n, 169] and [n, 4]."""
    syllables = all_syllables()
    read, wanted = [], []
    for _ in range(_UTTERANCES):
        words = [rng.choice(syllables) for _ in range(_SYLLABLES)]
        words[5::6] = [f"{word}," for word in words[5::6]]
        # The first sentences are kept for the benchmark.
        text = f"{rng.choice(SENTENCES[4:])} {' '.join(words)}"
        if rng.random() < _STEADY:
            known = said(text, random_voice(rng), rng.uniform(*_WORDS_A_MINUTE))
        else:
            known = said(uneven(text, rng), random_voice(rng))
        samples = known.samples
        if rng.random() < _CONVERTED:
            samples = world(rng.uniform(0.6, 2.0), rng.uniform(0.85, 1.2))(samples, rng)
        heard = features(spoiled(samples, rng), SPEECH_RATE)
        made = curves(known.visemes, len(known.samples), smooth_s=_SMOOTH_S)[: len(heard.level)]
        read.append(inputs(heard))
        wanted.append(np.concatenate([made, closed(known, len(made))[:, None]], axis=1))
    return np.concatenate(read), np.concatenate(wanted)


def closed(known: Known, frames: int) -> FloatArray:
    """Return 1 for each frame in which the lips are closed by a sound, else 0."""
    found = np.zeros(frames, np.float32)
    for viseme in known.visemes:
        if viseme.shape == "closed":
            first, last = (
                int(np.ceil(at * FRAMES_A_SECOND / SPEECH_RATE))
                for at in (viseme.start, viseme.end)
            )
            found[first:last] = 1.0
    return found


def train(read: FloatArray, wanted: FloatArray, seed: int) -> MouthNetwork:
    """Fit the network by Adam (Kingma and Ba 2015) with decoupled decay and dropout."""
    rng = np.random.default_rng(seed)
    width = read.shape[1]
    start = wanted.mean(axis=0)
    start[3] = np.log(start[3] / (1 - start[3]))
    parts = [
        rng.normal(0, width**-0.5, (width, _HIDDEN)).astype(np.float32),
        np.zeros(_HIDDEN, np.float32),
        rng.normal(0, _HIDDEN**-0.5, (_HIDDEN, 4)).astype(np.float32),
        start.astype(np.float32),
    ]
    first, second = ([np.zeros_like(part) for part in parts] for _ in range(2))
    step, steps = 0, _EPOCHS * (len(read) // _BATCH)
    for _ in range(_EPOCHS):
        order = rng.permutation(len(read))
        for start_row in range(0, len(read) - _BATCH + 1, _BATCH):
            rows = order[start_row : start_row + _BATCH]
            step += 1
            rate = _RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            for i, slope in enumerate(_slopes(parts, read[rows], wanted[rows], rng)):
                first[i] += 0.1 * (slope - first[i])
                second[i] += 0.001 * (slope**2 - second[i])
                move = first[i] / (1 - 0.9**step)
                move /= np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8
                parts[i] = (parts[i] * (1 - rate * _DECAY) - rate * move).astype(np.float32)
    return MouthNetwork(*parts)


def _slopes(
    parts: list[FloatArray], read: FloatArray, wanted: FloatArray, rng: np.random.Generator
) -> list[FloatArray]:
    """Return the slopes of the squared error of the measures and the log loss of the closures."""
    kept = (rng.random((len(read), _HIDDEN), np.float32) > _DROPPED) / np.float32(1 - _DROPPED)
    inner = np.tanh(read @ parts[0] + parts[1])
    made = inner * kept @ parts[2] + parts[3]
    error = made - wanted
    weight = 1 + (_CLOSURE_WEIGHT - 1) * wanted[:, 3]
    error[:, 3] = _CLOSURE_SHARE * weight * (expit(made[:, 3]) - wanted[:, 3])
    error /= len(read)
    back = error @ parts[2].T * kept * (1 - inner**2)
    slopes = [read.T @ back, back.sum(axis=0), (inner * kept).T @ error, error.sum(axis=0)]
    return [np.asarray(slope, np.float32) for slope in slopes]


def main() -> None:
    """Train and write the file."""
    rng = random.Random(20_261_122)
    network = train(*material(rng), seed=1)
    names = ("hidden", "hidden_bias", "output", "output_bias")
    np.savez_compressed(TARGET, **{name: getattr(network, name).astype("f2") for name in names})
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
