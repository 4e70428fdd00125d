"""A checkpoint as a network on its device: LLaMA, Qwen3 and what is built like them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils import logging

from modules.errors import EngineUnavailable, WeightsRejected
from modules.installing import command
from modules.llm.local.cards import Card
from modules.llm.local.room import NoRoom, Precision, Room, free_mb, plan

KINDS = frozenset({"llama", "qwen2", "qwen3"})
"""Decoders whose every layer attends to all that came before, which the slots rely on."""
SPARE_TOKENS = 64
"""Positions beyond the window: idle rows of a batch write there, and lengths are rounded up."""


class Network:
    """A decoder, loaded. `slots` conversations of `window` tokens each fit beside it."""

    def __init__(self, folder: Path, card: Card, device: str = "", leave_mb: int = 0) -> None:
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        config = _config(folder)
        self.layers = int(config.num_hidden_layers)
        self.heads = int(config.num_key_value_heads)
        self.width = int(getattr(config, "head_dim", 0) or _head_width(config))
        self.vocabulary = int(config.vocab_size)
        self.window = min(card.window, int(config.max_position_embeddings))
        room = self._room(card, leave_mb)
        self.slots, self.precision = room.slots, room.precision
        self.dtype = _dtype(self.device, room.precision)
        model = _load(folder, card, self.device, self.dtype, room.precision)
        self.decoder: Any = model.get_decoder()
        self.head: Any = model.get_output_embeddings()
        self.stops = _stops(folder, config)

    @property
    def slot_mb(self) -> float:
        """Megabytes that the cache of one conversation takes."""
        size = 4 if self.device == "cpu" and not _cpu_halves() else 2
        values = 2 * self.layers * self.heads * self.width * (self.window + SPARE_TOKENS)
        return size * values / 1e6

    def _room(self, card: Card, leave_mb: int) -> Room:
        free, cuda = free_mb(self.device), self.device == "cuda"
        try:
            halves = cuda or _cpu_halves()
            return plan(card, self.slot_mb, free, cuda=cuda, halves=halves, leave_mb=leave_mb)
        except NoRoom as error:
            raise _no_room(error.needed_mb, free) from error


def _no_room(needed_mb: float, free: float) -> EngineUnavailable:
    # The remedy is the only parameter that the engines panel keeps.
    remedy = f"{needed_mb:.0f} MB > {free:.0f} MB"
    return EngineUnavailable("memory", stage="llm", remedy=remedy)


def _config(folder: Path) -> Any:
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise WeightsRejected("unreadable", file="config.json", why=type(error).__name__) from error
    layers = set(getattr(config, "layer_types", None) or ["full_attention"])
    if config.model_type not in KINDS or layers != {"full_attention"}:
        raise WeightsRejected("unreadable", file="config.json", why=str(config.model_type))
    return config


def _head_width(config: Any) -> int:
    return int(config.hidden_size // config.num_attention_heads)


def _cpu_halves() -> bool:
    """Tell whether this CPU computes in bfloat16; without, it would only pretend, slowly."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _dtype(device: str, precision: Precision) -> torch.dtype:
    if precision == "float":
        return torch.float32
    if device == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float16  # a T4
    return torch.bfloat16


def _load(folder: Path, card: Card, device: str, dtype: torch.dtype, precision: Precision) -> Any:
    logging.disable_progress_bar()  # it would go to the log of the server
    options: dict[str, Any] = {"device_map": {"": device}} if device == "cuda" else {}
    if precision == "nf4":
        options["quantization_config"] = _nf4(dtype)
    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            use_safetensors=True,
            local_files_only=True,
            attn_implementation="sdpa",
            output_loading_info=True,
            **options,
        )
    except torch.cuda.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        raise _no_room(card.nf4_mb, free_mb(device)) from error
    except (OSError, RuntimeError, ValueError, KeyError, SafetensorError) as error:
        why = type(error).__name__
        raise WeightsRejected("unreadable", file="model.safetensors", why=why) from error
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if wrong := sorted(map(str, report[kind])):
            raise WeightsRejected("keys", file="model.safetensors", why=f"{kind}: {wrong[0]}")
    return model.eval().requires_grad_(False)


def _nf4(dtype: torch.dtype) -> Any:
    try:
        import accelerate  # noqa: F401
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        remedy = command(["bitsandbytes", "accelerate"])
        raise EngineUnavailable("packages", stage="llm", remedy=remedy) from error
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def _stops(folder: Path, config: Any) -> frozenset[int]:
    """Return the tokens that end an answer, by the checkpoint's own files."""
    named = [config.eos_token_id]
    file = folder / "generation_config.json"
    if file.is_file():
        named.append(json.loads(file.read_text(encoding="utf-8")).get("eos_token_id"))
    found = [each if isinstance(each, list) else [each] for each in named]
    return frozenset(int(token) for group in found for token in group if token is not None)
