"""The painter keeps its promises to the stream and to the queue, with small networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from modules.avatar.musetalk.painter import LATENTS, MuseTalkPainter, load_painter
from modules.avatar.neural.painting import BOXES, MASKS, Run
from modules.messages import ByteArray, FloatArray
from tests.avatar.musetalk.filled import noise
from tests.avatar.musetalk.test_blending import face
from tests.fetched import as_fetched


def frames(count: int, shade: int = 0) -> ByteArray:
    y, x = np.mgrid[:512, :512]
    base = np.stack([120 + x / 8, 100 + y / 8, 90 + x / 16], -1) + shade
    return np.stack([np.roll(base, 3 * k, 1) for k in range(count)]).clip(0, 255).astype(np.uint8)


def points(count: int) -> FloatArray:
    return np.stack([face(256 + 3 * k) for k in range(count)])


def prepared(painter: MuseTalkPainter, count: int, shade: int = 0):
    pictures = frames(count, shade)
    return painter.attach(pictures, painter.prepare(pictures, points(count)))


def heard(painter: MuseTalkPainter, seconds: float = 1.0, seed: str = "sound") -> torch.Tensor:
    return painter.ear().push(noise(seed, int(16_000 * seconds)) * np.float32(0.1), True)


def run(avatar, indices: list[int], features: torch.Tensor, strength: float = 1.0) -> Run:
    return Run(avatar, np.array(indices), features, np.full(len(indices), strength, np.float32))


def test_what_is_kept_of_a_frame_depends_on_no_other_and_is_the_same_again(painter) -> None:
    together = painter.prepare(frames(3), points(3))
    alone = painter.prepare(frames(3)[2:], points(3)[2:])
    assert together[BOXES].dtype == np.int32
    assert together[MASKS].shape == (3, 128, 128)
    assert together[LATENTS].shape == (3, 8, 32, 32)
    for name in (BOXES, MASKS):
        assert np.array_equal(together[name][2:], alone[name])
    np.testing.assert_allclose(together[LATENTS][2:], alone[LATENTS], atol=2e-3)
    again = painter.prepare(frames(3), points(3))
    assert all(np.array_equal(together[name], again[name]) for name in together)


def test_the_painter_is_given_the_face_without_its_lower_half_first(painter) -> None:
    shown, changed = frames(1), frames(1)
    left, top, right, bottom = painter.prepare(shown, points(1))[BOXES][0]
    changed[0, (top + bottom) // 2 + 8 : bottom, left:right] = 0
    before, after = (painter.prepare(f, points(1))[LATENTS][0] for f in (shown, changed))
    # Attention looks everywhere, but the masked half is the same black in both.
    np.testing.assert_allclose(before[:4], after[:4], atol=2e-2)
    assert np.abs(before[4:] - after[4:]).max() > 0.05


def test_a_frame_is_painted_in_its_box_and_nowhere_else(painter) -> None:
    avatar, features = prepared(painter, 2), heard(painter)
    [made] = painter.paint([run(avatar, [0, 1], features[:2])])
    assert made.shape == (2, 512, 512, 3)
    assert made.dtype == np.uint8
    boxes = avatar.grounds.boxes.int().tolist()
    for picture, own, (left, top, right, bottom) in zip(made, frames(2), boxes, strict=True):
        assert (picture != own).any()
        outside = picture.copy()
        outside[top:bottom, left:right] = own[top:bottom, left:right]
        assert np.array_equal(outside, own)


def test_strength_leads_from_the_avatars_own_mouth_to_the_painted_one(painter) -> None:
    avatar, features = prepared(painter, 1), heard(painter)
    made = [painter.paint([run(avatar, [0], features[5:6], s)])[0][0] for s in (0.0, 0.5, 1.0)]
    own = frames(1)[0]
    assert np.array_equal(made[0], own)
    half = own.astype(float) + (made[2].astype(float) - own) / 2
    assert np.abs(made[1] - half).max() <= 1


def test_frames_of_several_avatars_share_a_batch_and_each_gets_its_own(painter) -> None:
    first, second = prepared(painter, 3), prepared(painter, 2, shade=60)
    one, other = heard(painter, seed="one"), heard(painter, seed="other")
    runs = [run(first, [2, 1], one[3:5]), run(second, [0], other[7:8]), run(first, [0], other[:1])]
    together = painter.paint(runs)
    assert [len(each) for each in together] == [2, 1, 1]
    for each, made in zip(runs, together, strict=True):
        [alone] = painter.paint([each])
        assert np.abs(alone.astype(int) - made).max() <= 1


def test_another_sound_gives_another_mouth(painter) -> None:
    avatar = prepared(painter, 1)
    one, other = heard(painter, seed="one"), heard(painter, seed="other")
    pictures = [painter.paint([run(avatar, [0], each[9:10])])[0] for each in (one, other)]
    assert (pictures[0] != pictures[1]).any()


def test_pictures_given_earlier_are_not_painted_over(painter) -> None:
    avatar, features = prepared(painter, 1), heard(painter)
    [kept] = painter.paint([run(avatar, [0], features[:1])])
    copy = kept.copy()
    painter.paint([run(avatar, [0], features[9:10])])
    assert np.array_equal(kept, copy)


def test_an_ear_gives_one_row_a_frame(painter) -> None:
    ear = painter.ear()
    first = ear.push(noise("sound", 16_000))
    rest = ear.push(noise("more", 1_000), True)
    assert len(first) + len(rest) == -(-17_000 // 640)
    assert len(first) == (16_000 - painter.future) // 640
    assert first.shape[1:] == (50, 24)
    assert torch.isfinite(first).all()


def test_the_tiny_decoder_paints_in_the_place_of_the_full_one(small) -> None:
    painter = load_painter(as_fetched(small, "avatar"), "cpu", tiny=True, zero=False)
    avatar, features = prepared(painter, 1), heard(painter)
    [made] = painter.paint([run(avatar, [0], features[:1])])
    assert (made != frames(1)).any()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_in_halves_the_painter_paints_nearly_the_same(small, painter, dtype) -> None:
    from modules.avatar.musetalk.painter import Networks

    networks = Networks.released(as_fetched(small, "avatar"), tiny=False).on("cpu", dtype)
    halved = MuseTalkPainter(networks, graphs=False, sizes=(4,))
    [full] = painter.paint([run(prepared(painter, 1), [0], heard(painter)[3:4])])
    [made] = halved.paint([run(prepared(halved, 1), [0], heard(halved)[3:4])])
    assert np.abs(made.astype(int) - full).mean() < 1
