"""The shape of the network and the meaning of its ids, as the released config.json gives them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from modules.errors import WeightsRejected

_LOCAL_HEADS, _STYLE = 8, 16
"""What upstream takes where the file says nothing."""


@dataclass(frozen=True, slots=True)
class Config:
    """`books` codes make a frame. `layers` is of the backbone, `local_layers` and `local_heads` of
    the small decoder that writes the codes of one frame. The rest are ids.
    """

    books: int
    hidden: int
    layers: int
    local_layers: int
    local_heads: int
    no_code: int
    prompt_begin: int
    prompt_end: int
    speech: int
    speech_end: int
    reference: int
    style: int
    rate: int


def read_config(path: Path) -> Config:
    """Return the configuration; raises `WeightsRejected` "unreadable" for any other file."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["use_speaker_embedding"] is not True:
            raise ValueError("use_speaker_embedding")
        config = Config(
            books=int(held["n_vq"]),
            hidden=int(held["hidden_size"]),
            layers=int(held["num_hidden_layers"]),
            local_layers=int(held.get("local_num_hidden_layers", 1)),
            local_heads=int(held.get("local_num_attention_heads", _LOCAL_HEADS)),
            no_code=int(held["audio_pad_token_id"]),
            prompt_begin=int(held["text_prompt_start_token_id"]),
            prompt_end=int(held["text_prompt_end_token_id"]),
            speech=int(held["speech_generation_start_token_id"]),
            speech_end=int(held["speech_generation_end_token_id"]),
            reference=int(held["audio_ref_slot_token_id"]),
            style=int(held.get("default_style_token_id", _STYLE)),
            rate=int(held.get("audio_sample_rate", 48_000)),
        )
        if min(config.books, config.hidden, config.layers, config.local_layers) < 1:
            raise ValueError("sizes")
        if config.local_heads < 1 or config.hidden % config.local_heads or config.rate < 8000:
            raise ValueError("sizes")
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = str(error) if type(error) is ValueError else type(error).__name__
        raise WeightsRejected("unreadable", file=path.name, why=why) from error
    return config
