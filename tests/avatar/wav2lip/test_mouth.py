"""Half of the work and all of the mouth: what is left out changes nothing, in torch and in ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from modules.avatar.wav2lip import export as exporting
from modules.avatar.wav2lip.export import Graphs, graphs
from modules.avatar.wav2lip.mouth import FIRST_ROW, Face, Mouth
from modules.avatar.wav2lip.network import Wav2Lip
from modules.errors import WeightsRejected
from tests.avatar.released import given


@pytest.fixture(scope="module")
def mels() -> torch.Tensor:
    return given("mouth/mels", 3, 1, 80, 16)


@pytest.fixture(scope="module")
def faces() -> torch.Tensor:
    return torch.sigmoid(given("mouth/faces", 3, 3, 96, 96))


@pytest.fixture(scope="module")
def whole(network: Wav2Lip, mels: torch.Tensor, faces: torch.Tensor) -> torch.Tensor:
    masked = faces.clone()
    masked[:, :, 48:] = 0
    with torch.inference_mode():
        made: torch.Tensor = network(mels, torch.cat([masked, faces], dim=1))
        return made


@pytest.fixture(scope="session")
def folder(released: Path) -> Path:
    return released.parent


@pytest.fixture(scope="session")
def made(folder: Path) -> Graphs:
    return graphs(folder, None)


@torch.inference_mode()
def test_the_rows_that_are_painted_are_those_of_the_whole_network(
    network: Wav2Lip, mels: torch.Tensor, faces: torch.Tensor, whole: torch.Tensor
) -> None:
    painted = Mouth(network)(mels, *Face(network)(faces))
    torch.testing.assert_close(painted, whole[:, :, FIRST_ROW:], rtol=1e-5, atol=1e-6)
    assert painted.std() > 0.05


def test_onnx_gives_the_same_for_any_number_of_frames(
    made: Graphs, mels: torch.Tensor, faces: torch.Tensor, whole: torch.Tensor
) -> None:
    face, mouth = (onnxruntime.InferenceSession(data) for data in (made.face, made.mouth))
    for count in (1, 3):
        seen = face.run(None, {"faces": faces[:count].numpy()})
        feed = {f"seen{k}": layer for k, layer in enumerate(seen)}
        found = mouth.run(None, {"mels": mels[:count].numpy(), **feed})[0]
        np.testing.assert_allclose(found, whole[:count, :, FIRST_ROW:], atol=1e-4)


def test_the_network_is_exported_once(
    made: Graphs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "load_wav2lip", pytest.fail)
    assert graphs(folder, None) == made
    assert sorted(p.name for p in folder.glob("*.onnx")) == [
        "face-unknown-1.onnx", "mouth-unknown-1.onnx",
    ]  # fmt: skip


def test_another_checkpoint_is_not_taken_for_the_one_that_was_exported(
    made: Graphs, folder: Path
) -> None:
    with pytest.raises(WeightsRejected, match="altered"):
        graphs(folder, "0" * 64)
