"""Which engines share a card: for every stage one that fits, and the best that fits.

    python -m modules.memory_plan 16 24 48

prints what cards of these sizes (GB) would hold if everything were fetched.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from modules.engines import EngineSpec, Stage, in_order

CONTEXT_MB = 600
"""What CUDA itself takes of a card in a process that uses cuBLAS and cuDNN."""
SPARE = 0.04
"""The part of a card that stays free: memory is handed out in blocks, and holes remain."""
PRIORITY: tuple[Stage, ...] = ("avatar", "llm", "asr", "voice", "tts", "emotion", "memory")
"""Who is raised to a better engine first: a model takes whatever it is given, and would leave no
room for a face."""
SEVERAL: tuple[Stage, ...] = ("avatar",)
"""Stages whose engines stand beside each other: one portrait is shown by this, another by that."""
GUESTS: tuple[Stage, ...] = ("emotion", "tts")
OF_THE_REST = 0.5
"""The part of what is left that they may have; a model makes use of the other half."""

Tables = Mapping[Stage, tuple[EngineSpec, ...]]


def on_card(spec: EngineSpec) -> bool:
    """Tell whether an engine lies on the card where there is one: those that need it, and every
    language model of this process.
    """
    return "cuda" in spec.needs or (spec.stage == "llm" and "torch" in spec.needs)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a card is to hold: one engine for each stage, then more of those that stand beside each
    other. `free_mb` is what was free before, `usable_mb` what may be planned with.
    """

    free_mb: int
    usable_mb: int
    chosen: tuple[EngineSpec, ...]

    @property
    def used_mb(self) -> int:
        """Megabytes of all that is planned, at the least."""
        return sum(_cost(spec, self.chosen) for spec in self.chosen)

    @property
    def left_mb(self) -> int:
        """Megabytes that are planned for nobody; a language model takes of them for more sessions
        at once, or for weights in halves.
        """
        return self.usable_mb - self.used_mb

    def holds(self, spec: EngineSpec) -> bool:
        """Tell whether an engine is planned for."""
        return spec in self.chosen

    def beside(self, spec: EngineSpec, loaded: Iterable[EngineSpec] = ()) -> int:
        """Return the megabytes that an engine has to leave to those that are still to come."""
        waiting = [each for each in self.chosen if each not in (spec, *loaded)]
        beside = sum(_cost(each, self.chosen) for each in waiting)
        return beside + int(self.free_mb * SPARE)

    def __str__(self) -> str:
        """Return the plan in one line."""
        parts = [f"{spec.stage}/{spec.name} {_cost(spec, self.chosen):,}" for spec in self.chosen]
        held = ", ".join(parts) or "no engine"
        return f"{self.free_mb:,} MB free: {held}; {self.left_mb:,} MB left"


def plan(
    tables: Tables,
    free_mb: int,
    *,
    able: Callable[[EngineSpec], bool] = lambda spec: True,
    preferred: Callable[[Stage], tuple[str, ...]] = lambda stage: (),
) -> Plan:
    """Return what a card with so much free memory is to hold.

    First every stage gets the smallest engine that can run, so that none goes without for the sake
    of another; what the owner prefers goes before that. Then each stage, by priority, is raised to
    the best of its ladder that fits, and what is left has room for further faces. What only films
    waits for that, unless the owner prefers it. `able` tells whether an engine could be loaded at
    all.
    """
    usable = max(0, int(free_mb * (1 - SPARE)) - CONTEXT_MB - _guests_mb(tables, able))
    rungs = {
        stage: [s for s in in_order(tables.get(stage, ()), ()) if on_card(s) and able(s)]
        for stage in PRIORITY
    }
    chosen: dict[Stage, EngineSpec] = {}
    fixed = [s for stage in PRIORITY for s in rungs[stage] if s.name in preferred(stage)]
    live = {stage: [spec for spec in rungs[stage] if spec.live] for stage in PRIORITY}
    smallest = [min(live[stage], key=_size) for stage in PRIORITY if live[stage]]
    for spec in (*fixed, *smallest):
        if spec.stage not in chosen and _fits(spec, chosen, usable):
            chosen[spec.stage] = spec
    for stage in PRIORITY:
        if chosen.get(stage) not in fixed:
            better = (spec for spec in live[stage] if _fits(spec, chosen, usable))
            if (best := next(better, None)) is not None:
                chosen[stage] = best
    made = [chosen[stage] for stage in PRIORITY if stage in chosen]
    return Plan(free_mb, usable, (*made, *_more(rungs, made, usable)))


def _more(
    rungs: Mapping[Stage, list[EngineSpec]], made: list[EngineSpec], usable: int
) -> list[EngineSpec]:
    left = int(OF_THE_REST * (usable - sum(spec.megabytes for spec in made)))
    more: list[EngineSpec] = []
    for spec in (spec for stage in SEVERAL for spec in rungs[stage] if spec not in made):
        cost = _cost(spec, [*made, *more])
        if cost <= left:
            left -= cost
            more.append(spec)
    return more


def _guests_mb(tables: Tables, able: Callable[[EngineSpec], bool]) -> int:
    """Return what engines may take that run on either, and go to a card where there is one."""
    takers = [
        next((s for s in tables.get(stage, ()) if able(s) and "torch" in s.needs), None)
        for stage in GUESTS
    ]
    return sum(spec.megabytes for spec in takers if spec and not on_card(spec))


def smaller(
    table: tuple[EngineSpec, ...], failed: EngineSpec, able: Callable[[EngineSpec], bool]
) -> list[EngineSpec]:
    """Return what to try where an engine's memory did not suffice: smaller ones, the best first."""
    return [
        spec for spec in table if on_card(spec) and able(spec) and spec.megabytes < failed.megabytes
    ]


def _fits(spec: EngineSpec, chosen: Mapping[Stage, EngineSpec], usable: int) -> bool:
    others = sum(each.megabytes for stage, each in chosen.items() if stage != spec.stage)
    return others + spec.megabytes <= usable


def _cost(spec: EngineSpec, held: Iterable[EngineSpec]) -> int:
    """Return what an engine takes beside others: nothing, where it shares what one has loaded."""
    shared = any(each.name == spec.shares and each.stage == spec.stage for each in held)
    return 0 if shared else spec.megabytes


def _size(spec: EngineSpec) -> int:
    return spec.megabytes


def main(sizes: list[str]) -> None:
    """Print the plans of cards of these sizes in GB, with everything fetched."""
    from modules.conversation.app import TABLES

    for size in sizes:
        made = plan(TABLES, int(float(size) * 1000 * 0.97))
        sys.stdout.write(f"{size} GB, {made}\n")


if __name__ == "__main__":
    main(sys.argv[1:] or ["16", "24", "48", "80"])
