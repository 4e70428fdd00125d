"""Every benchmark of the whole conversation, one after another: `python -m benchmarks`.

Each runs in a process of its own, as `python -m benchmarks.<name>` does, so that none inherits
another's threads or memory. One table and one JSON at the end; the exit code is 1 if a bound is
missed or a benchmark fails.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.report import Figure, table

BENCHMARKS = ("latency", "throughput", "sessions", "interruption", "sync", "start", "soak")


def main() -> int:
    """Run what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, help="keep machine and figures in this file")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=BENCHMARKS)
    arguments = parser.parse_args()
    about = machine()
    figures = {name: measured(name) for name in BENCHMARKS if name in arguments.only}
    print(summary(about, figures))
    if arguments.json:
        rows = {
            name: [{**asdict(each), "met": each.met} for each in found]
            for name, found in figures.items()
        }
        written = {"machine": about, "figures": rows}
        arguments.json.write_text(json.dumps(written, ensure_ascii=False, indent=1))
    return int(not all(each.met for found in figures.values() for each in found))


def measured(name: str) -> list[Figure]:
    """Return a benchmark's figures; one that fails is a figure too, and a missed one."""
    print(f"{name} ...", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "figures.json"
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json", str(file)]
        done = subprocess.run(command, cwd=Path(__file__).parents[1], check=False)
        if done.returncode or not file.exists():
            return [Figure("failed", 1, "", 0, detail=f"exit code {done.returncode}")]
        rows = json.loads(file.read_text())
    return [Figure(**{key: row[key] for key in row if key != "met"}) for row in rows]


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "processor": _after("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(int((_after("/proc/meminfo", "MemTotal") or "0").split()[0]) / 1e6, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "commit": _git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "-s") else ""),
        "load_before": round(os.getloadavg()[0], 2),
    }


def summary(about: dict[str, Any], figures: dict[str, list[Figure]]) -> str:
    """Return the machine and one table of all figures."""
    head = ", ".join(f"{name} {value}" for name, value in about.items())
    named = [
        Figure(**{**asdict(each), "name": f"{name}: {each.name}"})
        for name, found in figures.items()
        for each in found
    ]
    missed = sum(not each.met for each in named)
    return f"\n{head}\n\n{table(named)}\n\n{missed} of {len(named)} missed"


def _after(file: str, name: str) -> str:
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
