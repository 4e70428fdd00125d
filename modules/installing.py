"""How to install what is missing: the exact command, with the versions the app is tested with."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
_SOLD_AS = {
    "cv2": "opencv-python-headless", "docx": "python-docx", "pyworld": "pyworld-prebuilt",
    "skia": "skia-python",
}  # fmt: skip
"""What a package is imported as, where that is not its name."""


def command(packages: Iterable[str]) -> str:
    """Return the command that installs packages, given as they are imported.

    >>> command(["torch"])  # doctest: +SKIP
    '.venv/bin/python -m pip install torch==2.11.0'
    """
    return f"{_python()} -m pip install " + " ".join(_pinned(name) for name in packages)


def _pinned(package: str) -> str:
    name = _SOLD_AS.get(package, package)
    return _pins().get(_canonical(name), name)


@cache
def _pins() -> dict[str, str]:
    """Return the lines of requirements.txt by their packages' names; none where it is not there."""
    try:
        lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pins = [line.split(";")[0].strip() for line in lines if "==" in line]
    return {_canonical(pin.partition("==")[0].split("[")[0]): pin for pin in pins}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _python() -> str:
    # As somebody would type it who stands in the app's folder, where the README's commands run.
    path = Path(sys.executable)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
