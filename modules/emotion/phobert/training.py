"""Fine-tuning PhoBERT on labelled sentences.

The recipe is the usual one for small sets (Mosbach et al. 2021): AdamW, a rate of 2e-5 that rises
over the first tenth and falls to nothing, and weights for rare labels. A part is held back: the
epoch that is best on it is kept, and the temperature is fitted on it.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from transformers import AutoModelForSequenceClassification
from transformers.utils import logging as loading

from modules.emotion.phobert.calibration import calibrated, expected_error, fitted, keep
from modules.emotion.phobert.network import BROKEN, tokenizer_of
from modules.emotion.phobert.sentences import Labelled, Places, split
from modules.errors import WeightsRejected
from modules.messages import EMOTIONS, FloatArray

log = logging.getLogger("guong.train")

TOKENIZER = ("vocab.txt", "bpe.codes", "added_tokens.json", "special_tokens_map.json",
             "tokenizer_config.json")  # fmt: skip
RISE = 0.1


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train."""

    epochs: int = 6
    rate: float = 2e-5
    batch: int = 16
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the network does on what was held back; quality 0 to 1."""

    base: str
    sentences: int
    held_back: int
    epoch: int
    accuracy: float
    macro_f1: float
    temperature: float
    calibration_error: float


def train(
    sentences: Labelled, base: Path, target: Path, recipe: Recipe | None = None,
) -> Outcome:  # fmt: skip
    """Fine-tune the PhoBERT in `base` on segmented sentences and write it to `target`.

    Whatever lay in `target` is replaced when the new network is whole. Raises `WeightsRejected`
    where `base` cannot be read.
    """
    recipe = recipe or Recipe()
    torch.manual_seed(recipe.seed)
    labels = np.array([place for _, place in sentences], np.int64)
    learned, held = split(labels.tolist(), recipe.seed)
    model, tokens = _model(base), _tokens(base, [text for text, _ in sentences])
    optimizer = _optimizer(model, recipe)
    best: tuple[float, int, dict[str, Any], FloatArray] | None = None
    for epoch in range(1, recipe.epochs + 1):
        _epoch(model, optimizer, tokens, labels, learned, recipe, epoch)
        logits = _logits(model, tokens, held, recipe.batch)
        quality = macro_f1(logits.argmax(-1), labels[held])
        log.info("epoch %d of %d: macro-F1 %.3f of what was held back", epoch, recipe.epochs,
                 quality)  # fmt: skip
        if best is None or quality >= best[0]:
            state = {key: value.detach().clone() for key, value in model.state_dict().items()}
            best = quality, epoch, state, logits
    assert best
    quality, epoch, state, logits = best
    model.load_state_dict(state)
    temperature = fitted(logits, labels[held])
    outcome = Outcome(
        base.name, len(labels), len(held), epoch,
        float((logits.argmax(-1) == labels[held]).mean()), quality, temperature,
        expected_error(calibrated(logits, temperature), labels[held]),
    )  # fmt: skip
    _save(model, base, target, outcome)
    return outcome


def macro_f1(found: Places, labels: Places) -> float:
    """Return the mean F1 over the labels that occur."""
    scores = []
    for label in sorted(set(labels.tolist())):
        right = int(((found == label) & (labels == label)).sum())
        scores.append(2 * right / (int((found == label).sum()) + int((labels == label).sum())))
    return float(np.mean(scores))


def _model(base: Path) -> Any:
    loading.disable_progress_bar()
    loading.set_verbosity_error()  # that the head is new is no news here
    names = dict(enumerate(EMOTIONS))
    try:
        model: Any = AutoModelForSequenceClassification.from_pretrained(
            base, num_labels=len(EMOTIONS), id2label=names, dtype=torch.float32,
            label2id={name: index for index, name in names.items()}, local_files_only=True,
            weights_only=True, ignore_mismatched_sizes=True,
            use_safetensors=(base / "model.safetensors").is_file(),
        )  # fmt: skip
    except BROKEN as error:
        raise WeightsRejected("unreadable", file=base.name, why=type(error).__name__) from error
    return model.to("cuda" if torch.cuda.is_available() else "cpu")


def _tokens(base: Path, texts: list[str]) -> list[list[int]]:
    tokenizer = tokenizer_of(base)
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    longest = int(config["max_position_embeddings"]) - 2
    return [tokenizer(text, truncation=True, max_length=longest)["input_ids"] for text in texts]


def _epoch(
    model: Any,
    optimizer: torch.optim.Optimizer,
    tokens: list[list[int]],
    labels: Places,
    learned: Places,
    recipe: Recipe,
    epoch: int,
) -> None:
    steps = -(-len(learned) // recipe.batch)
    order = np.random.default_rng(recipe.seed + epoch).permutation(learned)
    counts = np.bincount(labels[learned], minlength=len(EMOTIONS))
    rarity = np.sqrt(counts.max() / np.maximum(counts, 1))
    weights = torch.tensor(rarity, dtype=torch.float32, device=model.device)
    model.train()
    for step in range(steps):
        rows = order[step * recipe.batch : (step + 1) * recipe.batch]
        done = ((epoch - 1) * steps + step + 0.5) / (recipe.epochs * steps)
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * min(done / RISE, (1 - done) / (1 - RISE))
        target = torch.tensor(labels[rows], device=model.device)
        loss: Any = functional.cross_entropy(_forward(model, tokens, rows), target, weight=weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()


def _optimizer(model: Any, recipe: Recipe) -> torch.optim.AdamW:
    # What scales and shifts is not drawn towards zero.
    decayed = [p for name, p in model.named_parameters() if p.ndim > 1]
    rest = [p for name, p in model.named_parameters() if p.ndim <= 1]
    return torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}],
        lr=recipe.rate,
    )


def _forward(model: Any, tokens: list[list[int]], rows: Places) -> Any:
    longest = max(len(tokens[row]) for row in rows)
    ids = torch.full((len(rows), longest), int(model.config.pad_token_id))
    mask = torch.zeros((len(rows), longest), dtype=torch.int64)
    for place, row in enumerate(rows):
        ids[place, : len(tokens[row])] = torch.tensor(tokens[row])
        mask[place, : len(tokens[row])] = 1
    return model(ids.to(model.device), attention_mask=mask.to(model.device)).logits


def _logits(model: Any, tokens: list[list[int]], rows: Places, batch: int) -> FloatArray:
    model.eval()
    with torch.inference_mode():
        parts = [
            _forward(model, tokens, rows[begin : begin + batch]).float().cpu().numpy()
            for begin in range(0, len(rows), batch)
        ]
    return np.concatenate(parts)


def _save(model: Any, base: Path, target: Path, outcome: Outcome) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=target.parent, prefix=f"{target.name}-"))
    model.save_pretrained(draft)
    for name in TOKENIZER:
        if (base / name).is_file():
            shutil.copyfile(base / name, draft / name)
    keep(draft, outcome.temperature, outcome.held_back)
    (draft / "training.json").write_text(json.dumps(asdict(outcome), indent=1), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    draft.replace(target)
