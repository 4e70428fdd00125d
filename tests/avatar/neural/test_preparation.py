"""From an upload to a face that is ready: clips of known motion, what is kept, what is refused."""

import os
import stat
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

import modules.avatar.photo.engine as puppet
from modules.avatar import ENGINES, PAINTERS, serving
from modules.avatar.landmarks.finder import Finder
from modules.avatar.neural.shelf import (
    motion_file,
    painted_file,
    read_motion,
    read_painted,
    write_motion,
)
from modules.avatar.neural.sources import motion_of, read_clip, shut, there_and_back
from modules.avatar.photo.clips import kept_motion
from modules.avatar.photo.filmed import _frames, draft_clip
from modules.avatar.photo.store import FaceStore
from modules.errors import EngineFailed, InvalidInput, StorageFailed
from tests.avatar.conftest import pictures as shown
from tests.avatar.conftest import play, spoken
from tests.avatar.neural.oracle import OracleEngine, frame_of, motion
from tests.avatar.neural.test_oracle import request

OWNER = "ab" * 16


def sway(k):
    """Where the camera sees a picture in frame k: up to 12 pixels beside, 4 degrees."""
    turn = cv2.getRotationMatrix2D((384, 384), 4 * np.sin(k / 9), 1.0)
    turn[:, 2] += 12 * np.sin(k / 11), 5 * np.sin(k / 7)
    return turn


def film(path, rgb, frames=36, fps=25, cover=(), codec="libx264"):
    """A clip of a picture that sways; in frames `cover` something is before the face."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=fps)
        side = stream.width = stream.height = len(rgb)
        stream.pix_fmt = "yuv420p"
        for k in range(frames):
            seen = cv2.warpAffine(rgb, sway(k), (side, side), borderMode=cv2.BORDER_REPLICATE)
            if k in cover:
                seen[:] = 90
            frame = av.VideoFrame.from_ndarray(seen, format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, fps)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(pictures, tmp_path_factory):
    return film(tmp_path_factory.mktemp("film") / "fair.mp4", pictures["fair"][0])


@pytest.fixture(scope="module")
def filmed(clip):
    return draft_clip(clip, Finder())


@pytest.fixture
def store(tmp_path):
    return FaceStore(tmp_path / "users")


class Plain(OracleEngine):
    """Its frames bear no number."""

    def make(self):
        self.oracle.name = "musetalk"
        prepare = self.oracle.prepare
        self.oracle.prepare = lambda frames, points: prepare(
            np.stack([frame_of(0)] * len(frames)), points
        )
        return self.oracle


def moves(face):
    """Say at once how a face moves, where it does not matter how."""
    write_motion(motion_file(face), motion(12))


@pytest.fixture
def engine():
    made = Plain()
    made.load()
    yield made
    made.close()


def test_a_clip_becomes_a_portrait_that_moves_as_it_was_filmed(filmed):
    assert len(filmed.clip) == 36
    assert np.array_equal(filmed.clip[0], filmed.rgb)
    assert filmed.points.shape == (26, 2)
    first, later = (frame.astype(int) for frame in (filmed.clip[0], filmed.clip[14]))
    assert np.abs(first - later).mean() > 2


def test_a_short_clip_and_what_is_none_are_refused(pictures, tmp_path):
    brief = film(tmp_path / "brief.mp4", pictures["fair"][0], frames=12)
    with pytest.raises(InvalidInput, match="clip_short"):
        draft_clip(brief, Finder())
    (tmp_path / "text.mp4").write_bytes(b"not a clip at all" * 99)
    with pytest.raises(InvalidInput, match="not_clip"):
        draft_clip(tmp_path / "text.mp4", Finder())
    empty = film(tmp_path / "empty.mp4", np.full((768, 768, 3), 120, np.uint8), frames=30)
    with pytest.raises(InvalidInput, match="face_none"):
        draft_clip(empty, Finder())


def test_a_clip_ends_before_its_face_is_lost_and_a_moment_is_bridged(pictures, tmp_path):
    covered = film(tmp_path / "a.mp4", pictures["fair"][0], 44, cover={12, 13, *range(30, 44)})
    draft = draft_clip(covered, Finder())
    assert 27 <= len(draft.clip) <= 30


def test_slow_and_quick_cameras_give_25_frames_a_second(tmp_path):
    for fps in (15, 50):
        made = film(tmp_path / f"{fps}.mp4", np.zeros((64, 64, 3), np.uint8), 2 * fps, fps)
        assert 49 <= len(list(_frames(made))) <= 51


def test_what_is_kept_of_a_clip_is_private_and_goes_with_the_face(store, filmed, engine):
    kept = store.add(OWNER, "Lan", filmed, True)
    face = store.get(OWNER, kept.id)
    assert face.clip
    assert len(read_clip(face)) == 36
    assert len(list(there_and_back(face))) == 70
    write_motion(motion_file(face), motion_of(face, Finder()))
    engine.prepare(face)
    folder = store.folder(OWNER, kept.id)
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in store.export(OWNER)] == ["portrait.png", "meta.json", "clip.mp4"]
    assert store.get(OWNER, kept.id).prepared == ("musetalk",)
    store.delete(OWNER, kept.id)
    assert not any(folder.parent.iterdir())


def test_points_of_a_filmed_face_follow_its_motion(store, filmed):
    face = store.get(OWNER, store.add(OWNER, "Lan", filmed, True).id)
    found = motion_of(face, Finder())
    assert (len(found), found.loops, found.mover) == (36, False, "clip")
    travelled = found.points.mean(1)
    # The crop is scaled, so the sway is compared by its shape.
    path = np.array([sway(k) @ (384, 400, 1) for k in range(36)])
    for axis in (0, 1):
        assert np.corrcoef(travelled[:, axis], path[:, axis])[0, 1] > 0.98
    assert found.closed.all()
    assert np.abs(np.diff(found.points, n=2, axis=0)).max() < 0.8


def test_a_portrait_moves_with_the_puppets_idle_loop_and_is_ready_at_once_next_time(
    store, drafts, engine, monkeypatch
):
    monkeypatch.setattr(puppet, "FRAMES", 30)  # of 300: the first ones
    face = store.get(OWNER, store.add(OWNER, "Lan", drafts["fair"], True).id)
    assert kept_motion(face) is None
    shares = []
    write_motion(motion_file(face), motion_of(face, Finder(), progress=shares.append))
    assert engine.prepare(face, shares.append)
    assert shares[-1] == 1.0
    found = read_motion(kept_motion(face))
    assert (len(found), found.loops, found.mover) == (30, True, "puppet")
    assert np.abs(found.frames[0].astype(int) - face.rgb).mean() < 1.5
    face = store.get(OWNER, face.id)
    assert serving(("musetalk", "puppet", "still"), face)[0] == "musetalk"
    frames = shown(play(engine.open(request(face)), spoken(1.0, last=True)))
    assert np.abs(frames[-1].astype(int) - face.rgb).mean() < 1.5


def test_corrected_points_forget_what_was_made_with_the_old_ones(store, filmed, engine):
    kept = store.add(OWNER, "Lan", filmed, True)
    face = store.get(OWNER, kept.id)
    moves(face)
    engine.prepare(face)
    marks = {name: list(place) for name, place in kept.points.items()}
    marks["chin"][1] += 4
    store.change(OWNER, kept.id, points=marks)
    after = store.get(OWNER, kept.id)
    assert after.prepared == ()
    assert kept_motion(after) is None
    assert after.clip
    assert len(read_clip(after)) == 36
    with pytest.raises(EngineFailed, match="not_prepared"):
        engine.attached(after)


def test_who_was_chosen_for_a_face_comes_first_and_nobody_unprepared_serves(store, drafts):
    kept = store.add(OWNER, "Lan", drafts["fair"], True)
    names = ("musetalk", "puppet", "still", "drawn")
    assert serving(names, store.get(OWNER, kept.id)) == ("puppet", "still")
    store.change(OWNER, kept.id, engine="still")
    assert serving(names, store.get(OWNER, kept.id)) == ("still", "puppet")
    assert all(name in {spec.name for spec in ENGINES} for name in PAINTERS)


def test_a_stopped_preparation_leaves_nothing_and_a_damaged_one_is_named(store, filmed, engine):
    face = store.get(OWNER, store.add(OWNER, "Lan", filmed, True).id)
    moves(face)
    assert not engine.prepare(face, cancelled=lambda: True)
    assert not engine.prepared(face)
    engine.prepare(face)
    path = painted_file(face, engine.oracle)
    path.write_bytes(path.read_bytes()[:900])
    os.utime(path)
    with pytest.raises(StorageFailed, match="unreadable"):
        read_painted(path, 12)
    with pytest.raises(EngineFailed, match="not_prepared"):
        engine.attached(face)


def test_a_new_version_of_a_painter_takes_the_place_of_the_old_one(store, filmed, engine):
    face = store.get(OWNER, store.add(OWNER, "Lan", filmed, True).id)
    moves(face)
    engine.prepare(face)
    engine.oracle.version = "2"
    assert not engine.prepared(face)
    engine.prepare(face)
    folder = store.folder(OWNER, face.id)
    assert len(list(folder.glob("painted-*"))) == 1


def test_a_mouth_is_shut_where_the_gap_is_small():
    points = np.zeros((2, 68, 2), np.float32)
    points[:, 54] = 50, 0
    points[0, 66], points[1, 66] = (25, 2), (25, 8)
    points[:, 62] = 25, 0
    assert shut(points).tolist() == [True, False]
