"""Drawing codes: the likely ones, and none over and over."""

from __future__ import annotations

from collections import Counter, deque

import numpy as np

from modules.messages import FloatArray

TEMPERATURE, MOST_CODES, SHARE = 0.8, 25, 0.95
"""Temperature, number and share of probability of the codes that are drawn from; upstream's."""
REPETITION, WINDOW = 1.2, 64
"""How much less likely a code is for having been said within that many frames; upstream's."""


class Recent:
    """The codes of one book in the last `WINDOW` frames."""

    def __init__(self) -> None:
        self._order: deque[int] = deque()
        self._count: Counter[int] = Counter()

    def add(self, code: int) -> None:
        """Note a code."""
        self._order.append(code)
        self._count[code] += 1
        if len(self._order) > WINDOW:
            old = self._order.popleft()
            self._count[old] -= 1
            if not self._count[old]:
                del self._count[old]

    def penalised(self, scores: FloatArray) -> FloatArray:
        """Return scores in which the noted codes count less (Keskar et al. 2019)."""
        if not self._count:
            return scores
        made = scores.copy()
        codes = np.fromiter(self._count, np.int64, len(self._count))
        kept = made[codes]
        made[codes] = np.where(kept < 0, kept * REPETITION, kept / REPETITION)
        return made


def drawn(scores: FloatArray, random: np.random.Generator) -> int:
    """Return a code, drawn by its score [codes] among the `MOST_CODES` best of them, as far as they
    reach `SHARE` of the probability (Holtzman et al. 2020).
    """
    count = min(MOST_CODES, len(scores))
    best = np.argpartition(scores, -count)[-count:]
    best = best[np.argsort(-scores[best], kind="stable")]
    likely = np.exp((scores[best] - scores[best[0]]) / TEMPERATURE, dtype=np.float64)
    likely /= likely.sum()
    likely[np.cumsum(likely) - likely >= SHARE] = 0.0
    return int(random.choice(best, p=likely / likely.sum()))
