"""What a voice of piper says of itself: the JSON file beside its graph."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modules.errors import WeightsRejected

BEGIN, END, PAD, BLANK = "^", "$", "_", " "
_LANGUAGE = "vi"


@dataclass(frozen=True, slots=True)
class Config:
    """Of a voice with one speaker: its rate, the ids of each character of espeak's phonemes, and
    how far the sound (`noise`) and its timing (`timing_noise`) may stray.
    """

    rate: int
    ids: dict[str, tuple[int, ...]]
    noise: float
    length: float
    timing_noise: float


def read_config(path: Path) -> Config:
    """Return the configuration of a released voice.

    Raises `WeightsRejected` "unreadable" for a damaged file, for several speakers, and for a voice
    of another language or another phonemizer.
    """
    try:
        return _config(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = str(error) if type(error) is ValueError else type(error).__name__
        raise WeightsRejected("unreadable", file=path.name, why=why) from error


def _config(held: dict[str, Any]) -> Config:
    for name, found, known in (
        ("phoneme_type", held.get("phoneme_type", "espeak"), "espeak"),
        ("voice", held["espeak"]["voice"], _LANGUAGE),
        ("num_speakers", held["num_speakers"], 1),
    ):
        if found != known:
            raise ValueError(f"{name}={found}")
    inference = held["inference"]
    ids = {str(name): tuple(map(int, row)) for name, row in held["phoneme_id_map"].items()}
    symbols = int(held["num_symbols"])
    if missing := {BEGIN, END, PAD, BLANK} - ids.keys():
        raise ValueError(f"phoneme_id_map: no {''.join(sorted(missing))}")
    if not all(0 <= number < symbols for row in ids.values() for number in row):
        raise ValueError("phoneme_id_map: an id out of bounds")
    config = Config(
        rate=int(held["audio"]["sample_rate"]),
        ids=ids,
        noise=float(inference["noise_scale"]),
        length=float(inference["length_scale"]),
        timing_noise=float(inference["noise_w"]),
    )
    if config.rate <= 0 or config.length <= 0 or min(config.noise, config.timing_noise) < 0:
        raise ValueError("audio or inference out of bounds")
    return config
