"""Weights that anybody can make again: every number follows from its key's name.

The goldens beside this file are what the original network gave with these weights: noise from
numpy's Philox, seeded with the first eight bytes of the SHA-256 of a name.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch

from modules.messages import FloatArray

HERE = Path(__file__).parent
RELEASED: dict[str, Any] = {
    "_version_": "v2",
    "data": {
        "sampling_rate": 22050, "filter_length": 1024, "hop_length": 256, "win_length": 1024,
        "n_speakers": 0,
    },
    "model": {
        "zero_g": True, "inter_channels": 192, "hidden_channels": 192, "filter_channels": 768,
        "n_heads": 2, "n_layers": 6, "kernel_size": 3, "p_dropout": 0.1, "resblock": "1",
        "resblock_kernel_sizes": [3, 7, 11],
        "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
        "upsample_rates": [8, 8, 2, 2], "upsample_initial_channel": 512,
        "upsample_kernel_sizes": [16, 16, 4, 4], "gin_channels": 256,
    },
}  # fmt: skip
"""converter/config.json of myshell-ai/OpenVoiceV2."""
SMALL = {"inter_channels": 8, "hidden_channels": 8, "upsample_initial_channel": 32}
GAINS = {"enc_q.proj.": 0.1}


def config_text(**model: Any) -> str:
    """Return the released config.json, byte for byte, or one with other sizes."""
    return json.dumps({**RELEASED, "model": {**RELEASED["model"], **model}}, indent=2)


def released_keys() -> dict[str, tuple[int, ...]]:
    """Return the keys and shapes of the released checkpoint."""
    rows = (line.split() for line in (HERE / "keys.txt").read_text("utf-8").splitlines())
    return {name: tuple(map(int, shape)) for name, *shape in rows}


def noise(name: str, *shape: int) -> FloatArray:
    """Return the noise of a name, standard normal float32."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    generator = np.random.Generator(np.random.Philox(key=key))
    return np.asarray(generator.standard_normal(shape, dtype=np.float32))


def filled(shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Return a state dict with every number made from its name."""
    plain = {name: _value(name, shape) for name, shape in shapes.items() if name[-2:] != "_g"}
    sizes = {
        name: _norm(plain[f"{name[:-1]}v"], shape)
        * (np.float32(1) + np.float32(0.1) * noise(name, *shape))
        for name, shape in shapes.items()
        if name[-2:] == "_g"
    }
    both = {**plain, **sizes}
    return {name: torch.from_numpy(np.ascontiguousarray(both[name])) for name in shapes}


def _value(name: str, shape: tuple[int, ...]) -> FloatArray:
    drawn = noise(name, *shape)
    if len(shape) >= 2:
        gain = next((g for part, g in GAINS.items() if part in name), 1.0)
        return np.float32(gain / math.sqrt(math.prod(shape[1:]))) * drawn
    if name.endswith(".weight"):
        return np.float32(1) + np.float32(0.1) * drawn
    return np.float32(0.02) * drawn


def _norm(direction: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    squares = direction.astype(np.float64).reshape(len(direction), -1) ** 2
    return np.sqrt(squares.sum(axis=1)).astype(np.float32).reshape(shape)
