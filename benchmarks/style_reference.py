"""Counts ordinary Vietnamese for the keyness of phrases: `python -m benchmarks.style_reference`.

The sentences are this project's own: what its authors wrote as test cases and as the companion's
answers. Writes `modules/persona/style/rules/ordinary.tsv`: the words counted, then a count and a
phrase a line (single words, and longer phrases that occur at least twice).
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.corpus import sentences_in
from modules.persona.style.counting import Counts
from modules.persona.style.keyness import REFERENCE
from modules.text import clean

ROOT = Path(__file__).parent.parent
LINES = ("tests/emotion", "tests/memory/data", "tests/persona")
TABLES = (
    "tests/llm/dialogues.toml", "tests/llm/visitors.toml",
    *(f"modules/llm/companion/{name}.toml" for name in (
        "about", "chat", "feelings", "follow", "lore", "places", "safety", "skills",
        "suggestions", "topics",
    )),
)  # fmt: skip


def main() -> None:
    """Count and write."""
    counts = Counts()
    for sentence in sorted(set(sentences())):
        counts.add(clean(sentence))
    kept = Counter({p: n for p, n in counts.phrases.items() if n > 1 or " " not in p})
    rows = [f"{count}\t{phrase}" for phrase, count in sorted(kept.items())]
    REFERENCE.write_text("\n".join([f"words {counts.words}", *rows]) + "\n", encoding="utf-8")
    print(f"{counts.messages} sentences, {counts.words} words, {len(rows)} phrases")


def sentences() -> Iterator[str]:
    """Yield the sentences of the repository; patterns and single words are none."""
    for folder in LINES:
        for path in sorted((ROOT / folder).glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                yield from sentences_in(json.loads(line))
    for name in TABLES:
        yield from sentences_in(tomllib.loads((ROOT / name).read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
