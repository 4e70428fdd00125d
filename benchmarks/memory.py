"""What memory costs and how well it finds.

`python -m benchmarks.memory`. Times are for one user with 100, 1,000 and 10,000 memories; "cold" is
a database that was closed (its files may still be in the system's cache), "first" one in a process
that has not imported chromadb yet. Every figure of a process of its own (imports, resident memory)
is taken in one. Facts, questions and utterances are those of `tests/memory/data/`.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from modules.memory import DocumentStore, MemoryStore, asked_when, facts_in
from modules.memory.embedding import HashedEmbedding
from modules.memory.records import Memory, new_memory
from modules.memory.wording import words

DATA = Path(__file__).parents[1] / "tests" / "memory" / "data"
SIZES = (100, 1_000, 10_000)
ROUNDS = 15
USERS = 40
QUESTIONS = ("tune", "held", "fresh")
STATEMENTS = ("tune", "held", "fresh", "blind", "sealed", "last", "year")

_FOODS = ["phở", "bún", "xôi", "chè", "nem", "giò", "lẩu", "cháo", "miến", "mì", "cơm", "bánh"]
_WHERE = ["Hà Nội", "Huế", "Đà Nẵng", "Cần Thơ", "Đà Lạt", "Vinh", "Hội An", "Sài Gòn"]
_WHO = ["mình", "mẹ mình", "em trai mình", "bạn gái mình", "sếp mình", "bà ngoại mình"]
_WHAT = ["thích ăn", "hay mua", "biết nấu", "ghét", "dị ứng", "bán", "mới ăn", "nhớ món"]


def run() -> dict[str, Any]:
    """Return milliseconds by size, megabytes, and shares between 0 and 1."""
    return {
        "times_ms": {str(size): times(size) for size in SIZES},
        "process": process(),
        "resident_mb": resident(),
        "documents_ms": documents(),
        "recall": {name: found(name) for name in QUESTIONS},
        "facts": {name: kept(name) for name in STATEMENTS},
        "microseconds": {
            "embed": 1e3 * milliseconds(lambda: _embed(texts(50)), 5)["median"] / 50,
            "facts_in": 1e3 * milliseconds(_all_facts, 3)["median"] / len(_said()),
        },
    }


def texts(count: int) -> list[str]:
    """Return that many different sentences of the kind that is remembered."""
    chance = random.Random(7)
    made: dict[str, None] = {}
    while len(made) < count:
        parts = [chance.choice(list(group)) for group in (_WHO, _WHAT, _FOODS, _WHERE)]
        who, what, food, where = parts
        number = chance.randrange(1, 400)
        made[f"{who} {what} {food} ở quán số {number} {where} lúc {chance.randrange(24)} giờ"] = (
            None
        )
    return list(made)


def times(size: int) -> dict[str, dict[str, float]]:
    """Return how long each call takes for a user with that many memories."""
    with tempfile.TemporaryDirectory() as directory:
        store = MemoryStore(Path(directory))
        memory = store.open("a1")
        said = texts(size + 4 * ROUNDS)
        filled = milliseconds(lambda: fill(store, [new_memory(t, "user") for t in said[:size]]), 1)
        fresh = iter(said[size:])
        figures = {
            "fill at once": filled,
            "remember": milliseconds(lambda: memory.remember(next(fresh)), ROUNDS),
            "recall": milliseconds(lambda: memory.recall("Mình thích ăn gì ở Huế?"), ROUNDS),
            "recall by time": milliseconds(
                lambda: memory.recollect("hôm qua mình kể gì?", _now()), 5
            ),
            "all": milliseconds(memory.all, 5),
        }
        cold = [_cold(store) for _ in range(ROUNDS)]
        figures["cold open and recall"] = summary(cold)
        some = iter(memory.all())
        figures["forget one"] = milliseconds(lambda: memory.forget(next(some).id), 3)
        figures["delete user"] = milliseconds(lambda: store.delete("a1"), 1)
        return figures


def fill(store: MemoryStore, memories: list[Memory]) -> None:
    """Put many memories into a user's database without looking for older ones."""
    vectors = store.embedding.embed([memory.text for memory in memories])
    with store.shelf("a1") as shelf:
        shelf.run(lambda rows: rows.put(memories, vectors), create=True)


def _now() -> datetime:
    return datetime.now(UTC)


def _cold(store: MemoryStore) -> float:
    store.close()
    begun = time.perf_counter()
    store.open("a1").recall("Mình thích ăn gì ở Huế?")
    return 1e3 * (time.perf_counter() - begun)


def documents() -> dict[str, dict[str, float]]:
    """Return what a book of 500 pages costs to add, and to search, warm and first."""
    chance = random.Random(3)
    book = [" ".join(texts(8)[chance.randrange(8)] for _ in range(12)) for _ in range(500)]
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "book.txt"
        file.write_text("\f".join(book), encoding="utf-8")
        store = DocumentStore(Path(directory) / "users")
        added = milliseconds(lambda: store.add("a1" * 8, "book.txt", file), 1)
        first = milliseconds(lambda: store.recall("a1" * 8, "Mình thích ăn gì ở Huế?"), 1)
        asked = milliseconds(lambda: store.recall("a1" * 8, "Mình thích ăn gì ở Huế?"), ROUNDS)
        now = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
        when = milliseconds(lambda: asked_when("hôm trước mình kể gì nhỉ?", now), ROUNDS)
        return {
            "add 500 pages": added, "first recall": first, "recall": asked, "time phrase": when,
        }  # fmt: skip


# --- a process of its own -----------------------------------------------------------------------

_PROLOGUE = """
import sys, time
from pathlib import Path
def resident():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
begun = time.perf_counter()
import modules.memory as memory
imported = time.perf_counter() - begun
store = memory.MemoryStore(Path(sys.argv[1]))
"""
_FIRST = """
times = [imported]
for call in (
    store.warm,
    lambda: store.open("a1").remember("Mình tên Lan"),
    lambda: store.open("a1").recall("Mình tên gì?"),
):
    begun = time.perf_counter()
    call()
    times.append(time.perf_counter() - begun)
print(*(1e3 * taken for taken in times))
"""
_RESIDENT = """
sizes = [resident()]
store.warm()
sizes.append(resident())
for user in range(int(sys.argv[2])):
    kept = store.open(f"{user:04x}")
    for number in range(20):
        kept.remember(f"Mình thích món số {number} của quán {number * 7}")
    kept.recall("Mình thích ăn gì?")
    if user in (0, 3):
        sizes.append(resident())
sizes.append(resident())
store.close()
sizes.append(resident())
held = [len(list(Path("/proc/self", name).iterdir())) for name in ("task", "fd")]
print(*sizes, *held)
"""


def process() -> dict[str, dict[str, float]]:
    """Return what the first calls of a process cost, in milliseconds."""
    names = ("import modules.memory", "warm", "first remember", "first recall")
    rows = [_apart(_FIRST) for _ in range(5)]
    return {
        name: summary(list(column))
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }


def resident() -> dict[str, float]:
    """Return resident megabytes of a process as it opens users, and what it holds at the end."""
    names = ("before", "warm", "1 user", "4 users", f"{USERS} users", "closed", "threads", "files")
    return dict(zip(names, _apart(_RESIDENT, str(USERS)), strict=True))


def _apart(script: str, *arguments: str) -> list[float]:
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-X", "utf8", "-c", _PROLOGUE + script, directory, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


# --- how well it finds --------------------------------------------------------------------------


def found(name: str) -> dict[str, float]:
    """Return how often a question finds its fact among one user's, through a real database."""
    lines = _lines(f"recall_{name}.jsonl")
    told = [line for line in lines if "fact" in line]
    asks = [(ask, line["fact"]) for line in told for ask in line["asks"]]
    unrelated = [line["unrelated"] for line in lines if "unrelated" in line]
    with tempfile.TemporaryDirectory() as directory:
        store = MemoryStore(Path(directory))
        fill(store, [new_memory(line["fact"], "user") for line in told])
        memory = store.open("a1")
        all_ranks = [_rank(memory.recall(ask, 5, -1.0), fact) for ask, fact in asks]
        given = [memory.recall(ask) for ask, _ in asks]
        ranks = [_rank(items, fact) for items, (_, fact) in zip(given, asks, strict=True)]
        disturbed = sum(bool(memory.recall(text)) for text in unrelated)
        store.close()
    return {
        "questions": len(asks),
        "recall@1": _share(rank == 0 for rank in all_ranks),
        "recall@5": _share(rank is not None for rank in all_ranks),
        "recall@1 above threshold": _share(rank == 0 for rank in ranks),
        "recall@5 above threshold": _share(rank is not None for rank in ranks),
        "others given per question": float(np.mean([len(items) for items in given]))
        - _share(rank is not None for rank in ranks),
        "unrelated utterances that find something": disturbed / len(unrelated),
    }


def _rank(items: list[Any], fact: str) -> int | None:
    texts_found = [item.memory.text for item in items]
    return texts_found.index(fact) if fact in texts_found else None


def kept(name: str) -> dict[str, float]:
    """Return precision and recall of `facts_in` on a set of utterances."""
    right = given = wanted = 0
    for row in _lines(f"facts_{name}.jsonl"):
        got = {" ".join(words(fact)) for fact in facts_in(row["say"])}
        expected = {" ".join(words(fact)) for fact in row["facts"]}
        right, given, wanted = right + len(got & expected), given + len(got), wanted + len(expected)
    return {"precision": right / given, "recall": right / wanted, "facts": wanted}


# --- measuring ----------------------------------------------------------------------------------


def milliseconds(call: Callable[[], object], rounds: int) -> dict[str, float]:
    """Return the median, minimum and maximum time of a call."""
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        taken.append(1e3 * (time.perf_counter() - begun))
    return summary(taken)


def summary(taken: list[float]) -> dict[str, float]:
    """Return median, minimum and maximum."""
    return {"median": statistics.median(taken), "min": min(taken), "max": max(taken)}


def _embed(some: list[str]) -> None:
    HashedEmbedding().embed(some)


def _said() -> list[str]:
    return [row["say"] for name in STATEMENTS for row in _lines(f"facts_{name}.jsonl")]


def _all_facts() -> None:
    for said in _said():
        facts_in(said)


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def _share(hits: Any) -> float:
    return float(np.mean(list(hits)))


def main() -> None:
    """Print the figures; with `--json FILE` write them too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = run()
    for size, rows in figures["times_ms"].items():
        _table(f"{int(size):,} memories, ms", rows)
    _table("documents, ms", figures["documents_ms"])
    _table("first calls of a process, ms", figures["process"])
    for title in ("resident_mb", "microseconds"):
        print(f"\n{title}")
        for name, value in figures[title].items():
            print(f"  {name:<42}{value:>10.1f}")
    for title in ("recall", "facts"):
        for name, values in figures[title].items():
            shown = ", ".join(f"{key} {value:.3g}" for key, value in values.items())
            print(f"{title} {name}: {shown}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


def _table(title: str, rows: dict[str, dict[str, float]]) -> None:
    print(f"\n{title:<42}{'median':>10}{'min':>10}{'max':>10}")
    for name, row in rows.items():
        print(f"  {name:<40}{row['median']:>10.2f}{row['min']:>10.2f}{row['max']:>10.2f}")


if __name__ == "__main__":
    main()
