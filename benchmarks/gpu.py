"""What the neural engines reach on this machine's card, with random weights of the full size.

`python -m benchmarks.gpu [--only llm] [--json FILE]`. No weights are needed: how fast a network
runs does not depend on what it has learned. Without a card the same code runs at toy sizes, which
proves that it runs and says nothing of speed: bounds are then left out. The first row says where it
ran.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
from dataclasses import asdict, replace
from pathlib import Path

import torch

from benchmarks.report import Figure, table

PARTS = ("llm",)
"""Names of `benchmarks.gpu_<name>`; each has `run(device: str) -> list[Figure]`, which runs at full
size on "cuda" and at toy size on "cpu"."""


def run(parts: tuple[str, ...] = PARTS) -> list[Figure]:
    """Return the figures of all parts, on the card if there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    figures = [where(device)]
    for part in parts:
        found = importlib.import_module(f"benchmarks.gpu_{part}").run(device)
        figures += found if device == "cuda" else [_unbound(each) for each in found]
    return figures


def where(device: str) -> Figure:
    """Return the row that says what the figures were measured on."""
    if device == "cpu":
        name = f"no card: toy sizes on {platform.machine()}, {torch.get_num_threads()} threads"
        return Figure("machine", 0, "GB", detail=f"{name}, torch {torch.__version__}")
    card = torch.cuda.get_device_properties(0)
    return Figure(
        "machine", card.total_memory / 1e9, "GB", detail=f"{card.name}, torch {torch.__version__}"
    )


def _unbound(figure: Figure) -> Figure:
    return replace(figure, at_most=None, at_least=None)


def main() -> int:
    """Run what was asked for; return 1 if a bound is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = run(tuple(arguments.only))
    print(table(figures))
    if arguments.json:
        rows = [{**asdict(each), "met": each.met} for each in figures]
        arguments.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1))
    return int(not all(each.met for each in figures))


if __name__ == "__main__":
    raise SystemExit(main())
