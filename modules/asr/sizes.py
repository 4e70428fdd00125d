"""Which size of PhoWhisper suits a machine."""

from __future__ import annotations

LARGE_FROM_MB = 30_000
"""Of a card: what voice, face and language model want beside it (a plan for 24 GB holds medium)."""
MEDIUM_FROM_MB = 6_000
BASE_FROM_CORES = 4
"""With fewer, base takes 0.8 s of processor time for a short sentence, and tiny half of it
(`benchmarks/asr.py`): the user waits for it, and partial results want to end within the silence."""


def suggested(cores: int, card_mb: int | None) -> str:
    """Return the engine to offer first, for so many cores and so much free memory of a card.

    `card_mb` is None where there is no card.
    """
    if card_mb is not None and card_mb >= MEDIUM_FROM_MB:
        return "phowhisper-large" if card_mb >= LARGE_FROM_MB else "phowhisper-medium"
    return "phowhisper-base-ct2" if cores >= BASE_FROM_CORES else "phowhisper-tiny-ct2"
