"""Only the released checkpoint is taken; what else comes under its name is refused by name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from modules.checkpoints import read_pickle
from modules.errors import WeightsRejected
from modules.models import sha256_of
from modules.voice.openvoice.checkpoint import folded, load_converter, released_shapes
from modules.voice.openvoice.config import read_config
from modules.voice.openvoice.network import Converter
from tests.voice.openvoice.filled import SMALL, config_text, released_keys

State = dict[str, Any]


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("touch owned",))


@pytest.fixture
def folder(small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "converter"))


def refused(folder: Path, sha256: str | None = None) -> WeightsRejected:
    with pytest.raises(WeightsRejected) as caught:
        load_converter(folder, sha256)
    return caught.value


def test_every_key_of_the_released_manifest_is_expected_and_no_other(converter: Converter) -> None:
    assert released_shapes(converter) == released_keys()
    assert sum(name.endswith("_g") for name in released_keys()) == 151


def test_weight_norm_is_folded_as_torch_itself_does_it(small: Path) -> None:
    network = Converter(read_config(small / "config.json"))
    state = read_pickle(small / "checkpoint.pth", "model")
    for name in (
        "dec.ups.1.weight",
        "ref_enc.convs.2.weight",
        "flow.flows.4.enc.in_layers.3.weight",
    ):
        expected = torch._weight_norm(state[f"{name}_v"], state[f"{name}_g"], 0)
        torch.testing.assert_close(folded(state, network)[name], expected)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda s: s.pop("dec.cond.bias"), "missing: dec.cond.bias"),
        (lambda s: s.pop("dec.ups.0.weight_g"), "missing: dec.ups.0.weight_g"),
        (lambda s: s.update({"emb_g.weight": torch.zeros(1)}), "unexpected: emb_g.weight"),
        (lambda s: s.update({"enc_q.pre.bias": torch.zeros(9)}), "shape: enc_q.pre.bias"),
        (lambda s: s.update({"enc_q.pre.bias": torch.zeros(8).half()}), "shape: enc_q.pre.bias"),
        (
            lambda s: s.update({"enc_q.pre.bias": torch.full((8,), float("nan"))}),
            "not finite: enc_q.pre.bias",
        ),
    ],
)
def test_a_checkpoint_of_another_network_is_refused_with_the_first_key_that_differs(
    folder: Path, change: Callable[[State], object], why: str
) -> None:
    held = torch.load(folder / "checkpoint.pth", weights_only=True)
    change(held["model"])
    torch.save(held, folder / "checkpoint.pth")
    error = refused(folder)
    assert error.code == "weights_rejected.unreadable"
    assert error.params == {"file": "checkpoint.pth", "why": why}


@pytest.mark.parametrize("kept", [0, 1, 1000, 0.5, 0.99, -1])
def test_a_truncated_file_is_refused(folder: Path, kept: float) -> None:
    path = folder / "checkpoint.pth"
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if 0 < kept < 1 else int(kept)])
    assert refused(folder).code == "weights_rejected.unreadable"


def test_a_file_with_one_other_byte_is_refused_by_its_hash(folder: Path) -> None:
    path = folder / "checkpoint.pth"
    sha256 = sha256_of(path)
    load_converter(folder, sha256)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert refused(folder, sha256).code == "weights_rejected.altered"


@pytest.mark.parametrize("where", ["model", "beside"])
def test_a_file_that_asks_for_code_is_refused_and_nothing_is_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.chdir(folder)
    held = torch.load(folder / "checkpoint.pth", weights_only=True)
    (held["model"] if where == "model" else held)["x"] = Evil()
    torch.save(held, folder / "checkpoint.pth")
    error = refused(folder)
    assert error.code == "weights_rejected.unsafe"
    assert error.params == {"file": "checkpoint.pth"}
    assert not (folder / "owned").exists()


@pytest.mark.parametrize("content", [{}, {"model": [1]}, {"model": {"a": 1}}, [1], 3])
def test_a_file_without_a_state_dict_is_refused(folder: Path, content: object) -> None:
    torch.save(content, folder / "checkpoint.pth")
    assert refused(folder).params["why"] == "layout"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>log in</html>", bytes(5000)])
def test_a_file_that_is_no_checkpoint_is_refused(folder: Path, content: bytes) -> None:
    (folder / "checkpoint.pth").write_bytes(content)
    assert refused(folder).code == "weights_rejected.unreadable"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        config_text(**SMALL).replace('"v2"', '"v1"'),
        config_text(**SMALL, zero_g=False),
        config_text(**SMALL, resblock="2"),
        config_text(**SMALL).replace('"n_speakers": 0', '"n_speakers": 9'),
        config_text(**SMALL, upsample_rates=[8, 8, 2]),
        config_text(**SMALL, upsample_rates=[8, 8, 4, 2]),
        config_text(**SMALL, resblock_kernel_sizes="3"),
    ],
)
def test_a_configuration_of_another_network_is_refused(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text, "utf-8")
    error = refused(folder)
    assert (error.code, error.params["file"]) == ("weights_rejected.unreadable", "config.json")


def test_a_file_that_is_not_there_is_refused(folder: Path) -> None:
    (folder / "checkpoint.pth").unlink()
    assert refused(folder).code == "weights_rejected.unreadable"
