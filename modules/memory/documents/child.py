"""Reads one document in a process of its own: `python -m modules.memory.documents.child`.

Arguments: what to do ("file", or "passages" for a list of passages in JSON lines), the file, and an
empty directory that the result is written to. On standard output come lines of JSON: `{"done",
"of"}` as it goes, and at the end `{"kept": {...}}` or `{"refused": reason, "params": {...}}`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np

from modules.errors import InvalidInput
from modules.memory.documents.formats import Format, format_of, refused
from modules.memory.documents.passages import Block, Passage, passages_of
from modules.memory.documents.readers import read
from modules.memory.documents.search import index_of

PASSAGES, INDEX = "passages.jsonl", "index.npz"
MOST_PASSAGES = 6_000
MOST_TEXT = 8_000_000
"""Bytes of text of one document: some four thousand pages."""
_MEMORY = 3 << 30
_NICE = 10
_REPORT_EVERY = 200


def main(arguments: list[str]) -> int:
    """Read a document; return the exit status."""
    what, source, target = arguments[0], Path(arguments[1]), Path(arguments[2])
    _be_modest()
    try:
        kind: Format | str = format_of(source) if what == "file" else "passages"
        kept = _keep(_passages(source, kind), target)
    except InvalidInput as error:
        params = {name: value for name, value in error.params.items() if name != "field"}
        _say({"refused": error.reason, "params": params})
        return 0
    except MemoryError:
        _say({"refused": "document_unpacks", "params": {"limit": _MEMORY >> 20}})
        return 0
    _say({"kept": {**kept, "kind": kind}})
    return 0


def _passages(source: Path, kind: Format | str) -> Iterator[Passage]:
    if kind == "passages":
        for line in source.read_text("utf-8").splitlines():
            text, page, heading = json.loads(line)
            yield Passage(str(text), int(page), str(heading))
        return
    yield from passages_of(_blocks(source, kind))  # type: ignore[arg-type]


def _blocks(source: Path, kind: Format) -> Iterator[Block]:
    for step in read(source, kind):
        if isinstance(step, Block):
            yield step
        else:
            _say({"done": step[0], "of": step[1]})


def _keep(passages: Iterable[Passage], target: Path) -> dict[str, int]:
    """Write passages and their index; return how much it is."""
    texts: list[str] = []
    offsets, size, pages = [0], 0, 0
    with (target / PASSAGES).open("wb") as file:
        for passage in passages:
            line = (json.dumps(astuple(passage), ensure_ascii=False) + "\n").encode()
            size += len(line)
            pages = max(pages, passage.page)
            texts.append(f"{passage.heading}. {passage.text}")
            if len(texts) > MOST_PASSAGES or size > MOST_TEXT:
                raise refused("document_too_long", limit=MOST_PASSAGES)
            file.write(line)
            offsets.append(size)
    index = index_of(_reported(texts))
    np.savez(
        target / INDEX, features=index.features, passages=index.passages,
        offsets=np.array(offsets, np.uint32),
    )  # fmt: skip
    return {"passages": len(texts), "pages": pages, "bytes": size}


def _reported(texts: list[str]) -> Iterator[str]:
    for place, text in enumerate(texts):
        if place % _REPORT_EVERY == 0:
            _say({"done": place, "of": len(texts), "indexing": 1})
        yield text


def _be_modest() -> None:
    """Leave the processor to who is talking, and bound the memory where the system can."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
