"""The painter in its full size gives what the original gave with the same weights.

850 M numbers are made and 3.4 GB held: the dearest test of this folder, 20 s on two free cores.
"""

import numpy as np
import torch

from modules.avatar.musetalk.config import UNetConfig
from modules.avatar.musetalk.unet import LipUNet, folded, load_unet, released
from modules.avatar.musetalk.windows import positions, windows
from modules.checkpoints import shapes
from tests.avatar.musetalk.conftest import close
from tests.avatar.musetalk.filled import filled, noise, released_keys
from tests.avatar.musetalk.test_ear import rows

RELEASED = UNetConfig(channels=(320, 640, 1280, 1280), layers=2, heads=8, groups=32, audio=384)
SMALL = UNetConfig(channels=(32, 64, 64, 64), layers=2, heads=4, groups=16, audio=24)


def test_the_painter_expects_every_key_of_the_released_file_and_no_other() -> None:
    assert shapes(released(RELEASED)) == released_keys("unet")


def test_with_its_time_folded_the_painter_paints_what_the_original_paints(goldens) -> None:
    network = load_unet(filled(released_keys("unet")), RELEASED, "unet.pth")
    latents = torch.from_numpy(noise("input:musetalk/latents", 1, 8, 32, 32))
    heard = windows(rows(100), 0, 11)[[10, 0]] + positions(50, 384)
    silence = torch.zeros(1, 50, 384)
    with torch.inference_mode():
        made = network(torch.cat([latents, latents * 0.5, latents]), torch.cat([heard, silence]))
    for found, name in zip(made, ("frame10", "frame0_half", "zero_ctx"), strict=True):
        close(found, goldens[f"unet_{name}"])


def test_folding_the_time_changes_nothing() -> None:
    whole = released(SMALL)
    state = filled(shapes(whole))
    whole.load_state_dict(state, assign=True)
    latents = torch.from_numpy(noise("latents", 2, 8, 8, 8))
    heard = torch.from_numpy(noise("heard", 2, 50, SMALL.audio))
    network = load_unet(state, SMALL, "unet.pth")
    with torch.inference_mode():
        expected = whole.eval()(latents, 0, heard).sample
        found = network(latents, heard)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert not any("time_emb" in name for name in folded(state, SMALL))
    assert not any("time_emb" in name for name in network.state_dict())


def test_a_frame_is_painted_alike_alone_and_in_a_batch() -> None:
    network: LipUNet = load_unet(filled(shapes(released(SMALL))), SMALL, "unet.pth")
    latents = torch.from_numpy(noise("latents", 4, 8, 8, 8))
    heard = torch.from_numpy(noise("heard", 4, 50, SMALL.audio))
    with torch.inference_mode():
        together = network(latents, heard)
        alone = network(latents[2:3], heard[2:3])
    np.testing.assert_allclose(together[2].numpy(), alone[0].numpy(), atol=1e-5)
