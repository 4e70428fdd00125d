"""Every network gives what the original gave with the same weights."""

from __future__ import annotations

import pytest
import torch

from modules.avatar.sadtalker.checkpoint import SadTalker
from modules.avatar.sadtalker.coefficients import smooth
from modules.avatar.sadtalker.generator import Generator
from modules.avatar.sadtalker.keypoints import degrees, moved, rotation
from modules.avatar.sadtalker.mapping import MappingNet, Motion
from tests.avatar.released import given
from tests.avatar.sadtalker.conftest import GOLDENS

SINGLE, RENDERED = 1e-4, 1e-3
REFERENCE = ("sadtalker/ref", 1, 10, 70)


@torch.inference_mode()
def test_expressions(networks: SadTalker) -> None:
    mels, own = given("sadtalker/indiv_mels", 1, 10, 1, 80, 16)[0], given(*REFERENCE)[0]
    lids = torch.sigmoid(given("sadtalker/ratio", 1, 10))[0, :, None]
    GOLDENS.compare("audio_emb", networks.audio2exp.hear(mels), SINGLE)
    GOLDENS.compare("exp", networks.audio2exp(mels, own[:, :64], lids), SINGLE)


@torch.inference_mode()
def test_poses(networks: SadTalker) -> None:
    network = networks.audio2pose
    mels = given("sadtalker/pose_mels", 1, 71, 1, 80, 16)[0]
    own = given(*REFERENCE)[0, :1, 64:]
    chances = [given(f"sadtalker/pose_z{block}", 1, 64) for block in range(3)]
    heard = network.hear(mels)
    GOLDENS.compare("audio_emb_first32", heard[1:5], SINGLE)
    first = network.netG.decoder(chances[0], own, heard[None, 1:33], 7)
    GOLDENS.compare("decoder_first32", first, SINGLE)
    poses = network(mels, own, 7, chances.__getitem__)
    GOLDENS.compare("pose_pred", poses, SINGLE)
    GOLDENS.compare("pose_savgol", smooth(poses.numpy()), SINGLE)


def mapped(network: MappingNet, count: int) -> dict[str, Motion]:
    kinds = ("src", "drv")
    return {
        kind: network(given(f"sadtalker/semantics_{kind}_{count}", 1, count, 27)) for kind in kinds
    }


@pytest.mark.parametrize(("kind", "count"), [("crop", 70), ("full", 73)])
@torch.inference_mode()
def test_mapping(mappings: dict[str, MappingNet], kind: str, count: int) -> None:
    for side, motion in mapped(mappings[kind], count).items():
        for name, found in zip(("yaw", "pitch", "roll", "t", "exp"), motion, strict=True):
            GOLDENS.compare(f"{kind}_{side}_{name}", found, SINGLE)


@torch.inference_mode()
def test_reconstruction(networks: SadTalker) -> None:
    network = networks.face_3drecon
    picture = torch.sigmoid(given("sadtalker/recon_image", 1, 3, 224, 224))
    every = network.every(picture)
    GOLDENS.compare("backbone", network.backbone(picture), SINGLE)
    GOLDENS.compare("coeffs", every, SINGLE)
    found = network(picture)
    assert torch.equal(found.expression, every[:, 80:144])
    assert torch.equal(found.angles, every[:, 224:227])
    assert torch.equal(found.shift, every[:, 254:257])


@pytest.fixture(scope="module")
def portrait() -> torch.Tensor:
    small = torch.sigmoid(given("sadtalker/image", 1, 3, 256, 256))[:, :, ::16, ::16]
    return torch.nn.functional.interpolate(small, size=256, mode="bilinear", align_corners=False)


@torch.inference_mode()
def test_the_whole_way_from_semantics_to_a_picture(
    networks: SadTalker, mappings: dict[str, MappingNet], portrait: torch.Tensor
) -> None:
    GOLDENS.compare("image_sub", portrait.flatten()[::101], 1e-5)
    canonical = networks.kp_extractor(portrait)
    GOLDENS.compare("kp_canonical", canonical, SINGLE)
    found = {
        side: motion._replace(shift=0.1 * motion.shift, bending=0.1 * motion.bending)
        for side, motion in mapped(mappings["crop"], 70).items()
    }
    angles = [degrees(part) for part in found["drv"][:3]]
    GOLDENS.compare("deg_drv", torch.stack(angles), 1e-3)
    GOLDENS.compare("rot_drv", rotation(*angles), SINGLE)
    standing, driving = moved(canonical, found["src"]), moved(canonical, found["drv"])
    GOLDENS.compare("kp_source", standing, SINGLE)
    GOLDENS.compare("kp_driving", driving, SINGLE)
    source = networks.generator.source(portrait)
    GOLDENS.compare("pred_chain", networks.generator(source, driving, standing), RENDERED)


@torch.inference_mode()
def test_the_generator_with_keypoints_of_its_own(
    networks: SadTalker, portrait: torch.Tensor
) -> None:
    standing = 0.5 * given("sadtalker/kp_src", 1, 15, 3)
    driving = standing + 0.1 * given("sadtalker/kp_drv_delta", 1, 15, 3)
    generator = networks.generator
    source = generator.source(portrait)
    _, shares, seen = generator.dense_motion_network.shares(source.compressed, driving, standing)
    GOLDENS.compare("mask_detkp_sub", shares.flatten()[::37], RENDERED, sub=True)
    GOLDENS.compare("occ_detkp", seen, RENDERED)
    GOLDENS.compare("pred_detkp", generator(source, driving, standing), RENDERED)


def test_in_halves_places_stay_whole() -> None:
    with torch.device("meta"):  # shapes and types alone
        generator = Generator().eval().half()
        source = generator.source(torch.empty(1, 3, 256, 256, dtype=torch.half))
        driving, standing = torch.empty(8, 15, 3), torch.empty(1, 15, 3)
        made = generator(source, driving, standing)
        where, _ = generator.dense_motion_network(
            source.compressed, driving, standing.expand(8, -1, -1)
        )
    assert (made.shape, made.dtype) == ((8, 3, 256, 256), torch.half)
    assert (where.dtype, source.features.dtype) == (torch.float32, torch.half)
