"""In which precision a model fits into the free memory, and how many conversations at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from modules.llm.local.cards import Card
from modules.zerogpu import on_zerogpu

Precision = Literal["half", "nf4", "float"]

OTHERS_MB = 9_000
"""What voice and face want on the same card (MuseTalk 8 GB, OpenVoice 0.5 GB): where halves would
leave less, NF4 is taken."""
WORKING_MB = 1_500
"""CUDA's context, activations and the allocator's slack; half of it on a CPU."""
MOST_SLOTS = {"cuda": 8, "cpu": 2}
ZEROGPU_MB = 43_000
"""Tensors beyond 45,097,156,608 bytes would make ZeroGPU ask for its larger, dearer card
(`spaces` 0.51.3); before launch the card itself cannot be asked."""


@dataclass(frozen=True, slots=True)
class Room:
    """How a model is loaded: the precision of its weights, and how many slots its cache has."""

    precision: Precision
    slots: int


def plan(
    card: Card,
    slot_mb: float,
    free_mb: float,
    *,
    cuda: bool,
    halves: bool = True,
    leave_mb: float = 0,
) -> Room:
    """Return the best that fits; raises `NoRoom`.

    `slot_mb` is the cache of one conversation, `halves` tells whether a CPU computes in bfloat16,
    `leave_mb` is what engines that are still to come need on the card.
    """
    if not cuda:
        weights_mb = card.half_mb if halves else 2 * card.half_mb
        return _room("half" if halves else "float", weights_mb, slot_mb, free_mb, "cpu", 0)
    others_mb = max(OTHERS_MB, leave_mb)
    try:
        return _room("half", card.half_mb, slot_mb, free_mb, "cuda", others_mb)
    except NoRoom:
        try:
            return _room("nf4", card.nf4_mb, slot_mb, free_mb, "cuda", others_mb)
        except NoRoom:
            return _room("nf4", card.nf4_mb, slot_mb, free_mb, "cuda", leave_mb)


class NoRoom(Exception):
    """The model does not fit; `needed_mb` would do."""

    def __init__(self, needed_mb: int) -> None:
        super().__init__(needed_mb)
        self.needed_mb = needed_mb


def _room(
    precision: Precision,
    weights_mb: float,
    slot_mb: float,
    free_mb: float,
    device: str,
    others_mb: float,
) -> Room:
    working = WORKING_MB if device == "cuda" else WORKING_MB / 2
    left = free_mb - weights_mb - working - others_mb
    slots = min(MOST_SLOTS[device], int(left // slot_mb))
    if slots < 1:
        raise NoRoom(round(weights_mb + working + others_mb + slot_mb))
    return Room(precision, slots)


def free_mb(device: str) -> float:
    """Return how many megabytes are free on "cuda" or "cpu"."""
    if device == "cpu":
        return min(_of_machine(), _of_container()) / 1e6
    if on_zerogpu():
        return ZEROGPU_MB
    import torch

    return torch.cuda.mem_get_info()[0] / 1e6


def _of_machine() -> float:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:  # not Linux: no more is known than what is installed
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable"))
    return float(kilobytes) * 1024


def _of_container(group: Path = Path("/sys/fs/cgroup")) -> float:
    """Return what a container's limit leaves (cgroup v2), where there is one."""
    try:
        limit = float((group / "memory.max").read_text())
        return limit - float((group / "memory.current").read_text())
    except (OSError, ValueError):  # no container, or the limit is "max"
        return float("inf")
