"""The owner's own labelled sentences: a CSV file with the columns text and label, or JSONL."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from modules.emotion.phobert.labels import labels_of
from modules.errors import InvalidInput, WeightsRejected
from modules.messages import EMOTIONS

FEWEST = 14
"""Sentences, two of each label: fewer teach nothing."""
HELD_BACK = 0.15

Labelled = list[tuple[str, int]]
"""Text, and the place of its label in `EMOTIONS`."""
Places = npt.NDArray[np.int64]


def read_sentences(path: Path) -> Labelled:
    """Return the sentences of a file; labels in English or Vietnamese, as `labels.NAMES` has them.

    Raises `InvalidInput`: "unreadable" (with the line), "unknown_label" or "too_few".
    """
    found: Labelled = []
    for line, row in _rows(path):
        text, label = str(row.get("text") or "").strip(), str(row.get("label") or "").strip()
        if not text or not label:
            raise InvalidInput("unreadable", field=path.name, line=line)
        found.append((text, _place(label, path, line)))
    if len(found) < FEWEST or len({place for _, place in found}) < 2:
        raise InvalidInput("too_few", field=path.name, least=FEWEST)
    return found


def split(labels: Sequence[int], seed: int) -> tuple[Places, Places]:
    """Return which sentences are learned from, and which are held back: some of every label that
    has more than one.
    """
    order, places = np.random.default_rng(seed).permutation(len(labels)), np.array(labels)
    back: list[int] = []
    for label in sorted(set(labels)):
        those = order[places[order] == label]
        count = round(HELD_BACK * len(those)) or int(len(those) > 1)
        back += those[:count].tolist()
    held = np.array(sorted(back), np.int64)
    return np.setdiff1d(np.arange(len(labels)), held).astype(np.int64), held


def _rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix.lower() == ".csv":
                for number, row in enumerate(csv.DictReader(file), 2):
                    yield number, dict(row)
                return
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, dict(json.loads(line))
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise InvalidInput("unreadable", field=path.name, line=max(1, number)) from error


def _place(label: str, path: Path, line: int) -> int:
    try:
        names = labels_of(dict(enumerate((label, "joy", "sad", "fear"))))
    except WeightsRejected as error:
        raise InvalidInput("unknown_label", field=path.name, line=line) from error
    return EMOTIONS.index(names.names[0])
