"""How right the words are: `python -m benchmarks.language`.

With `--blind SET` only that blind set, as totals per category (see `benchmarks/blind.py`). With
`--llm NAME` an engine of the registry is scored instead (see `benchmarks/models.py`).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.blind import BLIND, blind
from benchmarks.models import load_engine, score
from benchmarks.report import Figure, table
from modules.llm import ENGINES


def run() -> list[Figure]:
    """Return every score."""
    return [figure for name in BLIND for figure in blind(name)[:1]]


def main() -> None:
    """Print a table; with `--json FILE`, also write the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.language", description=__doc__)
    parser.add_argument("--blind", choices=BLIND, help="totals per category of one blind set")
    parser.add_argument("--llm", choices=[spec.name for spec in ENGINES], help="score an engine")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.llm:
        figures = score(load_engine(options.llm))
    else:
        figures = blind(options.blind) if options.blind else run()
    print(table(figures))
    if options.json:
        rows = [{**asdict(figure), "met": figure.met} for figure in figures]
        options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
