"""Faces are kept with consent, found by their owner alone, and deleted for good."""

import json
import os
import stat

import numpy as np
import pytest

from modules.avatar.photo.made import Draft
from modules.avatar.photo.points import check_points
from modules.avatar.photo.store import META, MOST_FACES, PICTURE, FaceStore
from modules.errors import ConsentRequired, InvalidInput, NotFound, StorageFailed
from tests.avatar.photo.test_points import usual

OWNER, OTHER = "a" * 32, "b" * 32
DAY_S = 86_400.0


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    return FaceStore(tmp_path / "users", clock)


def draft(number=1):
    rgb = np.full((512, 512, 3), number % 251, np.uint8)
    return Draft(f"photo-{number:032x}", rgb, check_points(usual()), ())


def files(tmp_path):
    return sorted(p for p in tmp_path.rglob("*") if p.is_file())


def test_without_consent_nothing_is_written(store, tmp_path):
    with pytest.raises(ConsentRequired) as caught:
        store.add(OWNER, "Lan", draft(), False)
    assert caught.value.code == "consent_required.face"
    assert files(tmp_path) == []


def test_what_was_kept_comes_back_as_it_was(store):
    given = draft(7)
    kept = store.add(OWNER, "  Lan\nAnh ", given, True)
    assert kept.name == "Lan Anh"
    portrait = store.get(OWNER, kept.id)
    assert np.array_equal(portrait.rgb, given.rgb)
    assert np.allclose(portrait.points, given.points, atol=0.01)
    assert portrait.name == "Lan Anh"


def test_files_are_for_the_app_alone(store, tmp_path):
    kept = store.add(OWNER, "Lan", draft(), True)
    for file in files(tmp_path):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    folder = store.folder(OWNER, kept.id)
    for directory in (folder, folder.parent, folder.parent.parent):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_another_users_face_answers_like_an_unknown_one(store):
    kept = store.add(OWNER, "Lan", draft(), True)
    told = []
    for owner, face in ((OTHER, kept.id), (OWNER, "photo-" + "0" * 32), (OTHER, "../../etc")):
        for call in (store.get, store.delete, store.folder):
            with pytest.raises(NotFound) as caught:
                call(owner, face)
            told.append(caught.value.code)
        with pytest.raises(NotFound) as caught:
            store.change(owner, face, name="x")
        told.append(caught.value.code)
    assert set(told) == {"not_found.avatar"}
    assert store.list(OTHER) == []


@pytest.mark.parametrize("owner", ["", "..", "../" + "a" * 30, "A" * 32, "a/b"])
def test_an_owner_is_no_path(store, owner):
    with pytest.raises(NotFound):
        store.add(owner, "Lan", draft(), True)


def test_the_same_picture_is_the_same_face_with_its_new_name(store):
    store.add(OWNER, "Lan", draft(), True)
    store.add(OWNER, "Mai", draft(), True)
    assert [face.name for face in store.list(OWNER)] == ["Mai"]


def test_faces_are_listed_by_age_and_there_are_not_too_many(store, clock):
    for number in range(MOST_FACES):
        clock.now += 1
        store.add(OWNER, f"{number}", draft(number), True)
    assert [face.name for face in store.list(OWNER)] == [str(n) for n in range(MOST_FACES)]
    with pytest.raises(InvalidInput) as caught:
        store.add(OWNER, "one more", draft(99), True)
    assert caught.value.reason == "too_many_faces"
    store.add(OWNER, "again", draft(3), True)


def test_corrected_points_are_kept_and_loops_of_the_old_ones_go(store):
    kept = store.add(OWNER, "Lan", draft(), True)
    loop = store.folder(OWNER, kept.id) / "idle-0.mp4"
    loop.write_bytes(b"x")
    store.change(OWNER, kept.id, points={**usual(), "chin": [257.5, 371]})
    assert store.get(OWNER, kept.id).marks["chin"] == (257.5, 371.0)
    assert not loop.exists()
    with pytest.raises(InvalidInput):
        store.change(OWNER, kept.id, points={**usual(), "chin": [257.5, 3]})
    assert store.get(OWNER, kept.id).marks["chin"] == (257.5, 371.0)


def test_a_face_can_be_renamed(store):
    kept = store.add(OWNER, "Lan", draft(), True)
    assert store.change(OWNER, kept.id, name="Mai").name == "Mai"
    with pytest.raises(InvalidInput):
        store.change(OWNER, kept.id, name=" ")


def test_deleting_leaves_nothing(store, tmp_path):
    kept = store.add(OWNER, "Lan", draft(), True)
    store.add(OWNER, "Mai", draft(2), True)
    store.delete(OWNER, kept.id)
    assert [face.name for face in store.list(OWNER)] == ["Mai"]
    assert store.delete_all(OWNER) == 1
    assert files(tmp_path) == []


def test_faces_that_nobody_used_go_by_age(store, clock):
    old = store.add(OWNER, "old", draft(1), True)
    clock.now += 20 * DAY_S
    store.add(OWNER, "new", draft(2), True)
    store.get(OWNER, old.id)
    clock.now += 20 * DAY_S
    store.add(OTHER, "third", draft(3), True)
    assert store.expire(30) == 0
    clock.now += 15 * DAY_S
    assert store.expire(30) == 2
    assert [face.name for face in store.list(OTHER)] == ["third"]


def test_what_a_crash_left_is_no_face_and_goes_by_age(store, clock, tmp_path):
    store.add(OWNER, "Lan", draft(), True)
    broken = tmp_path / "users" / OWNER / "faces" / ("photo-" + "1" * 32)
    broken.mkdir()
    (broken / META).write_text("{")
    os.utime(broken, (clock.now - DAY_S, clock.now - DAY_S))
    assert len(store.list(OWNER)) == 1
    store.expire(1000)
    assert not broken.exists()


def test_a_damaged_picture_is_named(store):
    kept = store.add(OWNER, "Lan", draft(), True)
    (store.folder(OWNER, kept.id) / PICTURE).write_bytes(b"\x89PNG\r\n\x1a\nxxxx")
    with pytest.raises(StorageFailed) as caught:
        store.get(OWNER, kept.id)
    assert caught.value.reason == "unreadable"


def test_a_full_disk_is_named_and_leaves_nothing_behind(store, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("modules.private.os.fsync", refuse)
    with pytest.raises(StorageFailed) as caught:
        store.add(OWNER, "Lan", draft(), True)
    assert caught.value.code == "storage_failed.disk"
    assert files(tmp_path) == []


def test_the_export_names_picture_and_points(store):
    kept = store.add(OWNER, "Lan", draft(), True)
    picture, meta = store.export(OWNER)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert json.loads(meta.read_text())["id"] == kept.id
    assert store.export(OTHER) == []
