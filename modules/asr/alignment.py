"""When each word was said: the decoder's attention, followed through time.

The method of openai/whisper (`timing.py`): some heads of the decoder look at the sound of the token
that they are about to write; the cheapest way through their mean (dynamic time warping) gives a
time to each token.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from modules.messages import FloatArray, Word

FRAME_S = 0.02
"""The encoder gives 50 frames a second."""
SMOOTHED = 7
"""Frames of the median filter."""

Path = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


def word_times(
    scores: torch.Tensor, words: Sequence[tuple[str, int]], prompt: int, frames: int
) -> tuple[Word, ...]:
    """Return words with their times.

    `scores` is the attention before its softmax, [heads, prompt + tokens + 1, 1500]: of the prompt,
    the text and its end, on whatever device. `words` has each word's text and its number of tokens,
    `prompt` the number of tokens that say what is asked for, and `frames` how many frames have
    sound.
    """
    matrix = _focus(scores[:, :, : max(1, frames)])[prompt - 1 : -1]
    rows, columns = warped(-matrix)
    begins = columns[np.flatnonzero(np.diff(rows, prepend=-1))] * FRAME_S
    found, token = [], 0
    for text, count in words:
        found.append(Word(text, float(begins[token]), float(begins[token + count])))
        token += count
    return tuple(found)


def _focus(scores: torch.Tensor) -> FloatArray:
    """Return where each token looks, [tokens, frames]: the mean of the heads, each normalised over
    the tokens and smoothed.
    """
    weights = scores.float().softmax(-1)
    deviation, mean = torch.std_mean(weights, dim=-2, keepdim=True, correction=0)
    weights = (weights - mean) / deviation.clamp_min(1e-12)
    half = SMOOTHED // 2
    if weights.shape[-1] > half:
        padded = functional.pad(weights, (half, half), mode="reflect")
        weights = padded.unfold(-1, SMOOTHED, 1).median(-1).values
    return np.asarray(weights.mean(0).cpu().numpy(), np.float32)


def warped(costs: FloatArray) -> Path:
    """Return the rows and columns of the cheapest way from the first cell of `costs` to the last,
    by steps to the next row, the next column or both.

    Cells of a diagonal do not depend on each other, so a diagonal is computed at once.
    """
    rows, columns = costs.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    came = np.zeros((rows + 1, columns + 1), np.int8)
    for diagonal in range(2, rows + columns + 1):
        i = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        j = diagonal - i
        both, down, across = total[i - 1, j - 1], total[i - 1, j], total[i, j - 1]
        way = np.where(
            (both < down) & (both < across), 0, np.where((down < both) & (down < across), 1, 2)
        )
        total[i, j] = costs[i - 1, j - 1] + np.choose(way, (both, down, across))
        came[i, j] = way
    return _back(came)


def _back(came: npt.NDArray[np.int8]) -> Path:
    i, j = came.shape[0] - 1, came.shape[1] - 1
    came[0, :], came[:, 0] = 2, 1
    path = []
    while i > 0 or j > 0:
        path.append((i - 1, j - 1))
        way = came[i, j]
        i, j = i - (way != 2), j - (way != 1)
    cells = np.array(path[::-1], np.int64).reshape(-1, 2)
    return cells[:, 0], cells[:, 1]
