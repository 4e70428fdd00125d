"""What the neural engines reach on this machine's card, with random weights of the full size.

    python -m benchmarks.gpu [--only llm voice] [--small] [--json FILE]

No weights are needed: how fast a network runs does not depend on what it has learned. Without a
card, or with `--small`, the same code runs at toy sizes on the CPU, which proves that it runs and
says nothing of speed: bounds are then left out. The first row says where it ran. A part whose
packages are not installed is left out and says which; torch and numpy suffice for `voice` and
`llm` (with transformers), `turn` needs all that the app needs.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import platform
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import torch

from benchmarks.report import Figure, table

PARTS = tuple(
    name
    for name in ("llm", "voice", "hear", "feel", "face", "turn")
    if importlib.util.find_spec(f"benchmarks.gpu_{name}")
)
"""Names of `benchmarks.gpu_<name>`; each has `run(device: str) -> list[Figure]`, which runs at full
size on "cuda" and at toy size on "cpu"."""


def run(parts: Sequence[str] = PARTS, *, small: bool = False) -> list[Figure]:
    """Return the figures of all parts, on the card if there is one."""
    device = "cuda" if torch.cuda.is_available() and not small else "cpu"
    figures = [where(device)]
    for part in parts:
        found = measured(part, device)
        figures += [_with_margin(each) if device == "cuda" else _unbound(each) for each in found]
        if device == "cuda":
            torch.cuda.empty_cache()
    return figures


def measured(part: str, device: str) -> list[Figure]:
    """Return the figures of one part; where it cannot run, why, and the others run all the same."""
    try:
        return list(importlib.import_module(f"benchmarks.gpu_{part}").run(device))
    except ModuleNotFoundError as error:
        return [Figure(f"{part}: not measured", 0, "", detail=f"{error.name} is not installed")]
    except Exception as error:  # noqa: BLE001 - an hour on a card must not end in no table
        traceback.print_exc(file=sys.stderr)
        why = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        return [Figure(f"{part}: failed", 0, "", at_least=1, detail=why)]


def where(device: str) -> Figure:
    """Return the row that says what the figures were measured on."""
    if device == "cpu":
        name = f"no card: toy sizes on {platform.machine()}, {torch.get_num_threads()} threads"
        return Figure("machine", 0, "GB", detail=f"{name}, {_versions()}")
    card = torch.cuda.get_device_properties(0)
    return Figure("machine", card.total_memory / 1e9, "GB", detail=f"{card.name}, {_versions()}")


def _versions() -> str:
    python = platform.python_version()
    return f"torch {torch.__version__}, Python {python}, {date.today().isoformat()}"


def _with_margin(figure: Figure) -> Figure:
    """Return a figure that says how many times better than its limit it is."""
    if figure.at_least is not None:
        margin = figure.value / figure.at_least
    elif figure.at_most is not None and figure.value:
        margin = figure.at_most / figure.value
    else:
        return figure
    return replace(figure, detail=f"{margin:.2g} x the limit; {figure.detail}".rstrip("; "))


def _unbound(figure: Figure) -> Figure:
    return replace(figure, at_most=None, at_least=None)


def main() -> int:
    """Run what was asked for; return 1 if a bound is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--small", action="store_true", help="toy sizes on the CPU")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = run(arguments.only, small=arguments.small)
    print(table(figures))
    if arguments.json:
        rows = [{**asdict(each), "met": each.met} for each in figures]
        arguments.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1))
    return int(not all(each.met for each in figures))


if __name__ == "__main__":
    raise SystemExit(main())
