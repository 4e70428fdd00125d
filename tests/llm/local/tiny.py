"""LLaMA and Qwen3 small enough for tests: random weights, the real architecture and file layout.

Their tokenizers are of the real kinds too: LLaMA-2's BPE that falls back to bytes, and Qwen's BPE
over bytes, both with so few tokens that most Vietnamese letters are cut in two or three.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.processors import TemplateProcessing
from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

QWEN_MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"]
QWEN_TEMPLATE = """
{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(last_query_index=messages|length - 1) %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
""".strip()
"""What Qwen3's template does with conversations that use no tools."""

SIZES: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "max_position_embeddings": 2_048, "initializer_range": 0.6,
}  # fmt: skip


def save_llama(folder: Path, *, seed: int = 5, template: bool = True) -> Path:
    """Write a checkpoint as `ura-hcmut/ura-llama-7b` is laid out; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _llama_tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    marks = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    config = {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, **marks}
    if template:
        config["chat_template"] = "{{ bos_token }}{{ messages[-1]['content'] }}"
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    torch.manual_seed(seed)
    sizes = LlamaConfig(
        **SIZES, vocab_size=tokenizer.get_vocab_size(), num_key_value_heads=4,
        bos_token_id=1, eos_token_id=2, pad_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(sizes).save_pretrained(folder)
    return folder


def save_qwen(folder: Path, *, seed: int = 7) -> Path:
    """Write a checkpoint as `Qwen/Qwen3-0.6B` is laid out; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _qwen_tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "Qwen2Tokenizer", "bos_token": None, "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>", "chat_template": QWEN_TEMPLATE,
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    torch.manual_seed(seed)
    ends = [tokenizer.token_to_id("<|im_end|>"), tokenizer.token_to_id("<|endoftext|>")]
    sizes = Qwen3Config(
        **SIZES, vocab_size=tokenizer.get_vocab_size() + 5, num_key_value_heads=2, head_dim=16,
        eos_token_id=ends[0], tie_word_embeddings=True,
    )  # fmt: skip
    Qwen3ForCausalLM(sizes).save_pretrained(folder)
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": ends}))
    return folder


def _llama_tokenizer() -> Tokenizer:
    plain = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    letters = ["▁", *"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,:?!/[]<>-\n", "à", "ô"]
    merges = [("▁", "c"), ("n", "h"), ("▁c", "h"), ("▁", "n"), ("▁n", "g")]
    names = [*plain, *letters, *("".join(pair) for pair in merges)]
    vocabulary = {name: index for index, name in enumerate(names)}
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )  # fmt: skip
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in plain[:3]])
    tokenizer.post_processor = TemplateProcessing("<s> $A", "<s> $A $B", [("<s>", 1)])
    return tokenizer


def _qwen_tokenizer() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("n", "h"), ("Ġ", "t"), ("á", "»"), ("Ġt", "á»"), ("Ä", "ĳ")]
    names = [*alphabet, *("".join(pair) for pair in merges)]
    tokenizer = Tokenizer(models.BPE({name: n for n, name in enumerate(names)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in QWEN_MARKS[:3]])
    tokenizer.add_tokens([AddedToken(name, special=False) for name in QWEN_MARKS[3:]])
    return tokenizer
