"""Weights that anybody can make again, and comparison with what the original made of them.

Every number follows from its key's name: noise from numpy's Philox, seeded with the first eight
bytes of the SHA-256 of a name. The goldens beside each test are what the original networks gave
with these weights.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from modules.messages import FloatArray

Shapes = dict[str, tuple[int, ...]]
Gains = tuple[tuple[str, float], ...]


def keys(path: Path) -> Shapes:
    """Return the keys and shapes of a released checkpoint; a "-" marks what is not used."""
    rows = (line.split() for line in path.read_text("utf-8").splitlines())
    return {name: tuple(map(int, shape)) for name, *shape in rows}


def noise(name: str, *shape: int) -> FloatArray:
    """Return the noise of a name, standard normal float32."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    generator = np.random.Generator(np.random.Philox(key=key))
    return np.asarray(generator.standard_normal(shape, dtype=np.float32))


def given(name: str, *shape: int) -> torch.Tensor:
    """Return an input: the noise of "input:" and its name."""
    return torch.from_numpy(noise(f"input:{name}", *shape))


def filled(shapes: Shapes, gains: Gains = (), prefix: str = "") -> dict[str, torch.Tensor]:
    """Return a state dict with every number made from its name, which `prefix` stands before."""
    made = {
        name: torch.from_numpy(np.ascontiguousarray(_value(prefix + name, shape, gains)))
        for name, shape in shapes.items()
        if not name.endswith((".weight_u", ".weight_v", ".num_batches_tracked"))
    }
    for name in shapes:
        if name.endswith(".weight_u"):
            made |= _spectral(name, made[f"{name[:-1]}orig"], prefix)
        elif name.endswith(".num_batches_tracked"):
            made[name] = torch.tensor(0)
    return {name: made[name] for name in shapes}


def _value(name: str, shape: tuple[int, ...], gains: Gains) -> FloatArray:
    drawn = noise(name, *shape)
    if name.endswith(".running_mean"):
        return np.float32(0.1) * drawn
    if name.endswith(".running_var"):
        return np.float32(1) + np.float32(0.1) * np.abs(drawn)
    if len(shape) >= 2:
        gain = next((g for part, g in gains if part in name), 1.0)
        return np.float32(gain / math.sqrt(math.prod(shape[1:]))) * drawn
    if name.endswith(".weight"):
        return np.float32(1) + np.float32(0.1) * drawn
    return np.float32(0.02) * drawn


def _spectral(name: str, weight: torch.Tensor, prefix: str) -> dict[str, torch.Tensor]:
    matrix = weight.numpy().astype(np.float64).reshape(len(weight), -1)
    left = noise(prefix + name, len(weight)).astype(np.float64)
    left /= np.linalg.norm(left)
    right = matrix.T @ left
    right /= np.linalg.norm(right)
    return {
        name: torch.from_numpy(left.astype(np.float32)),
        f"{name[:-1]}v": torch.from_numpy(right.astype(np.float32)),
    }


class Goldens:
    """What the original gave: some numbers of each array, and the figures of all of them."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as held:
            self._held = dict(held)

    def names(self) -> Iterable[str]:
        """Yield the arrays' names."""
        return sorted(name for name in self._held if "." not in name)

    def compare(self, name: str, found: object, tolerance: float, sub: bool = False) -> None:
        """Raise where an array is not what the original gave, within `tolerance` both absolute
        and of the value; a `sub` is only a part of what the figures are of.
        """
        array = np.asarray(found, dtype=np.float64)
        stride = int(self._held[f"{name}.stride"])
        np.testing.assert_allclose(
            array.reshape(-1)[::stride], self._held[name], rtol=tolerance, atol=tolerance
        )
        if not sub:
            figures = array.mean(), array.std(), np.abs(array).max()
            np.testing.assert_allclose(
                figures, self._held[f"{name}.stats"], rtol=tolerance, atol=tolerance
            )
