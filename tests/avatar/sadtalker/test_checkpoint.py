"""Only the released files are taken; spectral norm is folded as torch itself does it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from modules.avatar.sadtalker import checkpoint
from modules.avatar.sadtalker.checkpoint import (
    CHECKPOINT,
    MAPPINGS,
    SadTalker,
    load_mapping,
    load_networks,
    released_shapes,
    unspectral,
)
from modules.avatar.sadtalker.keypoints import ConvNorm
from modules.avatar.sadtalker.mapping import COEFFICIENTS, MappingNet
from modules.avatar.sadtalker.spade import SpadeBlock
from modules.checkpoints import State, is_counter, shapes
from modules.errors import WeightsRejected
from modules.models import MODELS, sha256_of
from tests.avatar.released import filled, keys
from tests.avatar.sadtalker.conftest import HERE

UNUSED = "audio2pose.netG.encoder.x"


class Small(nn.Module):
    """A network with one layer of each kind that is folded."""

    def __init__(self) -> None:
        super().__init__()
        self.first = ConvNorm(3, 4, 2)
        self.up = SpadeBlock(4, 2)


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("touch owned",))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> State:
    """The state of a small file, and the module that takes it for the released one."""
    monkeypatch.setattr(checkpoint, "SadTalker", Small)
    made: Any = Small()
    return {**filled(dict(released_shapes(made))), UNUSED: torch.zeros(2)}


def kept(state: State, folder: Path) -> Path:
    path = folder / CHECKPOINT
    save_file(state, path)
    return path


def refused(path: Path, sha256: str | None = None) -> WeightsRejected:
    with pytest.raises(WeightsRejected) as caught:
        load_networks(path, sha256)
    return caught.value


def test_every_key_of_the_released_manifest_is_expected_and_no_other() -> None:
    with torch.device("meta"):
        networks = SadTalker()
    released = keys(HERE / "keys.txt")
    used = {n: s for n, s in released.items() if n[0] != "-" and not is_counter(n)}
    assert released_shapes(networks) == used
    unused = [name[1:] for name in released if name[0] == "-"]
    assert all(name.startswith(checkpoint._UNUSED) for name in unused)
    numbers = [torch.Size(shape).numel() for shape in released.values()]
    assert (len(released), sum(numbers)) == (1305, 181_226_970)


@pytest.mark.parametrize(("kind", "count"), COEFFICIENTS.items())
def test_every_key_of_the_mapping_networks_is_expected_and_no_other(kind: str, count: int) -> None:
    with torch.device("meta"):
        network = MappingNet(count)
    expected = keys(HERE / "mapping_keys.txt") | {"first.0.weight": (1024, count, 7)}
    assert shapes(network) == expected
    files = {file.name for file in MODELS["sadtalker-256"].files}
    assert {CHECKPOINT, MAPPINGS[kind]} <= files


def test_spectral_norm_is_folded_as_torch_itself_does_it(small: State) -> None:
    layer = nn.utils.spectral_norm(nn.Conv2d(4, 2, 3)).eval()
    layer.load_state_dict({part: small[f"up.conv_0.{part}"] for part in layer.state_dict()})
    layer(torch.zeros(1, 4, 3, 3))
    torch.testing.assert_close(unspectral(small)["up.conv_0.weight"], layer.weight.detach())


def test_batch_norm_is_folded_and_changes_nothing(small: State, tmp_path: Path) -> None:
    loaded: Any = load_networks(kept(small, tmp_path))
    plain = ConvNorm(3, 4, 2).eval()
    plain.load_state_dict(
        {n.removeprefix("first."): v for n, v in small.items() if n.startswith("first.")},
        strict=False,
    )
    assert isinstance(loaded.first.norm, nn.Identity)
    picture = torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(loaded.first(picture), plain(picture))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda s: s.pop("up.conv_0.weight_v"), "missing: up.conv_0.weight_v"),
        (lambda s: s.pop(UNUSED), "missing: audio2pose.netD_motion.*"),
        (lambda s: s.update({"more": torch.zeros(1)}), "unexpected: more"),
        (lambda s: s.update({"first.conv.bias": torch.zeros(9)}), "shape: first.conv.bias"),
        (lambda s: s.update({"first.conv.bias": torch.zeros(4).half()}), "shape: first.conv.bias"),
        (
            lambda s: s.update({"first.conv.bias": torch.full((4,), float("nan"))}),
            "not finite: first.conv.bias",
        ),
    ],
)
def test_other_networks_are_refused_with_the_first_key_that_differs(
    small: State, tmp_path: Path, change: Callable[[State], object], why: str
) -> None:
    change(small)
    error = refused(kept(small, tmp_path))
    assert error.code == "weights_rejected.unreadable"
    assert error.params == {"file": CHECKPOINT, "why": why}


@pytest.mark.parametrize("share", [0.0, 0.1, 0.9])
def test_a_truncated_file_is_refused(small: State, tmp_path: Path, share: float) -> None:
    path = kept(small, tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert refused(path).code == "weights_rejected.unreadable"


def test_a_file_with_another_hash_or_none_at_all_is_refused(small: State, tmp_path: Path) -> None:
    path = kept(small, tmp_path)
    load_networks(path, sha256_of(path))
    assert refused(path, "0" * 64).code == "weights_rejected.altered"
    path.unlink()
    assert refused(path).code == "weights_rejected.unreadable"


def test_a_mapping_file_is_held_to_its_kind(tmp_path: Path) -> None:
    state = filled(keys(HERE / "mapping_keys.txt"))
    for name in MAPPINGS.values():
        torch.save({"mapping": state, "optimizer": {}}, tmp_path / name)
    load_mapping(tmp_path, "crop")
    with pytest.raises(WeightsRejected) as caught:
        load_mapping(tmp_path, "full")
    assert caught.value.params["why"] == "shape: first.0.weight"


def test_a_mapping_file_that_asks_for_code_is_refused_and_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"mapping": {}, "x": Evil()}, tmp_path / MAPPINGS["crop"])
    with pytest.raises(WeightsRejected) as caught:
        load_mapping(tmp_path, "crop")
    assert caught.value.code == "weights_rejected.unsafe"
    assert not (tmp_path / "owned").exists()
