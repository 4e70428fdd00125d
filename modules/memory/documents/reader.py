"""Starts the process that reads a document, follows it, and ends it when it takes too long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import modules
from modules.memory.documents.formats import refused

LIMIT_S = 180.0
"""A book of 500 pages takes about half a minute on one slow core."""

Progress = Callable[[float], None]
"""Is told which share is done, between 0 and 1."""
_ROOT = Path(modules.__file__).parent.parent
_INDEXING = 0.8
"""Share of the work after which the text is there and its index is made."""


def read_apart(
    what: str, source: Path, target: Path, progress: Progress, limit_s: float = LIMIT_S
) -> dict[str, Any]:
    """Read a document into a directory; return what the child says of it.

    Raises `InvalidInput` as `format_of` and `read` do, "document_slow" (`seconds`) past the limit,
    "document_damaged" where the child dies over it.
    """
    command = [
        sys.executable, "-m", "modules.memory.documents.child", what, str(source), str(target),
    ]  # fmt: skip
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(
        command, cwd=_ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
    )  # fmt: skip
    late = threading.Event()

    def end() -> None:
        late.set()
        child.kill()

    clock = threading.Timer(limit_s, end)
    clock.start()
    try:
        return _followed(child, progress)
    except EOFError:
        if late.is_set():
            raise refused("document_slow", seconds=round(limit_s)) from None
        raise refused("document_damaged") from None
    finally:
        clock.cancel()
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()


def _followed(child: subprocess.Popen[str], progress: Progress) -> dict[str, Any]:
    """Return the child's last word. Raises `EOFError` where it has none."""
    for line in child.stdout or ():
        told: dict[str, Any] = json.loads(line)
        if "kept" in told:
            return dict(told["kept"])
        if "refused" in told:
            raise refused(str(told["refused"]), **told["params"])
        share = told["done"] / max(1, told["of"])
        indexing = "indexing" in told
        progress(_INDEXING + (1 - _INDEXING) * share if indexing else _INDEXING * share)
    raise EOFError
