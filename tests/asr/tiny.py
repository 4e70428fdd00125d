"""A Whisper small enough for tests: random weights, the real layout of tokens and files.

51,865 tokens as in the multilingual checkpoints, two layers of width 64. Weights are rounded to
half precision, so that the CTranslate2 form (kept in halves) is the same network.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration
from transformers.models.whisper.tokenization_whisper import LANGUAGES

SENTENCE = "xin chào bạn hôm nay trời đẹp quá con muốn kể cho bà nghe một câu chuyện vui"
LANGUAGE_TOKENS = [f"<|{code}|>" for code in list(LANGUAGES)[:99]]
SPECIAL = [
    "<|endoftext|>", "<|startoftranscript|>", *LANGUAGE_TOKENS, "<|translate|>", "<|transcribe|>",
    "<|startoflm|>", "<|startofprev|>", "<|nocaptions|>", "<|notimestamps|>",
]  # fmt: skip
EOT = 50_257
VOCABULARY = 51_865


def save_tokenizer(folder: Path) -> None:
    """Write a byte-level tokenizer whose ids 0 to 50,256 spell Vietnamese syllables and fillers."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    encode = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words = [encode.pre_tokenize_str(f" {s}")[0][0] for s in SENTENCE.split()]
    fillers = [f"\u0120x{number}" for number in range(EOT - len(alphabet) - len(words))]
    vocabulary = {token: index for index, token in enumerate([*alphabet, *words, *fillers])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = encode
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    tokenizer.save(str(folder / "tokenizer.json"))


def save_model(folder: Path, *, seed: int = 3, old_format: bool = True) -> WhisperConfig:
    """Write the files of a checkpoint as VinAI's repositories hold them; return its config."""
    torch.manual_seed(seed)
    config = WhisperConfig(
        vocab_size=VOCABULARY, d_model=64, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=128,
        decoder_ffn_dim=128, decoder_start_token_id=EOT + 1, eos_token_id=EOT, pad_token_id=EOT,
        bos_token_id=EOT, begin_suppress_tokens=None, suppress_tokens=None,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "layer_norm" not in name and "embed_positions" not in name:
                weight.normal_(0.0, 0.05 if "embed_tokens" in name else 0.3)
            weight.copy_(weight.half().float())
    model.config.save_pretrained(folder)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    _json(folder / "generation_config.json", generation())
    _json(
        folder / "preprocessor_config.json",
        {
            "chunk_length": 30, "feature_extractor_type": "WhisperFeatureExtractor",
            "feature_size": 80, "hop_length": 160, "n_fft": 400, "n_samples": 480_000,
            "nb_max_frames": 3_000, "padding_side": "right", "padding_value": 0.0,
            "processor_class": "WhisperProcessor", "return_attention_mask": False,
            "sampling_rate": 16_000,
        },
    )  # fmt: skip
    save_tokenizer(folder)
    return config


def generation() -> dict[str, Any]:
    """Return what generation_config.json of a fine-tuned Whisper of 2023 holds."""
    return {
        "alignment_heads": [[0, 1], [1, 0]],
        "begin_suppress_tokens": [220, EOT],
        "bos_token_id": EOT,
        "decoder_start_token_id": EOT + 1,
        "eos_token_id": EOT,
        "forced_decoder_ids": [[1, None], [2, EOT + 102]],
        "is_multilingual": True,
        "lang_to_id": {token: EOT + 2 + i for i, token in enumerate(LANGUAGE_TOKENS)},
        "max_initial_timestamp_index": 50,
        "max_length": 448,
        "no_timestamps_token_id": EOT + 106,
        "pad_token_id": EOT,
        "return_timestamps": False,
        "suppress_tokens": [1, 2, 7, 8, 9, 10, 14, 25, EOT + 104, EOT + 105],
        "task_to_id": {"transcribe": EOT + 102, "translate": EOT + 101},
        "transformers_version": "4.33.3",
    }


def torch_model(folder: Path) -> WhisperForConditionalGeneration:
    """Load a checkpoint the way transformers does, for comparison."""
    model = WhisperForConditionalGeneration.from_pretrained(folder)
    model.generation_config = GenerationConfig.from_pretrained(folder)
    return model.eval()


def _json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
