"""What is kept of users goes to a bucket, and comes back after a restart."""

import asyncio
import shutil
import sqlite3
import threading
import time
import zipfile
from contextlib import closing

import pytest

from modules.conversation import snapshots
from modules.conversation.app import App
from modules.conversation.snapshots import Snapshots, taken_back
from modules.errors import StorageFailed
from modules.memory.lock import exclusive
from modules.messages import SPEECH_RATE
from modules.settings import Settings
from tests.voice.speaking import reading

AN, BINH = "a" * 32, "b" * 32


@pytest.fixture
def places(tmp_path):
    data, bucket = tmp_path / "disk" / "guong", tmp_path / "bucket" / "guong"
    (data / "users" / AN).mkdir(parents=True)
    (data / "users" / AN / "ratings.jsonl").write_text("tốt\n", "utf-8")
    (data / "secret").write_bytes(b"s" * 32)
    return data, bucket


def restarted(data, bucket):
    """Return what a fresh disk has after a start."""
    shutil.rmtree(data)
    made = Snapshots(data, bucket)
    made.restore()
    return made


def test_what_was_copied_comes_back_after_the_disk_was_lost(places):
    data, bucket = places
    assert Snapshots(data, bucket).take() == 1
    restarted(data, bucket)
    assert (data / "users" / AN / "ratings.jsonl").read_text("utf-8") == "tốt\n"
    assert (data / "secret").read_bytes() == b"s" * 32
    for path in (data / "secret", data / "users" / AN / "ratings.jsonl"):
        assert path.stat().st_mode & 0o077 == 0


def test_only_what_changed_is_copied_again(places):
    data, bucket = places
    copies = Snapshots(data, bucket)
    copies.take()
    assert copies.take() == 0
    assert restarted(data, bucket).take() == 0
    (data / "users" / AN / "style.json").write_text("{}")
    assert copies.take() == 1


def test_who_deletes_everything_is_gone_from_the_bucket_at_once(places):
    data, bucket = places
    copies = Snapshots(data, bucket)
    copies.take()
    shutil.rmtree(data / "users" / AN)
    copies.forget(AN)
    assert list((bucket / "users").iterdir()) == []
    assert not (restarted(data, bucket)._users / AN).exists()


def test_what_is_deleted_here_is_deleted_there_with_the_next_copy(places):
    data, bucket = places
    copies = Snapshots(data, bucket)
    copies.take()
    (data / "users" / AN / "ratings.jsonl").unlink()
    (data / "users" / AN / "style.json").write_text("{}")
    (data / "users" / BINH).mkdir()
    copies.take()
    with zipfile.ZipFile(bucket / "users" / f"{AN}.zip") as archive:
        assert archive.namelist() == ["style.json"]
    shutil.rmtree(data / "users" / AN)
    copies.take()
    assert not (bucket / "users" / f"{AN}.zip").exists()


def test_a_database_is_copied_whole_with_what_stands_in_its_log(places):
    data, bucket = places
    path = data / "users" / AN / "words.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma journal_mode=wal")
        database.execute("create table said (text)")
        database.execute("insert into said values ('nhớ nhé')")
        database.commit()  # it stands in the log; the file itself is a header
        Snapshots(data, bucket).take()
    restarted(data, bucket)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("select text from said").fetchall() == [("nhớ nhé",)]
    assert sorted(p.name for p in path.parent.iterdir()) == ["ratings.jsonl", "words.sqlite3"]


def test_a_memory_at_work_is_waited_for_or_left_for_the_next_time(places, monkeypatch):
    data, bucket = places
    monkeypatch.setattr(snapshots, "_WAIT_S", 0.05)
    copies = Snapshots(data, bucket)
    held, end = threading.Event(), threading.Event()

    def write():
        with exclusive(data / "users" / AN, time.monotonic() + 1, create=False):
            held.set()
            end.wait(5)

    writer = threading.Thread(target=write)
    writer.start()
    held.wait()
    assert copies.take() == 0
    end.set()
    writer.join()
    assert copies.take() == 1


@pytest.mark.parametrize("damage", ["cut", "noise", "outside", "flipped"])
def test_a_copy_that_cannot_be_read_is_left_and_the_others_come_back(places, damage):
    data, bucket = places
    (data / "users" / BINH).mkdir()
    (data / "users" / BINH / "style.json").write_text("{}" * 500)
    Snapshots(data, bucket).take()
    copy = bucket / "users" / f"{AN}.zip"
    content = copy.read_bytes()
    if damage == "outside":
        with zipfile.ZipFile(copy, "w") as archive:
            archive.writestr("../../owned", "x")
    elif damage == "flipped":
        at = content.index(b"ratings.jsonl") + len("ratings.jsonl") + 2
        copy.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
    else:
        copy.write_bytes(content[:40] if damage == "cut" else b"no zip at all")
    spoiled = copy.read_bytes()
    copies = restarted(data, bucket)
    assert (data / "users" / BINH / "style.json").is_file()
    assert not (data / "users" / AN).exists()
    assert not (data / "owned").exists()
    copies.take()
    assert copy.read_bytes() == spoiled  # somebody may still save it


def test_what_is_on_the_disk_is_never_replaced(places):
    data, bucket = places
    Snapshots(data, bucket).take()
    (data / "users" / AN / "ratings.jsonl").write_text("mới\n", "utf-8")
    (data / "secret").write_bytes(b"t" * 32)
    assert Snapshots(data, bucket).restore() == 0
    assert (data / "users" / AN / "ratings.jsonl").read_text("utf-8") == "mới\n"
    assert (data / "secret").read_bytes() == b"t" * 32


def test_a_bucket_that_refuses_is_told_and_stops_nothing(places):
    data, bucket = places
    bucket.parent.mkdir(parents=True)
    bucket.write_text("a file where a folder should be")
    assert isinstance(taken_back(data, bucket), Snapshots)
    with pytest.raises(StorageFailed) as caught:
        Snapshots(data, bucket).take()
    assert caught.value.code == "storage_failed.bucket"


def test_without_a_bucket_nothing_is_copied(tmp_path):
    assert taken_back(tmp_path, None) is None


def test_a_space_with_a_mounted_bucket_works_on_its_disk_and_copies(tmp_path, monkeypatch):
    monkeypatch.setattr("modules.settings.MOUNT", tmp_path)
    assert Settings().bucket is None
    monkeypatch.setenv("SPACE_ID", "somebody/guong")
    settings = Settings()
    assert settings.bucket == tmp_path / "guong"
    assert settings.models == tmp_path / "guong" / "models"
    assert not settings.data.is_relative_to(tmp_path)


def test_memories_and_voices_of_the_real_app_come_back(tmp_path):
    bucket, keep = tmp_path / "bucket", "Em thích ăn phở bò ở Hà Nội."

    def app(disk):
        return App(Settings(data=tmp_path / disk, bucket=bucket))

    first = app("first")
    key = first.identity.new_key()
    owner = first.identity.owner(key)
    first.memory_of(owner).remember(keep)
    voice = first.voices.add(owner, "giọng em", reading("north-woman"), SPEECH_RATE, True)
    first.snapshots.take()  # while the database is open, as on a Space
    first.memories.close()

    second = app("second")
    again = second.identity.owner(key)  # the key is still worth something
    assert again == owner
    assert [each.text for each in second.memory_of(again).all()] == [keep]
    assert [each.id for each in second.voices.list(again)] == [voice.id]
    asyncio.run(second.forget(again))
    assert not (bucket / "users" / f"{owner}.zip").exists()
    second.memories.close()
