"""Scores that mean what they say: logits divided by a temperature (Guo et al. 2017).

The temperature that makes labelled sentences likeliest is found by `fitted`: after training on a
part that was held back (`modules.emotion.train`), for a checkpoint of somebody else's on a labelled
file of the owner's (`--calibrate`). It is kept beside the weights.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from modules.messages import FloatArray

FILE = "calibration.json"
UNTUNED = 1.5
"""Where nobody has fitted one: fine-tuned transformers are too sure of themselves, so that those
fitted by Desai and Durrett (2020) lie between 1 and 2.5 out of domain. An assumption."""
FEWEST = 50
"""Sentences that are needed to fit one: with fewer, all right by chance, it would be endless."""
LOWEST, HIGHEST = 0.5, 10.0


def calibrated(logits: FloatArray, temperature: float) -> FloatArray:
    """Return probabilities [n, labels]."""
    scaled = np.asarray(logits, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)


def fitted(logits: FloatArray, labels: npt.NDArray[np.int64]) -> float:
    """Return the temperature that makes `labels` likeliest; of too few, `UNTUNED`. Needs scipy.

    The likelihood has one peak over the logarithm of the temperature.
    """
    if len(labels) < FEWEST:
        return UNTUNED
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(labels))

    def cost(exponent: float) -> float:
        scaled = np.asarray(logits, np.float64) / np.exp(exponent)
        total = np.log(np.exp(scaled - scaled.max(-1, keepdims=True)).sum(-1)) + scaled.max(-1)
        return float((total - scaled[rows, labels]).mean())

    found = minimize_scalar(cost, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded")
    return float(np.exp(found.x))


def expected_error(
    probabilities: FloatArray, labels: npt.NDArray[np.int64], bins: int = 10
) -> float:
    """Return the expected calibration error: how far being sure lies from being right, 0 to 1."""
    sure, right = probabilities.max(-1), probabilities.argmax(-1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    parts = [places == place for place in range(bins)]
    return float(sum(abs(sure[p].mean() - right[p].mean()) * p.mean() for p in parts if p.any()))


def kept(folder: Path) -> float:
    """Return the temperature beside a network's weights, or the one to assume."""
    try:
        value = float(json.loads((folder / FILE).read_text(encoding="utf-8"))["temperature"])
    except (OSError, ValueError, KeyError, TypeError):
        return UNTUNED
    return min(HIGHEST, max(LOWEST, value))


def keep(folder: Path, temperature: float, sentences: int) -> None:
    """Write a fitted temperature beside a network's weights."""
    content = {"temperature": round(temperature, 4), "sentences": sentences}
    (folder / FILE).write_text(json.dumps(content), encoding="utf-8")
