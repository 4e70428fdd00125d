"""The card that engines share: how large it is, and what of it is free.

torch is asked, and is imported for it only here: whoever asks has an engine that needs it anyway.
"""

from __future__ import annotations

import gc
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

from modules.errors import trace
from modules.zerogpu import on_zerogpu

log = logging.getLogger("guong.card")

ZEROGPU_MB = 43_000
"""Packed tensors beyond 45,097,156,608 bytes would make ZeroGPU ask for its larger, dearer card
(`spaces` 0.51.3); before the launch the card itself cannot be asked."""


@dataclass(frozen=True, slots=True)
class Card:
    """One NVIDIA card, in megabytes of 1,000,000 bytes."""

    name: str
    total_mb: int
    free_mb: int


def plugged_in() -> bool:
    """Tell whether there is a card, without importing torch: the embedded app must never load it.

    A Space on ZeroGPU has no device file in the main process, yet has a card.
    """
    return on_zerogpu() or Path("/dev/nvidiactl").exists()


def read() -> Card | None:
    """Return the card, or None where there is none that torch can use.

    A torch that cannot be loaded or a driver that fails costs the card, never the start.
    """
    if on_zerogpu():
        return Card("ZeroGPU", ZEROGPU_MB, ZEROGPU_MB)
    try:
        import torch

        if not torch.cuda.is_available():
            return None
        free, total = torch.cuda.mem_get_info()
        return Card(torch.cuda.get_device_name(), total // 1_000_000, free // 1_000_000)
    except (ImportError, OSError, RuntimeError) as error:
        log.warning("no card: %s", trace(error))
        return None


def free_mb() -> int | None:
    """Return what is free now, None where nobody has used a card in this process."""
    if "torch" not in sys.modules or on_zerogpu() or not plugged_in():
        return None
    card = read()
    return card.free_mb if card else None


def give_back() -> None:
    """Return to the card what torch keeps for later and nobody uses."""
    if "torch" in sys.modules and not on_zerogpu():
        gc.collect()
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
