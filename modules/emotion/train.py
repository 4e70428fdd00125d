"""Teach PhoBERT the feelings of sentences of one's own: `python -m modules.emotion.train FILE`.

FILE is CSV with the columns text and label, or JSONL with these keys; labels are the seven
(Enjoyment, Sadness, Anger, Fear, Disgust, Surprise, Other), or their Vietnamese names. The trained
network is used from the next start on, before all others; `GUONG_EMOTION=lexicon` does without.

With `--calibrate phobert-emotion` nothing is learned: the sentences only tell how sure a fetched
checkpoint may be.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from modules.emotion.phobert.engine import STATED, own_folder
from modules.emotion.phobert.sentences import Labelled, read_sentences
from modules.errors import GuongError
from modules.messages import EMOTIONS
from modules.models import weights
from modules.settings import Settings

log = logging.getLogger("guong.train")

BASE = "phobert-base"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, or calibrate; return 1 where that is not possible, having said why."""
    parser = argparse.ArgumentParser(prog="python -m modules.emotion.train", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--base", type=Path, help="folder of a PhoBERT; fetched where not given")
    parser.add_argument("--out", type=Path, help="folder of the trained network")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rate", type=float, default=2e-5)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--calibrate", metavar="MODEL", help="only fit the temperature of MODEL")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        if options.calibrate:
            _calibrate(options.calibrate, read_sentences(options.file))
        else:
            _train(options)
    except GuongError as error:
        log.error("%s %s", error.code, dict(error.params))
        return 1
    return 0


def _train(options: argparse.Namespace) -> None:
    from modules.emotion.phobert.reading import Reader
    from modules.emotion.phobert.training import Recipe, train

    sentences, read = read_sentences(options.file), Reader()
    base = options.base or _fetched()
    target = options.out or own_folder(Settings())
    segmented = [(read(text), place) for text, place in sentences]
    recipe = Recipe(options.epochs, options.rate, options.batch, options.seed)
    outcome = train(segmented, base, target, recipe)
    log.info(
        "%d sentences, %d of them held back: accuracy %.3f, macro-F1 %.3f, temperature %.2f; %s",
        outcome.sentences, outcome.held_back, outcome.accuracy, outcome.macro_f1,
        outcome.temperature, target,
    )  # fmt: skip


def _fetched() -> Path:
    kept = weights()
    if not kept.present(BASE):
        log.info("fetching %s", BASE)
        kept.fetch(BASE)
    return kept.path(BASE)


def _calibrate(key: str, sentences: Labelled) -> None:
    from modules.emotion.phobert.calibration import calibrated, expected_error, fitted, keep
    from modules.emotion.phobert.network import Network, shares
    from modules.emotion.phobert.reading import Reader

    folder, read = weights().path(key), Reader()
    network = Network(folder, STATED.get(key, ()))
    places, rows = [], []
    for text, place in sentences:
        if EMOTIONS[place] not in network.labels.names:
            continue  # a model of sentiment cannot say it
        parts = network.windows(read(text, network.emoji))
        rows.append((network.logits(parts) * shares(parts)[:, np.newaxis]).sum(0))
        places.append(network.labels.names.index(EMOTIONS[place]))
    if not rows:
        log.error("%s knows none of these labels", key)
        return
    logits, labels = np.array(rows, np.float32), np.array(places, np.int64)
    temperature = fitted(logits, labels)
    keep(folder, temperature, len(labels))
    before, after = (expected_error(calibrated(logits, t), labels) for t in (1.0, temperature))
    log.info("temperature %.2f; calibration error %.3f, before %.3f", temperature, after, before)


if __name__ == "__main__":
    raise SystemExit(main())
