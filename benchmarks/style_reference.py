"""Counts ordinary Vietnamese for the keyness of phrases: `python -m benchmarks.style_reference`.

The sentences are this project's own: what its authors wrote as test cases and as the companion's
answers. Writes `modules/persona/style/rules/ordinary.tsv`: the words counted, then a count and a
phrase a line (single words, and longer phrases that occur at least twice).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from modules.persona.style.counting import Counts
from modules.persona.style.keyness import REFERENCE
from modules.text import clean, has_diacritics

ROOT = Path(__file__).parent.parent
LINES = ("tests/emotion", "tests/memory/data", "tests/persona")
TABLES = (
    "tests/llm/dialogues.toml", "tests/llm/visitors.toml",
    *(f"modules/llm/companion/{name}.toml" for name in (
        "about", "chat", "feelings", "follow", "lore", "places", "safety", "skills",
        "suggestions", "topics",
    )),
)  # fmt: skip
_SLOT = re.compile(r"\{(\w+)\}")
_FILLERS = {"self": "mình", "you": "bạn", "nhe": "nhé", "nhi": "nhỉ", "day": "đấy", "the": "thế"}


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
                yield from _of(json.loads(line))
    for name in TABLES:
        yield from _of(tomllib.loads((ROOT / name).read_text(encoding="utf-8")), templates=True)


def _of(value: object, *, templates: bool = False, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name != "when":
                yield from _of(each, templates=templates, key=str(name))
    elif isinstance(value, list):
        for each in value:
            yield from _of(each, templates=templates, key=key)
    elif isinstance(value, str) and " " in value and has_diacritics(value):
        filled = _SLOT.sub(lambda match: _FILLERS.get(match[1], ","), value)
        if not re.search(r"[|()^$%#{}]", filled):
            yield filled


if __name__ == "__main__":
    main()
