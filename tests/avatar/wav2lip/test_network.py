"""Every part of the network gives what the original gave with the same weights."""

from __future__ import annotations

import pytest
import torch

from modules.avatar.wav2lip.mel import mel, starts
from modules.avatar.wav2lip.network import Wav2Lip
from modules.checkpoints import is_counter, shapes
from tests.avatar.released import Goldens, given, keys
from tests.avatar.wav2lip.conftest import HERE
from tests.avatar.wav2lip.test_mel import sound

GOLDENS = Goldens(HERE / "goldens.npz")


@pytest.fixture(scope="module")
def inputs() -> tuple[torch.Tensor, torch.Tensor]:
    heard = torch.from_numpy(mel(sound(), "constant"))
    moments = [heard[:, at : at + 16] for at in (starts(heard.shape[1])[3], starts(161)[20])]
    faces = torch.sigmoid(given("wav2lip/face", 2, 3, 96, 96))
    masked = faces.clone()
    masked[:, :, 48:] = 0
    return torch.stack(moments)[:, None], torch.cat([masked, faces], dim=1)


@torch.inference_mode()
def test_each_part_gives_what_the_original_gave(
    network: Wav2Lip, inputs: tuple[torch.Tensor, torch.Tensor]
) -> None:
    mels, faces = inputs
    GOLDENS.compare("audio_emb", network.audio_encoder(mels), 1e-4)
    GOLDENS.compare("face_emb", network.encode(faces)[-1], 1e-4)
    GOLDENS.compare("out", network(mels, faces), 1e-4)


def test_every_key_of_the_released_manifest_is_expected_and_no_other() -> None:
    released = keys(HERE / "keys.txt")
    assert len(released) == 352
    assert shapes(Wav2Lip()) == {n: s for n, s in released.items() if not is_counter(n)}
