"""A head looked at once; it speaks, comes back to rest, and idles in a loop without a seam."""

from __future__ import annotations

import numpy as np
import pytest

from modules.avatar.sadtalker.acting import idling, speaking
from modules.avatar.sadtalker.alignment import face_box
from modules.avatar.sadtalker.checkpoint import SadTalker
from modules.avatar.sadtalker.coefficients import moments
from modules.avatar.sadtalker.mapping import MappingNet
from modules.avatar.sadtalker.mover import SadTalkerMover
from modules.avatar.sadtalker.pasting import border, shown
from modules.avatar.sadtalker.studio import Head, Studio
from modules.avatar.wav2lip.mel import mel, starts
from modules.messages import FloatArray
from tests.avatar.conftest import change
from tests.avatar.sadtalker.toys import POINTS, portrait_picture, toys
from tests.avatar.wav2lip.test_mel import sound


@pytest.fixture(scope="module")
def studio(networks: SadTalker, mappings: dict[str, MappingNet]) -> Studio:
    return Studio(toys(networks), lambda kind: mappings[kind], batch=4)


@pytest.fixture(scope="module")
def head(studio: Studio) -> Head:
    return studio.see(portrait_picture(), POINTS, "full")


def test_a_portrait_is_looked_at_once(
    studio: Studio, head: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio, "_seen", pytest.fail)
    assert studio.see(portrait_picture(), POINTS.copy(), "full") is head


def test_another_picture_or_other_points_are_another_head(studio: Studio, head: Head) -> None:
    moved = studio.see(portrait_picture(), POINTS + np.float32(9), "full")
    assert moved.box != head.box
    alone = studio.see(portrait_picture(), POINTS, "crop")
    assert alone is not head
    np.testing.assert_array_equal(alone.own, head.own)


def test_only_some_heads_stay_at_hand(
    studio: Studio, head: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modules.avatar.sadtalker.studio._AT_HAND", 2)
    for step in range(3):
        studio.see(portrait_picture(), POINTS + np.float32(step + 20), "full")
    assert len(studio._heads) == 2


def test_what_is_heard_begins_two_frames_before_each_frame() -> None:
    samples = sound()
    whole, found = mel(samples, "constant"), moments(samples)
    assert found.shape == (50, 1, 80, 16)
    begins = starts(161)
    np.testing.assert_array_equal(found[22, 0], whole[:, begins[20] : begins[20] + 16])
    np.testing.assert_array_equal(found[2, 0], whole[:, :16])
    assert found[49, 0, :, -1].tolist() == whole[:, 160].tolist()


def test_sound_that_ends_within_a_frame_fills_it() -> None:
    assert len(moments(sound()[:641])) == 2
    assert len(moments(sound()[:0])) == 1


@pytest.mark.parametrize("still", [True, False])
def test_a_head_comes_from_its_own_face_and_goes_back_to_it(
    studio: Studio, head: Head, still: bool
) -> None:
    rows = speaking(studio, head, sound(), still=still)
    assert rows.shape == (50, 70)
    np.testing.assert_allclose(rows[[0, -1]], head.own[None, :70].repeat(2, 0), atol=1e-5)
    moved = np.abs(rows - head.own[:70]).max(0)
    assert moved[:64].min() > 0
    assert (moved[64:].max() == 0) == still


def test_a_head_moves_in_the_same_way_every_time(studio: Studio, head: Head) -> None:
    first, again = (speaking(studio, head, sound(), still=False, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = speaking(studio, head, sound(), still=False, seed=4)
    assert np.abs(other - first).max() > 0.001


@pytest.fixture(scope="module")
def loop(studio: Studio, head: Head) -> FloatArray:
    return idling(studio, head, 7)


def test_an_idle_loop_begins_with_the_portrait_s_own_face(loop: FloatArray, head: Head) -> None:
    assert loop.shape == (300, 70)
    np.testing.assert_allclose(loop[0], head.own[:70], atol=1e-6)


def test_an_idle_loop_has_no_seam(loop: FloatArray) -> None:
    steps = np.abs(np.diff(np.concatenate([loop, loop[:2]]), axis=0))[:, 64:].max(1)
    assert steps[-2:].max() <= steps[:-2].max()
    bends = np.abs(np.diff(np.concatenate([loop[-4:], loop[:4]]), 2, axis=0))[:, 64:].max()
    assert bends <= np.abs(np.diff(loop, 2, axis=0))[:, 64:].max() * 1.01


def test_an_idle_head_sways_a_little_and_blinks(loop: FloatArray, head: Head) -> None:
    sway = np.abs(loop[:, 64:67] - head.own[64:67])
    assert 0.02 < sway.max() < 0.15
    faces = np.abs(loop[:, :64] - head.own[:64]).max(1)
    blinking = np.flatnonzero(faces > 0)
    assert 10 <= len(blinking) < 150
    assert blinking[0] >= 20
    assert blinking[-1] < 280


def test_the_frames_of_a_loop_have_no_seam(studio: Studio) -> None:
    mover = SadTalkerMover(studio, frames=40)
    frames = list(mover.idle(portrait_picture(), POINTS))
    assert len(frames) == 40
    assert frames[0].shape == (512, 512, 3)
    changes = change(np.stack([*frames, frames[0]]))
    assert changes[-1] <= changes[:-1].max() + 1e-6
    assert changes.max() > 0


def test_a_face_is_pasted_softly_into_its_portrait(studio: Studio, head: Head) -> None:
    face = np.zeros((256, 256, 3), np.uint8)
    frame = shown(head, face)
    left, top, right, bottom = head.box
    outside = np.ones((512, 512), bool)
    outside[top:bottom, left:right] = False
    np.testing.assert_array_equal(frame[outside], head.rgb[outside])
    assert border()[0].max() < 4
    assert border()[128, 128] == 255
    assert np.abs(np.diff(border().astype(int), axis=0)).max() < 24


def test_a_face_that_did_not_move_leaves_its_portrait_as_it_was(studio: Studio, head: Head) -> None:
    rows = np.repeat(head.own[None, :70], 2, axis=0)
    frame = shown(head, next(studio.frames(head, rows)))
    assert np.abs(frame.astype(int) - head.rgb).mean() < 1


def test_a_face_alone_fills_the_frame(studio: Studio) -> None:
    alone = studio.see(portrait_picture(), POINTS, "crop")
    rows = np.repeat(alone.own[None, :70], 2, axis=0)
    frame = shown(alone, next(studio.frames(alone, rows)))
    assert frame.shape == (512, 512, 3)
    assert alone.box == face_box(POINTS, 512, 512)
