"""How a benchmark is run and printed: a table for people, JSON for everything else."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np


@dataclass(frozen=True)
class Figure:
    """One measured figure, and what it must reach; `at_most` or `at_least` may be None."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    detail: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure reaches its bound."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)

    @property
    def bound(self) -> str:
        """The bound, as it is printed."""
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return f">= {self.at_least:g}" if self.at_least is not None else ""


def percentile(values: Sequence[float], q: float) -> float:
    """Return the q-th percentile."""
    return float(np.percentile(values, q))


def spread(values: Sequence[float], unit: str = "ms") -> str:
    """Return median, smallest and largest, for the table's last column."""
    return (
        f"median {median(values):.0f}, {min(values):.0f}-{max(values):.0f} {unit}, n={len(values)}"
    )


def times_ms(work: Callable[[], object], rounds: int = 9) -> list[float]:
    """Return milliseconds of several runs after one that is not counted."""
    work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    return times


def table(figures: Sequence[Figure]) -> str:
    """Return figures as a Markdown table."""
    rows = [
        f"| {f.name} | {f.value:.4g} {f.unit} | {f.bound} | {_met(f)} | {f.detail} |"
        for f in figures
    ]
    head = ["| figure | measured | asked | met | spread |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def _met(figure: Figure) -> str:
    return ("yes" if figure.met else "NO") if figure.bound else ""


def main(run: Callable[[], list[Figure]]) -> None:
    """Run a benchmark from the command line; `--json FILE` keeps the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = run()
    print(table(figures))
    if arguments.json:
        rows = [{**asdict(figure), "met": figure.met} for figure in figures]
        arguments.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1))
