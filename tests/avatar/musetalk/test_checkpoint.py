"""Only the released files are taken; what else comes under their names is refused by name."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from modules.avatar.musetalk.checkpoint import (
    released_autoencoder,
    released_ear,
    released_tiny_decoder,
    released_unet,
)
from modules.avatar.musetalk.config import read_ear, read_unet, read_vae
from modules.errors import WeightsRejected
from modules.models import MODELS
from tests.avatar.musetalk.conftest import EAR
from tests.avatar.musetalk.small import MUSETALK, VAE, WHISPER, text
from tests.avatar.musetalk.test_unet import RELEASED as UNET_CONFIG
from tests.avatar.musetalk.test_vae import RELEASED as VAE_CONFIG
from tests.fetched import as_fetched

READERS: dict[str, Callable[..., Any]] = {
    "musetalk": released_unet, "sd-vae-ft-mse": released_autoencoder,
    "whisper-tiny": released_ear, "taesd": released_tiny_decoder,
}  # fmt: skip
FILES = {
    "musetalk": "musetalkV15/unet.pth", "sd-vae-ft-mse": "diffusion_pytorch_model.safetensors",
    "whisper-tiny": "model.safetensors", "taesd": "diffusion_pytorch_model.safetensors",
}  # fmt: skip


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("touch owned",))


@pytest.fixture
def models(small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "models"))


def refused(models: Path, key: str, pinned: bool = False) -> WeightsRejected:
    model = as_fetched(models, "avatar").models[key] if pinned else None
    with pytest.raises(WeightsRejected) as caught:
        READERS[key](models / key, model)
    return caught.value


@pytest.mark.parametrize(
    ("config", "key", "name"),
    [(MUSETALK, "musetalk", "musetalkV15/musetalk.json"), (VAE, "sd-vae-ft-mse", "config.json")],
)
def test_the_released_configurations_are_known_to_the_byte(config, key, name) -> None:
    file = next(file for file in MODELS[key].files if file.name == name)
    packed = text(config).encode()
    assert (len(packed), hashlib.sha256(packed).hexdigest()) == (file.bytes, file.sha256)


def test_the_released_configurations_are_read(tmp_path: Path) -> None:
    for config, name in ((MUSETALK, "musetalk.json"), (VAE, "vae.json"), (WHISPER, "ear.json")):
        (tmp_path / name).write_text(text(config), "utf-8")
    assert read_unet(tmp_path / "musetalk.json") == UNET_CONFIG
    assert read_vae(tmp_path / "vae.json") == VAE_CONFIG
    assert read_ear(tmp_path / "ear.json") == EAR


@pytest.mark.parametrize("key", READERS)
def test_every_file_of_the_table_is_one_that_is_read(key: str) -> None:
    names = {file.name for file in MODELS[key].files}
    assert FILES[key] in names
    assert all(file.sha256 for file in MODELS[key].files)


CHANGES: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    ("musetalk", lambda s: s.pop("conv_in.bias"), "missing: conv_in.bias"),
    ("musetalk", lambda s: s.pop("time_embedding.linear_1.bias"),
     "missing: time_embedding.linear_1.bias"),
    ("musetalk", lambda s: s.update({"class_embedding.weight": torch.zeros(1)}),
     "unexpected: class_embedding.weight"),
    ("musetalk", lambda s: s.update({"conv_in.bias": torch.zeros(9)}), "shape: conv_in.bias"),
    ("musetalk", lambda s: s.update({"conv_in.bias": torch.zeros(16).half()}),
     "shape: conv_in.bias"),
    ("musetalk", lambda s: s["conv_in.bias"].fill_(float("nan")), "not finite: conv_in.bias"),
    ("sd-vae-ft-mse", lambda s: s.pop("quant_conv.bias"), "missing: quant_conv.bias"),
    ("sd-vae-ft-mse", lambda s: s["decoder.conv_in.bias"].fill_(float("inf")),
     "not finite: decoder.conv_in.bias"),
    ("whisper-tiny", lambda s: s.pop("model.encoder.conv2.bias"),
     "missing: model.encoder.conv2.bias"),
    ("whisper-tiny", lambda s: s.update({"lm_head.weight": torch.zeros(1)}),
     "unexpected: lm_head.weight"),
    ("taesd", lambda s: s.pop("decoder.layers.0.bias"), "missing: decoder.layers.0.bias"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "change", "why"), CHANGES)
def test_a_file_of_another_network_is_refused_with_the_first_key_that_differs(
    models: Path, key: str, change: Callable[[dict[str, Any]], object], why: str
) -> None:
    path = models / key / FILES[key]
    pickled = path.suffix == ".pth"
    state = torch.load(path, weights_only=True) if pickled else load_file(path)
    change(state)
    if pickled:
        torch.save(state, path)
    else:
        save_file(state, path)
    error = refused(models, key)
    assert error.code == "weights_rejected.unreadable"
    assert error.params == {"file": path.name, "why": why}


@pytest.mark.parametrize("key", READERS)
@pytest.mark.parametrize("kept", [0, 1, 1000, 0.5, 0.99, -1])
def test_a_truncated_file_is_refused(models: Path, key: str, kept: float) -> None:
    path = models / key / FILES[key]
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if 0 < kept < 1 else int(kept)])
    assert refused(models, key).code == "weights_rejected.unreadable"


@pytest.mark.parametrize("key", READERS)
def test_a_file_with_one_other_byte_is_refused_by_its_hash(models: Path, key: str) -> None:
    pinned = as_fetched(models, "avatar").models[key]
    READERS[key](models / key, pinned)
    path = models / key / FILES[key]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsRejected) as caught:
        READERS[key](models / key, pinned)
    assert caught.value.code == "weights_rejected.altered"


def test_a_file_that_asks_for_code_is_refused_and_nothing_is_run(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(models)
    path = models / "musetalk" / FILES["musetalk"]
    held = torch.load(path, weights_only=True)
    held["x"] = Evil()
    torch.save(held, path)
    error = refused(models, "musetalk")
    assert (error.code, error.params) == ("weights_rejected.unsafe", {"file": "unet.pth"})
    assert not (models / "owned").exists()


@pytest.mark.parametrize("content", [{"model": {}}, [1], 3])
def test_a_file_without_a_flat_state_dict_is_refused(models: Path, content: object) -> None:
    torch.save(content, models / "musetalk" / FILES["musetalk"])
    assert refused(models, "musetalk").params["why"] == "layout"


@pytest.mark.parametrize("key", READERS)
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>log in</html>", bytes(5000)])
def test_a_file_that_is_no_checkpoint_is_refused(models: Path, key: str, content: bytes) -> None:
    (models / key / FILES[key]).write_bytes(content)
    assert refused(models, key).code == "weights_rejected.unreadable"


@pytest.mark.parametrize("key", READERS)
def test_a_file_that_is_not_there_is_refused(models: Path, key: str) -> None:
    (models / key / FILES[key]).unlink()
    assert refused(models, key).code == "weights_rejected.unreadable"


@pytest.mark.parametrize(
    ("key", "name", "content"),
    [
        ("musetalk", "musetalkV15/musetalk.json", ""),
        ("musetalk", "musetalkV15/musetalk.json", "[]"),
        ("musetalk", "musetalkV15/musetalk.json", text(MUSETALK, in_channels=4)),
        ("musetalk", "musetalkV15/musetalk.json", text(MUSETALK, norm_num_groups=7)),
        ("musetalk", "musetalkV15/musetalk.json", text(MUSETALK, flip_sin_to_cos=False)),
        ("sd-vae-ft-mse", "config.json", text(VAE, latent_channels=16)),
        ("sd-vae-ft-mse", "config.json", text(VAE, scaling_factor=0.13025)),
        ("whisper-tiny", "config.json", text(WHISPER, num_mel_bins=128)),
        ("whisper-tiny", "config.json", "{}"),
    ],
)
def test_a_configuration_of_another_network_is_refused(
    models: Path, key: str, name: str, content: str
) -> None:
    path = models / key / name
    path.write_text(content, "utf-8")
    error = refused(models, key)
    assert (error.code, error.params["file"]) == ("weights_rejected.unreadable", path.name)
