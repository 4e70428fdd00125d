"""Lists the licences of all that the app installs: `python requirements/licences.py > LICENSES.md`.

What packages say of themselves is read from the metadata of what is installed, from the names in
the requirement files down through everything that they need. What they do not say (a library that
a wheel carries, a Debian package) stands in `licences.toml`; models stand in `modules/models.toml`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

HERE = Path(__file__).parent
KNOWN: dict[str, Any] = tomllib.loads((HERE / "licences.toml").read_text("utf-8"))
MODELS = HERE.parent / "modules" / "models.toml"
UNPINNED = HERE.parent / "modules" / "unpinned.toml"

ALLOWED = frozenset(KNOWN["allowed"])
"""SPDX names of licences whose code may stand in one work under GPL-3.0-or-later."""

NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
"""What classifiers and the old `License` field call a licence, and its SPDX name."""

FLAGS = {
    "non-commercial": re.compile(r"\bNC\b|non-?commercial", re.IGNORECASE),
    "AGPL": re.compile(r"\bAGPL|Affero", re.IGNORECASE),
    "research only": re.compile(r"research[- ]only", re.IGNORECASE),
}
"""What must be seen at a glance before a model is used at work, or served to others."""


def direct(file: str) -> list[str]:
    """Return the package names that a requirement file lists, as PEP 503 writes them."""
    lines = [line.strip() for line in (HERE / file).read_text("utf-8").splitlines()]
    return [canonical(re.split(r"[=<>~!\[; ]", x)[0]) for x in lines if x and x[0] not in "#-"]


def closure(roots: Iterable[str]) -> dict[str, metadata.Distribution]:
    """Return the installed packages that `roots` need, themselves included, by canonical name."""
    found: dict[str, metadata.Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(name, "") for name in roots]
    while waiting:
        name, extra = step = waiting.pop()
        if step in seen:
            continue
        seen.add(step)
        try:
            package = found.setdefault(name, metadata.distribution(name))
        except metadata.PackageNotFoundError:
            continue  # meant for another platform, or not installed in this environment
        waiting += needed(package, extra)
    return found


def needed(package: metadata.Distribution, extra: str) -> list[tuple[str, str]]:
    """Return what a package requires here: names, each once plain and once for every extra."""
    steps: list[tuple[str, str]] = []
    for line in package.requires or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            name = canonical(requirement.name)
            steps += [(name, each) for each in ("", *requirement.extras)]
    return steps


def canonical(name: str) -> str:
    """Return a package name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(package: metadata.Distribution) -> str:
    """Return a package's licence as an SPDX expression, or what else it says of it.

    PEP 639's expression comes first; the old `License` field only where it holds a name and not a
    whole text; then the classifiers; last the licence file.
    """
    fields = package.metadata
    if stated := KNOWN["unstated"].get(canonical(fields["Name"])):
        return str(stated)
    if expression := fields.get("License-Expression"):
        return str(expression)
    old = (fields.get("License") or "").strip()
    if allowed(name := NAMES.get(old, old)):
        return name
    classifiers = {
        c.rpartition(" :: ")[2]
        for c in fields.get_all("Classifier", [])
        if c.startswith("License ::") and c != "License :: OSI Approved"
    }
    if classifiers:
        return " AND ".join(sorted(NAMES.get(c) or _which(c, package) for c in classifiers))
    return _in_file(package) or (old.splitlines()[0] if old else "not stated")


def _which(classifier: str, package: metadata.Distribution) -> str:
    # "BSD License" is a family: the text of the licence says which of it.
    return (classifier == "BSD License" and _in_file(package)) or classifier


def _in_file(package: metadata.Distribution) -> str:
    for file in package.files or []:
        if re.match(r"(LICEN[CS]E|COPYING)", file.name, re.IGNORECASE):
            text = " ".join(Path(str(file.locate())).read_text("utf-8", "replace").split())
            for name, words in KNOWN["words"].items():
                if words in text:
                    return str(name)
    return ""


def allowed(expression: str) -> bool:
    """Tell whether all that an SPDX expression names may stand under GPL-3.0-or-later."""
    names = set(re.findall(r"[\w.+-]+", expression)) - {"AND", "OR", "WITH"}
    return bool(names) and names <= ALLOWED


def flags(text: str) -> tuple[str, ...]:
    """Return what a model's licence restricts: "non-commercial", "AGPL", "research only"."""
    return tuple(name for name, pattern in FLAGS.items() if pattern.search(text))


def package_rows(packages: Mapping[str, metadata.Distribution]) -> list[tuple[str, ...]]:
    """Return name, licence and remark of packages, sorted by name."""
    rows = []
    for name in sorted(packages):
        said = licence(packages[name])
        remark = KNOWN["carried"].get(name)
        rows.append((name, said, remark or ("" if allowed(said) else "**look at this one**")))
    return rows


def model_rows(*tables: Path) -> list[tuple[str, ...]]:
    """Return key, repository, licence and restrictions of every model that the app may fetch."""
    return [
        (key, model["repo"], model["licence"], _bold(flags(model["licence"])))
        for table in tables or (MODELS, UNPINNED)
        for key, model in tomllib.loads(table.read_text("utf-8")).items()
    ]


def _bold(words: Iterable[str]) -> str:
    return ", ".join(f"**{word}**" for word in words)


def document() -> str:
    """Return LICENSES.md."""
    names = direct("embedded.txt")
    embedded = closure(names)
    rest = {n: p for n, p in closure(direct("../requirements.txt")).items() if n not in embedded}
    sections = {
        "direct": _table(
            ("package", "licence", "remark"), package_rows({n: embedded[n] for n in names})
        ),
        "indirect": _table(
            ("package", "licence", "remark"),
            package_rows({n: p for n, p in embedded.items() if n not in names}),
        ),
        "neural": _table(("package", "licence", "remark"), package_rows(rest)),
        "debian": _table(("package", "licence", "what for"), KNOWN["debian"]),
        "fonts": _table(("type", "licence", "what for"), KNOWN["fonts"]),
        "models": _table(("model", "repository", "licence", "restricted"), model_rows()),
    }
    return str(KNOWN["document"]).format(**sections)


def _table(heads: tuple[str, ...], rows: Iterable[Iterable[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


if __name__ == "__main__":
    sys.stdout.write(document())
