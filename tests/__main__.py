"""All checks in one command: `python -m tests`. Arguments go to pytest."""

import subprocess
import sys
from pathlib import Path

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
)


def main() -> int:
    root = Path(__file__).parent.parent
    for check in CHECKS:
        print("$", " ".join(check), flush=True)
        done = subprocess.run([sys.executable, "-m", *check], cwd=root, check=False)
        if done.returncode:
            return done.returncode
    tests = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    print("$", " ".join(["pytest", *sys.argv[1:]]), flush=True)
    return subprocess.run(tests, cwd=root, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
