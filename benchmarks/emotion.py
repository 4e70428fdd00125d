"""How right and how fast feelings are heard: `python -m benchmarks.emotion [--json FILE]`.

The lexicon is always measured, and every PhoBERT whose weights are there (a network of the owner's
too); others are "not measured".

Quality is macro-F1 over the seven labels on the project's own sentences (`tests/emotion/`). They
flatter: one author wrote sentences and lexicon. Only `sealed` was written after the rules were
frozen. Speed is the wall time of `classify`, one sentence after another, on warm data; `load_ms` is
the first read of the data files in a fresh process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import numpy as np

from modules.emotion import ENGINES, classify
from modules.emotion.phobert.calibration import expected_error
from modules.errors import GuongError
from modules.messages import EMOTIONS, EmotionLabel, Mood, Transcript, TurnRequest

DATA = Path(__file__).parent.parent / "tests" / "emotion"
ROUNDS = 5


def run() -> dict[str, Any]:
    """Return quality per set and label, and timings in milliseconds."""
    sentences = rows("sentences")
    sets = {
        "tuned_half": sentences[0::2],
        "held_out_half": sentences[1::2],
        "development": rows("development"),
        "sealed": rows("sealed"),
    }
    return {
        "quality": {name: quality(chosen) for name, chosen in sets.items()},
        "phobert": {spec.name: phobert(spec.name, sets) for spec in ENGINES if not spec.embedded},
        "sentence_ms": _sentence_ms([text for chosen in sets.values() for text, _ in chosen]),
        "load_ms": _load_ms(),
    }


def main() -> None:
    """Print a table, and write the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    path = parser.parse_args().json
    figures = run()
    print(
        f"{'set':14} {'n':>4} {'macro-F1':>9} {'accuracy':>9}  " + " ".join(e[:5] for e in EMOTIONS)
    )
    _print_quality(figures["quality"])
    for name, measured in figures["phobert"].items():
        why = measured.get("not_measured")
        print(f"\n{name}: not measured ({why})" if why else f"\n{name}")
        if "quality" in measured:
            _print_quality(measured["quality"])
            print(f"a sentence: median {measured['sentence_ms']['median']:.1f} ms")
    print()
    for name in ("sentence_ms", "load_ms"):
        row = figures[name]
        print(f"{name}: median {row['median']:.3f} (min {row['min']:.3f}, max {row['max']:.3f})")
    if path:
        path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _print_quality(sets: dict[str, Any]) -> None:
    for name, row in sets.items():
        each = " ".join(f"{row['f1'][label]:5.2f}" for label in EMOTIONS)
        error = (
            f"  calibration {row['calibration_error']:.2f}" if "calibration_error" in row else ""
        )
        print(
            f"{name:14} {row['n']:4} {row['macro_f1']:9.3f} {row['accuracy']:9.3f}  {each}{error}"
        )


def rows(name: str) -> list[tuple[str, str]]:
    """Return the sentences of a set and their labels."""
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [(row["text"], row["label"]) for row in map(json.loads, lines)]


def lexicon(sentences: list[tuple[str, str]]) -> list[EmotionLabel]:
    """Return the labels that the lexicon gives."""
    return [classify(text).label for text, _ in sentences]


def phobert(name: str, sets: dict[str, list[tuple[str, str]]]) -> dict[str, Any]:
    """Return quality, calibration and milliseconds of one network; why, where it cannot run."""
    engine = next(spec for spec in ENGINES if spec.name == name).make()
    try:
        engine.load()
    except GuongError as error:
        return {"not_measured": error.code}
    figures: dict[str, Any] = {"quality": {}}
    timings: list[float] = []
    for chosen, sentences in sets.items():
        moods = anyio.run(_read, engine, [text for text, _ in sentences], timings)
        figures["quality"][chosen] = quality(sentences, [mood.label for mood in moods])
        scores = np.array([[mood.scores[each] for each in EMOTIONS] for mood in moods], np.float32)
        labels = np.array([[*EMOTIONS].index(label) for _, label in sentences])
        figures["quality"][chosen]["calibration_error"] = expected_error(scores, labels)
    engine.close()
    return {**figures, "sentence_ms": _spread(timings)}


async def _read(engine: Any, texts: list[str], timings: list[float]) -> list[Mood]:
    stream, moods = engine.open(TurnRequest(0, "")), []
    for text in texts:
        began = time.perf_counter()
        await stream.push(Transcript(0, text))
        moods += [mood async for mood in stream]
        timings.append((time.perf_counter() - began) * 1000)
    return moods


def quality(
    sentences: list[tuple[str, str]], found: list[EmotionLabel] | None = None
) -> dict[str, Any]:
    """Return accuracy, F1 of each label (0 to 1) and their mean; without `found` the lexicon's."""
    found = lexicon(sentences) if found is None else found
    pairs = [(label, given) for (_, label), given in zip(sentences, found, strict=True)]
    f1 = {}
    for label in EMOTIONS:
        right = sum(a == b == label for a, b in pairs)
        f1[label] = 2 * right / max(1, sum((a == label) + (b == label) for a, b in pairs))
    return {
        "n": len(sentences),
        "macro_f1": statistics.mean(f1.values()),
        "accuracy": sum(a == b for a, b in pairs) / len(pairs),
        "f1": f1,
    }


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def _sentence_ms(texts: list[str]) -> dict[str, float]:
    timings = []
    for text in texts * ROUNDS:
        began = time.perf_counter()
        classify(text)
        timings.append((time.perf_counter() - began) * 1000)
    return _spread(timings)


def _load_ms() -> dict[str, float]:
    code = (
        "import time; from modules.emotion.phrases import lexicon; t = time.perf_counter();"
        "lexicon(); print((time.perf_counter() - t) * 1000)"
    )
    outputs = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        for _ in range(ROUNDS)
    ]
    return _spread([float(output.stdout) for output in outputs])


if __name__ == "__main__":
    main()
