"""How well a style is taken over, and what it costs: `python -m benchmarks.style [--json FILE]`.

Five invented writers (`tests/style/writers/`): a profile is learned from one half of their
messages, a classifier of character n-grams from the other half, and the companion answers 72
utterances of twelve conversations in the manner of each. `named` is the share of answers whose
writer the classifier names (chance: 0.20), also with the halves swapped, in three pairs of address,
without calibration (see `tests/style/classifier.py`), and at the strength of the writers' own
messages. `copied` is the longest run of syllables that an answer shares with a message.

Speed is wall time: reading a made-up Messenger export, learning from it, and what a turn costs.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modules.conversation.styling import Styles
from modules.memory.embedding import HashedEmbedding
from modules.persona.style import Export, longest_copy, manner_of
from tests.style import proof

EXPORT_MESSAGES = 40_000
ROUNDS = 7
OWNER = "ab" * 16


def run() -> dict[str, Any]:
    """Return shares, the longest copy, and timings."""
    return {"named": named(), "copied": copied(), **costs()}


def named() -> dict[str, float]:
    """Return the share of answers whose writer is named, by condition."""
    found: dict[str, float] = {}
    for pair_name, pair in proof.PAIRS.items():
        for half in (0, 1):
            found[f"{pair_name}, half {half}, style on"] = proof.rate(pair, half=half)[0]
        found[f"{pair_name}, style off"] = proof.rate(pair, styled=False)[0]
    for half in (0, 1):
        found[f"mình-bạn, half {half}, on, not calibrated"] = proof.rate(
            half=half, calibrated=False
        )[0]
    judge = proof.classifier(1, calibrated=False)
    texts = [(name, text) for name in proof.WRITERS for text in proof.learned_half(name)]
    found["the writers' own messages"] = sum(judge.name(t) == n for n, t in texts) / len(texts)
    found["mình-bạn, half 0, strength 0"] = at_strength(0.0)
    return {name: round(share, 3) for name, share in found.items()}


def at_strength(strength: float) -> float:
    """Return the share at another strength than the full one."""
    judge, right = proof.classifier(1), []
    for name in proof.WRITERS:
        made = proof.profile(name).model_copy(update={"strength": strength})
        right += [judge.name(reply) == name for reply in proof.replies(manner_of(made))]
    return sum(right) / len(right)


def copied() -> int:
    """Return the longest run of syllables that an answer shares with a message."""
    return max(
        longest_copy(reply, proof.messages(name))
        for name in proof.WRITERS
        for reply in proof.replies(manner_of(proof.profile(name)))
    )


def costs() -> dict[str, Any]:
    """Return the speed of reading and learning, its memory, and the time a turn loses."""
    data = export_bytes()
    export = Export(lambda: io.BytesIO(data), len(data))
    read_s = seconds(lambda: export.authors(), 3)
    tracemalloc.start()
    export.authors()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    with tempfile.TemporaryDirectory() as directory:
        styles = Styles(Path(directory), HashedEmbedding())
        began = time.perf_counter()
        styles.of(OWNER).learn(export, "Bảo")
        learn_s = time.perf_counter() - began
        first_ms = seconds(lambda: styles.styled(OWNER, "hôm nay mưa to quá"), 1) * 1000
        turn_ms = seconds(lambda: styles.styled(OWNER, "tối nay ăn gì"), ROUNDS * 3) * 1000
        hear_ms = seconds(lambda: styles.of(OWNER).hear("trưa nay ăn bún bò nha"), ROUNDS) * 1000
    return {
        "export_mb": round(len(data) / 1e6, 1),
        "read_mb_s": round(len(data) / 1e6 / read_s, 1),
        "read_peak_mb": round(peak / 1e6, 1),
        "learn_s": round(learn_s, 2),
        "first_turn_ms": round(first_ms, 1),
        "turn_ms": round(turn_ms, 2),
        "hear_ms": round(hear_ms, 2),
    }


def export_bytes() -> bytes:
    """Return a Messenger export of two writers, their messages over and over."""
    rows = []
    for number in range(EXPORT_MESSAGES):
        name = ("ha", "bao")[number % 2]
        texts = proof.messages(name)
        text = f"{texts[number // 2 % len(texts)]} {texts[number // 7 % len(texts)]}"
        broken = text.encode().decode("latin-1")
        author = ("Hà", "Bảo")[number % 2].encode().decode("latin-1")
        rows.append({"sender_name": author, "timestamp_ms": number * 1000, "content": broken})
    return json.dumps({"participants": [], "messages": rows}).encode()


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Return the median of some timings."""
    timings = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        timings.append(time.perf_counter() - began)
    return statistics.median(timings)


def main() -> None:
    """Print a table, and write the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    path = parser.parse_args().json
    figures = run()
    print("| writer named | share |\n|---|---|")
    for name, share in figures["named"].items():
        print(f"| {name} | {share:.1%} |")
    print("\n| figure | value |\n|---|---|")
    for name, value in figures.items():
        if name != "named":
            print(f"| {name} | {value} |")
    if path:
        path.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
