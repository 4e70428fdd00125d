"""Reading released checkpoints: nothing but tensors, nothing missing, nothing left over."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor

from modules.errors import WeightsRejected

State = dict[str, Tensor]
Shapes = Mapping[str, tuple[int, ...]]


def read_pickle(path: Path, inner: str | None = None, *, mapped: bool = False) -> State:
    """Return the state dict of a pickled checkpoint, or the one it holds as `inner`.

    `mapped` leaves the numbers on disk until they are used, which files from before 2020 do not
    allow. Nothing but tensors and plain values is unpickled. Raises `WeightsRejected` "unsafe"
    where it asks for code, "unreadable" where it is damaged or holds something else.
    """
    try:
        held: Any = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        if any(words in str(error).lower() for words in _ASKS_FOR_CODE):
            raise WeightsRejected("unsafe", file=path.name) from error
        reject(path, type(error).__name__, error)
    except _BROKEN as error:
        reject(path, type(error).__name__, error)
    state = held if inner is None else held.get(inner) if isinstance(held, dict) else None
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        reject(path, "layout")
    return dict(state)


def read_safetensors(path: Path, wanted: Callable[[str], bool]) -> tuple[State, set[str]]:
    """Return the tensors whose names are `wanted`, and the names of all.

    Raises `WeightsRejected` "unreadable" where the file is damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            names = set(file.keys())
            return {name: file.get_tensor(name) for name in names if wanted(name)}, names
    except (SafetensorError, *_BROKEN) as error:
        reject(path, type(error).__name__, error)


_ASKS_FOR_CODE = ("unsupported global", "call reduce", "only create", "only build")
"""How torch's unpickler puts it; of a torn file it speaks otherwise."""
_BROKEN = (
    OSError, RuntimeError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError,
)  # fmt: skip
"""What torch's reader raises over damaged bytes."""


def without_counters(state: Mapping[str, Tensor]) -> State:
    """Return a state dict without the counters of batches, which only training reads."""
    return {name: held for name, held in state.items() if not is_counter(name)}


def is_counter(name: str) -> bool:
    """Tell whether a key is a batch norm's counter: files may have or lack them."""
    return name.endswith(".num_batches_tracked")


def check(state: Mapping[str, Tensor], expected: Shapes, file: str) -> None:
    """Raise `WeightsRejected` "unreadable", naming the first key that is missing, left over, of
    another shape or type, or not finite.
    """
    for name in sorted({*expected, *state}):
        if name not in state:
            _mismatch(file, "missing", name)
        if name not in expected:
            _mismatch(file, "unexpected", name)
        held = state[name]
        if tuple(held.shape) != expected[name] or held.dtype != torch.float32:
            _mismatch(file, "shape", name)
        if not math.isfinite(float(held.sum())):  # one pass, and no second tensor
            _mismatch(file, "not finite", name)


def shapes(module: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    """Return the keys and shapes that a module takes, without counters."""
    return {n: tuple(held.shape) for n, held in module.state_dict().items() if not is_counter(n)}


def reject(path: Path, why: str, cause: Exception | None = None) -> NoReturn:
    """Raise `WeightsRejected` "unreadable"."""
    raise WeightsRejected("unreadable", file=path.name, why=why) from cause


def _mismatch(file: str, what: str, name: str) -> NoReturn:
    raise WeightsRejected("unreadable", file=file, why=f"{what}: {name}")
