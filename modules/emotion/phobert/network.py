"""A PhoBERT that classifies: its tokenizer, its network, and long texts in windows.

PhoBERT has 258 positions, two of which RoBERTa does not use: 256 tokens, the ends included. What is
longer would be an index error, so it is read in windows that overlap, and their scores are averaged
by how much of the text is in each.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForSequenceClassification, PhobertTokenizer
from transformers.utils import logging

from modules.emotion.phobert.labels import Labels, labels_of
from modules.errors import WeightsRejected
from modules.messages import FloatArray
from modules.zerogpu import on_zerogpu

OVERLAP = 32
"""Tokens that two windows share: a clause that is cut is whole in one of them."""
MOST_WINDOWS = {"cuda": 8, "cpu": 2}
"""Of one text; of more, as many are read from its beginning to its end. On a CPU a window takes
0.6 s of one core, a sentence of 20 words 0.08 s."""
SPARE_MB = 1_500
"""What must stay free on a card for PhoBERT to go there."""
BROKEN = (
    OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, EOFError,
    SafetensorError, pickle.UnpicklingError,
)  # fmt: skip
"""What transformers and torch raise over damaged files."""


class Network:
    """A `RobertaForSequenceClassification` and the tokenizer that belongs to it."""

    def __init__(self, folder: Path, stated: Sequence[str] = (), device: str = "") -> None:
        logging.disable_progress_bar()  # it would go to the log of the server
        config = _config(folder)
        self.labels: Labels = labels_of(config.id2label, stated)
        self.tokenizer = tokenizer_of(folder)
        self.longest = int(config.max_position_embeddings) - 2
        self.device = device or _device()
        self._model: Any = _model(folder).to(self.device).eval().requires_grad_(False)
        if self.device == "cuda":
            self._model.half()

    @property
    def emoji(self) -> frozenset[str]:
        """Signs that the tokenizer has tokens of its own for."""
        return frozenset(self.tokenizer.get_added_vocab())

    def windows(self, words: str) -> list[list[int]]:
        """Return a segmented text as token ids, each window with both ends; one for no text."""
        ids = self.tokenizer.convert_tokens_to_ids(self.tokenizer.tokenize(words))
        cut = spread(windows(ids, self.longest - 2, OVERLAP), MOST_WINDOWS[self.device])
        start, end = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        return [[start, *part, end] for part in cut]

    def logits(self, batch: Sequence[Sequence[int]]) -> FloatArray:
        """Return the logits [n, labels] of windows, computed together."""
        longest = max(map(len, batch))
        ids = torch.full((len(batch), longest), int(self.tokenizer.pad_token_id))
        mask = torch.zeros((len(batch), longest), dtype=torch.int64)
        for row, window in enumerate(batch):
            ids[row, : len(window)] = torch.tensor(list(window))
            mask[row, : len(window)] = 1
        with torch.inference_mode():
            found = self._model(ids.to(self.device), attention_mask=mask.to(self.device)).logits
        return np.asarray(found.float().cpu().numpy(), np.float32)


def windows(ids: Sequence[int], size: int, overlap: int) -> list[list[int]]:
    """Return `ids` in pieces of `size` at most, each beginning `overlap` before the last one's
    end; one empty piece for no ids.
    """
    step, cut = size - overlap, [list(ids[:size])]
    while (len(cut) - 1) * step + size < len(ids):
        cut.append(list(ids[len(cut) * step : len(cut) * step + size]))
    return cut


def spread(parts: list[list[int]], most: int) -> list[list[int]]:
    """Return so many parts at most: the first, the last, and some at even distances between."""
    if len(parts) <= most:
        return parts
    return [parts[round(place)] for place in np.linspace(0, len(parts) - 1, most)]


def shares(parts: Sequence[Sequence[int]]) -> FloatArray:
    """Return how much of a text is in each of its windows; they sum to one."""
    lengths = np.array([len(part) for part in parts], np.float32)
    return np.asarray(lengths / lengths.sum(), np.float32)


def tokenizer_of(folder: Path) -> Any:
    """Return PhoBERT's tokenizer from `vocab.txt` and `bpe.codes`; raises `WeightsRejected`."""
    try:
        return PhobertTokenizer.from_pretrained(folder, local_files_only=True)
    except BROKEN as error:
        why = type(error).__name__
        raise WeightsRejected("unreadable", file="vocab.txt", why=why) from error


def _config(folder: Path) -> Any:
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except BROKEN as error:
        why = type(error).__name__
        raise WeightsRejected("unreadable", file="config.json", why=why) from error
    if config.model_type != "roberta":
        raise WeightsRejected("unreadable", file="config.json", why=str(config.model_type))
    return config


def _model(folder: Path) -> Any:
    file = "model.safetensors" if (folder / "model.safetensors").is_file() else "pytorch_model.bin"
    try:
        model, report = AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, weights_only=True,
            use_safetensors=file.endswith(".safetensors"), output_loading_info=True,
        )  # fmt: skip
    except BROKEN as error:
        raise WeightsRejected("unreadable", file=file, why=type(error).__name__) from error
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        # Old files hold the numbers 0 to 257 as a tensor, which the network makes by itself.
        wrong = sorted(str(key) for key in report[kind] if not str(key).endswith("position_ids"))
        if wrong:
            raise WeightsRejected("keys", file=file, why=f"{kind}: {wrong[0]}"[:80])
    return model


def _device() -> str:
    # On ZeroGPU a card is lent by the call: a feeling is not worth one.
    if on_zerogpu() or not torch.cuda.is_available():
        return "cpu"
    return "cuda" if torch.cuda.mem_get_info()[0] / 1e6 > SPARE_MB else "cpu"
