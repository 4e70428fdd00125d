"""A PhoBERT small enough for tests: its files, its tokenizer, two layers of width 32."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from transformers import RobertaConfig, RobertaForMaskedLM, RobertaForSequenceClassification

WORDS: Mapping[str, tuple[str, ...]] = {
    "Enjoyment": ("vui", "hạnh_phúc", "cười", "sung_sướng"),
    "Sadness": ("buồn", "khóc", "cô_đơn", "nhớ"),
    "Anger": ("giận", "bực", "tức", "cáu"),
    "Fear": ("sợ", "run", "lo", "hoảng"),
    "Disgust": ("ghê", "bẩn", "tởm", "hôi"),
    "Surprise": ("ngạc_nhiên", "ngờ", "ủa", "bất_ngờ"),
    "Other": ("họp", "làm_việc", "ghi", "gửi"),
}
PLAIN = ("hôm_nay", "mình", "rất", "quá", "lắm", "thật", ".", ",", "!")
POSITIONS = 258
"""As PhoBERT's: 256 tokens."""


def save(
    folder: Path, labels: Sequence[str] | None = None, *, seed: int = 0, safe: bool = True
) -> Path:
    """Write the files of a checkpoint: one that classifies, or the plain network for no labels."""
    folder.mkdir(parents=True, exist_ok=True)
    count = _tokenizer(folder)
    torch.manual_seed(seed)
    config = RobertaConfig(
        vocab_size=count, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=POSITIONS, type_vocab_size=1,
        bos_token_id=0, pad_token_id=1, eos_token_id=2, tokenizer_class="PhobertTokenizer",
    )  # fmt: skip
    if labels is None:
        model: torch.nn.Module = RobertaForMaskedLM(config)
    else:
        config.id2label = dict(enumerate(labels))
        config.label2id = {name: index for index, name in enumerate(labels)}
        model = RobertaForSequenceClassification(config)
    config.save_pretrained(folder)
    if safe:
        model.save_pretrained(folder)  # type: ignore[operator]
    else:
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    return folder


def _tokenizer(folder: Path) -> int:
    """Write vocab.txt and bpe.codes: whole words, and every letter with and without "@@"."""
    words = [*PLAIN, *(word for group in WORDS.values() for word in group)]
    letters = sorted({letter for word in words for letter in word} | set("abcdeghiklmnopqrstuvxyz"))
    merges: dict[str, int] = {}
    for word in words:
        parts = [*word[:-1], f"{word[-1]}</w>"]
        while len(parts) > 1:
            merges.setdefault(f"{parts[0]} {parts[1]}", len(merges))
            parts[:2] = ["".join(parts[:2])]
    heads = {merge.replace(" ", "") for merge in merges} - {f"{word}</w>" for word in words}
    entries = dict.fromkeys(
        [*words, *letters, *(f"{part}@@" for part in [*letters, *sorted(heads)])]
    )
    lines = "".join(f"{entry} 1\n" for entry in entries)
    (folder / "vocab.txt").write_text(lines, encoding="utf-8")
    codes = "".join(f"{merge} 1\n" for merge in merges)
    (folder / "bpe.codes").write_text(codes, encoding="utf-8")
    settings = {"tokenizer_class": "PhobertTokenizer", "model_max_length": 256}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return 4 + len(entries) + 1  # <s> <pad> </s> <unk>, and <mask>


def sentences() -> list[tuple[str, str]]:
    """Return labelled sentences that a small network can learn, ten of each label."""
    frames = ("hôm_nay mình {} quá", "mình {} lắm", "thật {} !")
    return [
        (frame.format(word).replace("_", " "), label)
        for label, words in WORDS.items()
        for word in words
        for frame in frames
    ]
