"""Only the released checkpoint is taken; what else comes under its name is refused by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from modules.avatar.wav2lip import checkpoint
from modules.avatar.wav2lip.checkpoint import load_wav2lip
from modules.avatar.wav2lip.network import Block
from modules.errors import WeightsRejected
from modules.models import sha256_of

BIAS = "module.output_block.1.bias"


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("touch owned",))


class Small(nn.Module):
    """A network with one block and one convolution of the released one."""

    def __init__(self) -> None:
        super().__init__()
        self.output_block = nn.Sequential(Block(2, 2, 3, 1, 1), nn.Conv2d(2, 3, 1))


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a small file holds, and the module that takes it for the released one."""
    monkeypatch.setattr(checkpoint, "Wav2Lip", Small)
    return {"state_dict": {f"module.{n}": v for n, v in Small().state_dict().items()}}


def refused(path: Path, sha256: str | None = None) -> WeightsRejected:
    with pytest.raises(WeightsRejected) as caught:
        load_wav2lip(path, sha256)
    return caught.value


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda s: s.pop(BIAS), "missing: output_block.1.bias"),
        (lambda s: s.update({"module.more": torch.zeros(1)}), "unexpected: more"),
        (lambda s: s.update({BIAS: torch.zeros(4)}), "shape: output_block.1.bias"),
        (lambda s: s.update({BIAS: torch.zeros(3).half()}), "shape: output_block.1.bias"),
        (
            lambda s: s.update({BIAS: torch.full((3,), float("inf"))}),
            "not finite: output_block.1.bias",
        ),
    ],
)
def test_another_network_is_refused_with_the_first_key_that_differs(
    held: dict[str, Any], tmp_path: Path, change: Callable[[dict[str, Any]], object], why: str
) -> None:
    state = dict(held["state_dict"])
    change(state)
    torch.save({"state_dict": state}, tmp_path / "wav2lip_gan.pth")
    error = refused(tmp_path / "wav2lip_gan.pth")
    assert error.code == "weights_rejected.unreadable"
    assert error.params == {"file": "wav2lip_gan.pth", "why": why}


def test_batch_counters_may_be_there_or_not(held: dict[str, Any], tmp_path: Path) -> None:
    state = {n: v for n, v in held["state_dict"].items() if "num_batches" not in n}
    torch.save({"state_dict": state}, tmp_path / "w.pth")
    assert len(state) == len(held["state_dict"]) - 1
    load_wav2lip(tmp_path / "w.pth")


@pytest.mark.parametrize("kept", [0, 1, 1000, 0.5, 0.99])
def test_a_truncated_file_is_refused(held: dict[str, Any], tmp_path: Path, kept: float) -> None:
    torch.save(held, tmp_path / "w.pth")
    data = (tmp_path / "w.pth").read_bytes()
    count = int(kept * len(data)) if 0 < kept < 1 else int(kept)
    (tmp_path / "w.pth").write_bytes(data[:count])
    assert refused(tmp_path / "w.pth").code == "weights_rejected.unreadable"


def test_a_file_with_another_hash_is_refused(held: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save(held, path)
    load_wav2lip(path, sha256_of(path))
    assert refused(path, "0" * 64).code == "weights_rejected.altered"


def test_a_file_that_asks_for_code_is_refused_and_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": {}, "x": Evil()}, tmp_path / "w.pth")
    assert refused(tmp_path / "w.pth").code == "weights_rejected.unsafe"
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("content", [{}, {"state_dict": [1]}, [1], {"state_dict": {"a": 1}}])
def test_a_file_without_a_state_dict_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "w.pth")
    assert refused(tmp_path / "w.pth").params["why"] == "layout"
