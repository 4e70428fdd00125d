"""Loading a checkpoint: whole and of the right kind, or a clear refusal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bitsandbytes
import pytest
import torch
from bitsandbytes.functional import dequantize_4bit
from safetensors.torch import load_file, save_file

from modules.errors import EngineUnavailable, WeightsRejected
from modules.installing import command
from modules.llm.local import network as networks
from modules.llm.local.cards import CARDS
from modules.llm.local.network import Network
from tests.llm.local.tiny import save_qwen

CARD = CARDS["qwen3-0.6b"]


@pytest.fixture
def copy(qwen: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(qwen, tmp_path / "copy"))


def refused(folder: Path) -> WeightsRejected:
    with pytest.raises(WeightsRejected) as raised:
        Network(folder, CARD, "cpu")
    return raised.value


def test_a_checkpoint_tells_its_shape_and_what_ends_an_answer(qwen: Path) -> None:
    network = Network(qwen, CARD, "cpu")
    assert (network.layers, network.heads, network.width, network.window) == (2, 2, 16, 2_048)
    assert (network.precision, network.slots, network.dtype) == ("float", 2, torch.float32)
    assert network.slot_mb == pytest.approx(4 * 2 * 2 * 2 * 16 * (2_048 + 64) / 1e6)
    ends = json.loads((qwen / "generation_config.json").read_text())["eos_token_id"]
    assert network.stops == set(ends)
    assert len(ends) == 2


def test_a_missing_tensor_is_refused(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, copy / "model.safetensors", {"format": "pt"})
    error = refused(copy)
    assert error.reason == "keys"
    assert "model.layers.1.mlp.up_proj.weight" in str(error.params["why"])


def test_a_foreign_tensor_is_refused(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    tensors["model.layers.7.mlp.up_proj.weight"] = torch.zeros(2)
    save_file(tensors, copy / "model.safetensors", {"format": "pt"})
    assert refused(copy).reason == "keys"


def test_a_tensor_of_another_shape_is_refused(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    tensors["model.norm.weight"] = torch.zeros(5)
    save_file(tensors, copy / "model.safetensors", {"format": "pt"})
    assert refused(copy).reason in ("keys", "unreadable")


def test_a_truncated_file_is_refused(copy: Path) -> None:
    file = copy / "model.safetensors"
    file.write_bytes(file.read_bytes()[:5_000])
    assert refused(copy).reason == "unreadable"


def test_a_pickle_is_never_read(copy: Path) -> None:
    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    assert refused(copy).reason == "unreadable"


def test_another_architecture_is_refused(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"model_type": "gpt2"}))
    assert refused(copy).params["file"] == "config.json"


def test_a_window_that_slides_is_refused(tmp_path: Path) -> None:
    folder = save_qwen(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    config["layer_types"] = ["sliding_attention", "full_attention"]
    config |= {"use_sliding_window": True, "sliding_window": 32}
    (folder / "config.json").write_text(json.dumps(config))
    assert refused(folder).params["file"] == "config.json"


def test_code_of_a_repository_is_never_run(copy: Path) -> None:
    marker = copy / "ran"
    (copy / "own.py").write_text(f"open({str(marker)!r}, 'w')")
    config = json.loads((copy / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.OwnConfig"}}
    (copy / "config.json").write_text(json.dumps(config))
    assert refused(copy).params["file"] == "config.json"
    assert not marker.exists()


def test_too_little_memory_is_told_with_what_would_do(
    qwen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "free_mb", lambda device: 1_000.0)
    with pytest.raises(EngineUnavailable) as raised:
        Network(qwen, CARD, "cpu")
    assert raised.value.code == "engine_unavailable.memory"
    assert raised.value.params["remedy"] == "3151 MB > 1000 MB"


def test_nf4_names_the_packages_that_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "bitsandbytes", None)
    with pytest.raises(EngineUnavailable) as raised:
        networks._nf4(torch.bfloat16)
    assert raised.value.params["remedy"] == command(["bitsandbytes", "accelerate"])


def test_nf4_quantises_the_layers_and_keeps_the_embeddings(
    qwen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = networks._load(qwen, CARD, "cpu", torch.float32, "nf4")
    projection = model.model.layers[0].mlp.down_proj
    assert isinstance(projection, bitsandbytes.nn.Linear4bit)
    assert projection.weight.quant_type == "nf4"
    assert model.get_input_embeddings().weight.dtype == torch.float32
    # Sixteen levels for normal weights, in rows of whole blocks of 64 as released models have.
    whole = networks._load(qwen, CARD, "cpu", torch.float32, "float")
    exact = whole.model.layers[0].mlp.down_proj.weight
    kept = dequantize_4bit(projection.weight.data, projection.weight.quant_state)
    error = (kept - exact).norm() / exact.norm()
    assert 0.05 < error < 0.12
