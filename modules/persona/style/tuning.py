"""Masked pairs for fine-tuning: what was said to the user, and how they answered it.

Two files: `sft.jsonl` has {"prompt", "completion"} a line (TRL's prompt-completion format),
`openai.jsonl` {"messages": [...]} a line (the chat format of OpenAI's fine-tuning).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from modules.errors import StorageFailed
from modules.persona.style.exemplars import Exemplar

SFT, OPENAI = "sft.jsonl", "openai.jsonl"


def tuning_files(exemplars: Iterable[Exemplar], system: str = "") -> dict[str, str]:
    """Return both files by name, none where no message answered another.

    `system` goes before each conversation of the chat format.
    """
    pairs = [each for each in exemplars if each.said_to]
    rows = {SFT: sft(pairs), OPENAI: openai(pairs, system)} if pairs else {}
    return {name: "".join(f"{row}\n" for row in each) for name, each in rows.items()}


def write_tuning(exemplars: Iterable[Exemplar], directory: Path, system: str = "") -> list[Path]:
    """Write both files, for their owner's eyes only; return their paths.

    Raises `StorageFailed`.
    """
    written = []
    for name, text in tuning_files(exemplars, system).items():
        path = directory / name
        try:
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
        except OSError as error:
            raise StorageFailed("disk", what=name) from error
        written.append(path)
    return written


def sft(pairs: Iterable[Exemplar]) -> Iterator[str]:
    """Yield the lines of the prompt-completion format."""
    for pair in pairs:
        yield json.dumps({"prompt": pair.said_to, "completion": pair.text}, ensure_ascii=False)


def openai(pairs: Iterable[Exemplar], system: str = "") -> Iterator[str]:
    """Yield the lines of the chat format."""
    for pair in pairs:
        messages = [{"role": "system", "content": system}] if system else []
        messages += [
            {"role": "user", "content": pair.said_to},
            {"role": "assistant", "content": pair.text},
        ]
        yield json.dumps({"messages": messages}, ensure_ascii=False)
