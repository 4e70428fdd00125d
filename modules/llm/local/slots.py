"""Which conversation is kept where in the cache, and what of it a new prompt can use again.

A slot keeps the keys and values of one conversation after its answer has ended: the next turn
begins with the same instructions and the same history, and only what is new is computed. Another
visitor who talks to the same persona gets a copy of the part that both prompts share; equal tokens
have equal keys, so nothing of the one can be learned by the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

WORTH_COPYING = 16
"""Tokens more that another slot must share before they are copied."""


@dataclass
class Slot:
    """One row of the cache: `tokens` are those whose keys and values are valid."""

    index: int
    tokens: list[int] = field(default_factory=list)
    session: str = ""
    used: int = 0
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a prompt goes: its first `shared` tokens are there, or come from slot `source`."""

    slot: Slot
    shared: int
    source: Slot | None = None


def place(slots: Sequence[Slot], session: str, prompt: Sequence[int]) -> Place | None:
    """Return where a prompt goes, or None while every slot is busy.

    The session's own slot first, then an empty one, then the one that rested longest. The last
    token is never shared: it must be computed to know what follows it.
    """
    free = [slot for slot in slots if not slot.busy]
    if not free:
        return None
    slot = min(free, key=lambda s: (s.session != session, bool(s.tokens), s.used, s.index))
    best = max(slots, key=lambda s: (_shared(s, prompt), s is slot))
    own, other = _shared(slot, prompt), _shared(best, prompt)
    if other - own >= WORTH_COPYING:
        return Place(slot, other, best)
    return Place(slot, own)


def _shared(slot: Slot, prompt: Sequence[int]) -> int:
    most = min(len(slot.tokens), len(prompt) - 1)
    return next((n for n in range(most) if slot.tokens[n] != prompt[n]), most)
