import errno
import os
import shutil
import sqlite3
import sys
import time
from types import SimpleNamespace

import pytest

from modules.errors import StorageFailed
from modules.memory import MemoryStore, database, faults, shelf
from modules.memory.embedding import HashedEmbedding
from modules.memory.records import new_memory
from tests.memory.child import finish, start

HANG_S = 10.0
"""Far more than a fault may take on a busy machine, far less than chromadb would wait: 1,000 s."""


@pytest.fixture
def memory(store):
    opened = store.open("a1")
    opened.remember("Mình tên Lan")
    opened.remember("Mình dị ứng tôm")
    return opened


def sqlite_of(directory):
    (file,) = directory.rglob("chroma.sqlite3")
    return file


def fails(reason, call, *arguments):
    begun = time.monotonic()
    with pytest.raises(StorageFailed) as failed:
        call(*arguments)
    assert time.monotonic() - begun < HANG_S
    assert failed.value.code == f"storage_failed.{reason}"


@pytest.fixture(params=["open", "closed"])
def state(request, store, memory):
    """Whether the database is open in this process when the fault comes."""
    if request.param == "closed":
        store.close()
    return request.param


@pytest.mark.parametrize("lock", ["EXCLUSIVE", "IMMEDIATE"])
def test_a_database_locked_by_another_program_fails_soon_and_works_again_after(
    memory, state, tmp_path, lock
):
    other = sqlite3.connect(sqlite_of(tmp_path), isolation_level=None)
    other.execute(f"BEGIN {lock}")
    fails("locked", memory.remember, "Mình sống ở Huế")
    fails("locked", memory.recall, "Mình tên gì?")
    other.execute("ROLLBACK")
    other.close()
    memory.remember("Mình sống ở Huế")
    assert len(memory.all()) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="no flock there")
def test_a_memory_in_use_by_another_process_fails_soon(memory, tmp_path, monkeypatch):
    import fcntl

    monkeypatch.setattr(shelf, "WAIT_S", 0.2)

    with (tmp_path / "users" / "a1" / "memory.lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        fails("locked", memory.recall, "Mình tên gì?")
        fails("locked", memory.forget, "all")
    assert len(memory.all()) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"this is no database at all " * 500),
        lambda file: file.write_bytes(file.read_bytes()[:20_000]),
        lambda file: file.write_bytes(file.read_bytes()[:4096] + b"\xff" * 200_000),
        lambda file: file.unlink(),
    ],
    ids=["emptied", "overwritten", "truncated", "pages destroyed", "missing"],
)
def test_a_database_that_cannot_be_read_is_moved_aside_and_a_new_one_begun(
    store, memory, tmp_path, damage
):
    store.close()
    damage(sqlite_of(tmp_path))
    kept = memory.remember("Mình sống ở Huế")
    assert memory.all() == [kept]
    (aside,) = (tmp_path / "users" / "a1").glob("memory.corrupt-*")
    assert aside.is_dir()
    (notice,) = memory.take_notices(reply=7)
    assert (notice.code, notice.params, notice.reply) == (
        "memory_moved_aside",
        {"name": aside.name},
        7,
    )
    assert memory.take_notices() == []


def test_damage_under_an_open_database_is_survived(memory, tmp_path):
    file = sqlite_of(tmp_path)
    with file.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff" * (file.stat().st_size - 4096))
    memory.recall("Mình tên gì?")
    memory.remember("Mình sống ở Huế")
    assert memory.all()[-1].text == "Mình sống ở Huế"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"generation": 3}', "\0\0"])
def test_a_damaged_pointer_counts_as_a_damaged_database(store, memory, tmp_path, content):
    store.close()
    (tmp_path / "users" / "a1" / "memory" / "current.json").write_text(content)
    assert memory.all() == []
    assert len(memory.take_notices()) == 1
    memory.remember("Mình sống ở Huế")


def test_a_pointer_does_not_lead_out_of_the_users_directory(store, memory, tmp_path):
    store.close()
    outside = tmp_path / "outside"
    outside.mkdir()
    pointer = tmp_path / "users" / "a1" / "memory" / "current.json"
    pointer.write_text('{"generation": "../../../outside", "embedding": "x"}')
    memory.all()
    assert list(outside.iterdir()) == []


def many():
    """400 short texts, each with words of its own."""
    foods = ["phở", "bún", "xôi", "chè", "nem", "giò", "lẩu", "cháo", "miến", "mì", "cơm", "kho"]
    places = [first + last for first in "bcdghklmntvxyz" for last in "aeiouyw"]
    return [f"Mình thích ăn {food} ở quán {place}" for place in places for food in foods][:400]


def index_of(store, tmp_path):
    """A user whose index was written, and its files."""
    with store.shelf("c3") as shelf:
        made = [new_memory(text, "user") for text in many()]
        vectors = store.embedding.embed([memory.text for memory in made])
        shelf.run(lambda rows: rows.put(made, vectors), create=True)
    store.close()
    (written,) = tmp_path.rglob("index_metadata.pickle")
    return store.open("c3"), written.parent


def cut(name):
    return lambda folder: os.truncate(folder / name, 50)


def remove(name):
    return lambda folder: (folder / name).unlink()


def scribble(name):
    def damage(folder):
        with (folder / name).open("r+b") as stream:
            stream.write(os.urandom(90))

    return damage


DAMAGES = [
    # Without the check the first two end the whole process, and the third loses memories silently.
    ("header.bin cut", cut("header.bin")),
    ("data scribbled over", scribble("data_level0.bin")),
    ("folder removed", shutil.rmtree),
    ("data removed", remove("data_level0.bin")),
    ("metadata cut", cut("index_metadata.pickle")),
]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory):
    """The files of a user whose index was written, to be copied and damaged."""
    home = tmp_path_factory.mktemp("indexed")
    store = MemoryStore(home / "users")
    index_of(store, home)
    return home / "users"


@pytest.mark.parametrize("damage", [each[1] for each in DAMAGES], ids=[each[0] for each in DAMAGES])
def test_a_damaged_index_is_built_anew_from_the_texts(indexed, tmp_path, damage):
    shutil.copytree(indexed, tmp_path / "users")
    (written,) = tmp_path.rglob("index_metadata.pickle")
    damage(written.parent)
    store = MemoryStore(tmp_path / "users")
    memory = store.open("c3")
    assert memory.recall(many()[17])[0].memory.text == many()[17]
    assert len(memory.all()) == 400
    assert memory.take_notices() == []
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs user ids")
def test_a_directory_that_may_only_be_read_fails_soon(store, memory, tmp_path):
    store.close()
    users = tmp_path / "users"
    assert finish(start("read_only", users)) == ["read_only"] * 4
    for path in [users, *users.rglob("*")]:
        path.chmod(0o700)
    assert len(memory.all()) == 2


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EROFS, "read_only"),
        (errno.EACCES, "read_only"),
        (errno.EIO, "unreadable"),
    ],
)
def test_what_the_file_system_refuses_is_named(memory, monkeypatch, code, reason):
    first = memory.all()[0]
    original = database.Database.put

    def refuse(*arguments):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(database.Database, "put", refuse)
    fails(reason, memory.remember, "Mình sống ở Huế")
    fails(reason, memory.forget, first.id)
    monkeypatch.setattr(database.Database, "put", original)
    assert len(memory.all()) == 2
    assert memory.forget(first.id) == 1


def test_a_disk_that_is_nearly_full_is_not_written_to(memory, monkeypatch):
    first = memory.all()[0]
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=faults.RESERVE - 1))
        fails("full", memory.remember, "Mình sống ở Huế")
        fails("full", memory.forget, first.id)
        assert memory.recall("Mình tên gì?")[0].memory == first
        assert memory.forget("all") == 2
    memory.remember("Mình sống ở Huế")


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_writes_that_fail_inside_chromadb_lose_nothing_that_was_kept(tmp_path):
    # A limit on the size of files stands for a disk that fails under SQLite and chromadb.
    store = MemoryStore(tmp_path / "users")
    memory = store.open("a1")
    memory.remember("Mình tên Lan")
    store.close()
    limit = sqlite_of(tmp_path).stat().st_size + 50_000
    assert finish(start("small_files", tmp_path / "users", str(limit))) == ["unreadable"] * 3
    kept = memory.all()
    assert kept[0].text == "Mình tên Lan"
    memory.remember("Mình sống ở Huế")
    assert len(memory.all()) == len(kept) + 1
    assert memory.take_notices() == []
    store.close()


def test_a_rewrite_that_fails_half_way_leaves_the_old_memories(memory, tmp_path, monkeypatch):
    first = memory.all()[0]
    original = database.Database.put

    def half(self, memories, vectors):
        original(self, memories[:1], vectors[:1])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(database.Database, "put", half)
    fails("full", memory.forget, first.id)
    monkeypatch.undo()
    assert [each.text for each in memory.all()] == ["Mình tên Lan", "Mình dị ứng tôm"]
    generations = [entry for entry in (tmp_path / "users/a1/memory").iterdir() if entry.is_dir()]
    assert len(generations) == 1


def test_what_a_crash_left_of_a_rewrite_is_cleared_away(store, memory, tmp_path):
    store.close()
    stray = tmp_path / "users" / "a1" / "memory" / "0123456789abcdef0123456789abcdef"
    stray.mkdir()
    (stray / "chroma.sqlite3").write_text("half written")
    assert len(memory.all()) == 2
    assert not stray.exists()


def test_a_panic_in_rust_is_a_storage_failure(memory, monkeypatch):
    panic = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})

    def panicking(*arguments):
        raise panic("called `Option::unwrap()` on a `None` value")

    monkeypatch.setattr(database.Database, "search", panicking)
    fails("unreadable", memory.recall, "Mình tên gì?")
    monkeypatch.undo()
    assert memory.recall("Mình tên gì?")


def test_a_mistake_in_the_code_is_not_taken_for_a_fault(memory, monkeypatch):
    def mistaken(*arguments):
        raise TypeError("a bug")

    monkeypatch.setattr(database.Database, "search", mistaken)
    with pytest.raises(TypeError):
        memory.recall("Mình tên gì?")


def test_memories_of_another_embedding_are_embedded_anew(store, memory, tmp_path):
    store.close()

    class Reversed(HashedEmbedding):
        dimensions = 64
        name = "reversed"

        def embed(self, texts, *, query=False):
            return super().embed([text[::-1] for text in texts], query=query)

    other = MemoryStore(tmp_path / "users", Reversed())
    assert other.open("a1").recall("Mình dị ứng gì?")[0].memory.text == "Mình dị ứng tôm"
    assert len(other.open("a1").all()) == 2
    other.close()
    again = MemoryStore(tmp_path / "users")
    assert again.open("a1").recall("Mình tên gì?")[0].memory.text == "Mình tên Lan"
    again.close()
