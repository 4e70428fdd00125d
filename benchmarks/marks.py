"""Counts words and their neighbours for reading text without marks: `python -m benchmarks.marks`.

The sentences are this project's own: its test cases, its tables, and `rules/said.txt`, which was
written for this. Blind sets and the halves of cases that are held out are not read, so that they
still measure. Writes `modules/persona/rules/marks.tsv`; `modules/persona/marks.py` says how.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.corpus import sentences_in
from modules.persona.marks import COUNTS, EDGE, kind, lines
from modules.persona.reading import tokenize
from modules.text import clean
from tests.persona.cases import held_out

ROOT = Path(__file__).parent.parent
SAID = ROOT / "modules/persona/rules/said.txt"
HALVED = ("address_cases", "address_fresh", "repair_cases", "repair_fresh", "address_wide3")
UNREAD = ("blind", "sealed", "unseen", "wide7")
"""Parts of the names of sets that only measure."""
FOREIGN = ("en.toml", "english.toml")
LEAST_TRIPLE = 2


def main() -> None:
    """Count and write."""
    pairs: Counter[tuple[str, str]] = Counter()
    triples: Counter[tuple[str, str, str]] = Counter()
    for sentence in sorted(set(sentences())):
        for line in lines(tokenize(clean(sentence))):
            spoken = [EDGE, *(token.form for token in line), EDGE]
            pairs.update(pairwise(spoken))
            kinds = [EDGE, *map(kind, spoken)]
            triples.update(zip(kinds, kinds[1:], kinds[2:], strict=False))
    rows: dict[str, list[str]] = defaultdict(list)
    for (before, word), count in sorted(pairs.items()):
        rows[before].append(f"{count} {word}")
    for (first, second, third), count in sorted(triples.items()):
        if count >= LEAST_TRIPLE:
            rows[f"{first} {second}"].append(f"{count} {third}")
    text = "".join("\t".join([before, *after]) + "\n" for before, after in sorted(rows.items()))
    COUNTS.write_text(text, encoding="utf-8")


def sentences() -> Iterator[str]:
    """Yield the sentences of the repository that are not held out."""
    yield from SAID.read_text(encoding="utf-8").splitlines()[2:]
    for path in sorted(path for path in ROOT.rglob("*.jsonl") if _is_read(path)):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            if path.stem not in HALVED or not held_out(case):
                yield from sentences_in(case)
    for path in sorted(path for path in ROOT.rglob("*.toml") if _is_read(path)):
        yield from sentences_in(tomllib.loads(path.read_text(encoding="utf-8")))


def _is_read(path: Path) -> bool:
    inside = path.relative_to(ROOT).parts
    ours = inside[0] in ("modules", "tests", "benchmarks") and inside[1:3] != ("persona", "rules")
    return ours and path.name not in FOREIGN and not any(part in path.name for part in UNREAD)


if __name__ == "__main__":
    main()
