"""The autoencoder in its full size gives what the original gave, in either spelling of its file."""

import pytest
import torch

from modules.avatar.musetalk.config import LATENT_SCALE, VAEConfig
from modules.avatar.musetalk.latents import masked
from modules.avatar.musetalk.vae import (
    Decoder,
    Encoder,
    load_tiny,
    load_vae,
    released_tiny,
    released_vae,
    renamed,
)
from modules.checkpoints import shapes
from tests.avatar.musetalk.conftest import close
from tests.avatar.musetalk.filled import State, filled, noise, released_keys

RELEASED = VAEConfig(channels=(128, 256, 512, 512), layers=2, groups=32)
OLD = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def old_spelling(state: State, *, convolutions: bool) -> State:
    """Return a state dict as files from before 2023 spell it."""
    made = {}
    for name, held in state.items():
        now = name
        for new, old in OLD.items():
            now = now.replace(f".{new}.", f".{old}.") if ".attentions." in name else now
        projection = now != name and held.ndim == 2
        made[now] = held[:, :, None, None] if convolutions and projection else held
    return made


@pytest.fixture(scope="module")
def halves() -> tuple[Encoder, Decoder]:
    state = old_spelling(filled(released_keys("vae")), convolutions=True)
    assert "encoder.mid_block.attentions.0.proj_attn.weight" in state
    assert state["decoder.mid_block.attentions.0.query.weight"].shape == (512, 512, 1, 1)
    return load_vae(state, RELEASED, "diffusion_pytorch_model.safetensors")


def test_the_autoencoder_expects_every_key_of_the_released_file_and_no_other() -> None:
    assert shapes(released_vae(RELEASED)) == released_keys("vae")


@pytest.mark.parametrize("convolutions", [False, True])
def test_the_old_spelling_is_the_new_one(convolutions: bool) -> None:
    state = {
        name: torch.empty(shape, device="meta") for name, shape in released_keys("vae").items()
    }
    old = old_spelling(state, convolutions=convolutions)
    assert sum(name not in state for name in old) == 16
    assert {k: tuple(v.shape) for k, v in renamed(old).items()} == released_keys("vae")
    assert renamed(state).keys() == state.keys()


def test_pictures_become_the_latents_of_the_original(halves, goldens) -> None:
    picture = torch.tanh(torch.from_numpy(noise("input:musetalk/vae_image", 1, 3, 256, 256)))
    with torch.inference_mode():
        latents = halves[0](torch.cat([picture, masked(picture)])) / LATENT_SCALE
    close(latents[0], goldens["vae_mean"])
    close(latents[1], goldens["vae_masked"])


def test_latents_become_the_pictures_of_the_original(halves, goldens) -> None:
    latents = torch.from_numpy(noise("input:musetalk/vae_latent", 1, 4, 32, 32))
    with torch.inference_mode():
        picture = halves[1](latents)
    raw = torch.from_numpy(goldens["vae_decoded_by35"])
    close(picture.flatten()[::35], (raw / 2 + 0.5).clamp(0, 1).numpy())


def test_the_tiny_decoder_gives_a_picture_of_the_same_size() -> None:
    decoder = load_tiny(filled(shapes(released_tiny())), "diffusion_pytorch_model.safetensors")
    with torch.inference_mode():
        picture = decoder(torch.from_numpy(noise("latent", 2, 4, 32, 32)))
    assert picture.shape == (2, 3, 256, 256)
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert sum(held.numel() for held in decoder.parameters()) == 1_222_531
