"""A small VITS with the released checkpoint's files, saved and loaded as that one is."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import VitsConfig, VitsModel, set_seed

from modules.models import FileSpec, Weights
from tests.fetched import as_fetched, rows_of

KEY = "mms-tts-vie"
# The released one has 95 letters of which ụ is the first; so it is here, with fewer.
LETTERS = (
    "ụ aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũừứửữựỳýỷỹỵ'-"
)
VOCABULARY = {letter: number for number, letter in enumerate(LETTERS)}
NAMES = ("model.safetensors", "config.json", "vocab.json")


def small_config(**changes: object) -> VitsConfig:
    return VitsConfig(
        **{
            "vocab_size": len(VOCABULARY), "hidden_size": 16, "num_hidden_layers": 2,
            "num_attention_heads": 2, "ffn_dim": 24, "flow_size": 16, "spectrogram_bins": 33,
            "upsample_initial_channel": 32, "upsample_rates": [8, 8, 2, 2],
            "upsample_kernel_sizes": [16, 16, 4, 4], "resblock_kernel_sizes": [3],
            "resblock_dilation_sizes": [[1, 3, 5]], "wavenet_dilation_rate": 1,
            "posterior_encoder_num_wavenet_layers": 2, "prior_encoder_num_wavenet_layers": 2,
            "prior_encoder_num_flows": 2, "depth_separable_num_layers": 2,
            "duration_predictor_num_flows": 2, "duration_predictor_filter_channels": 16,
            "sampling_rate": 16_000, **changes,
        }
    )  # fmt: skip


def small_model(**changes: object) -> VitsModel:
    set_seed(5)
    model = VitsModel(small_config(**changes)).eval()
    with torch.no_grad():  # a fresh decoder whispers
        model.decoder.conv_post.weight.mul_(30.0)
    return model


def write(folder: Path, **changes: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    small_model(**changes).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(VOCABULARY, ensure_ascii=False), "utf-8")
    return folder


def files(folder: Path, hashed: bool = True) -> tuple[FileSpec, ...]:
    return rows_of(folder, NAMES, hashed=hashed)


def fetched(directory: Path) -> Weights:
    write(directory / KEY)
    return as_fetched(directory, "tts", NAMES)
