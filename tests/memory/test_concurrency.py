import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modules.errors import StorageFailed
from modules.memory import MemoryStore, lock, shelf
from modules.memory.lock import exclusive
from tests.memory.child import finish, start

PROC = Path("/proc/self")


@pytest.mark.skipif(sys.platform == "win32", reason="no flock there")
def test_a_process_forked_meanwhile_does_not_keep_the_lock(tmp_path):
    until = time.monotonic() + 60
    with exclusive(tmp_path / "a1", until, create=True):
        inherited = [os.dup(int(name)) for name in _open_files(tmp_path / "a1")]
    assert inherited
    with exclusive(tmp_path / "a1", time.monotonic(), create=False):
        pass
    for descriptor in inherited:
        os.close(descriptor)


def _open_files(directory):
    for link in Path("/dev/fd").iterdir():
        try:
            if link.readlink().parent == directory:
                yield link.name
        except OSError:
            continue


def test_what_is_remembered_while_the_user_is_deleted_is_not_lost(memory, tmp_path, monkeypatch):
    opened = lock._opened
    deleted = []

    def deleting(path):
        if not deleted:
            deleted.append(path.parent)
            path.parent.rmdir()
        return opened(path)

    monkeypatch.setattr(lock, "_opened", deleting)
    kept = memory.remember("Mình tên Lan")
    assert deleted
    assert memory.all() == [kept]


@pytest.fixture
def patient(monkeypatch):
    """On a busy machine many threads may have to wait for one another."""
    monkeypatch.setattr(shelf, "WAIT_S", 60.0)


@pytest.mark.usefixtures("patient")
def test_eight_threads_share_a_user(memory):
    def write(number):
        kept = memory.remember(f"ghi chú {number} {os.urandom(6).hex()}")
        assert memory.recall(kept.text)[0].memory == kept
        return kept.id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(write, range(24)))
    assert sorted(each.id for each in memory.all()) == sorted(ids)


@pytest.mark.usefixtures("patient")
def test_eight_threads_serve_more_users_than_are_kept_open(tmp_path):
    store = MemoryStore(tmp_path / "users", open_databases=3)

    def serve(number):
        memory = store.open(f"{number % 6:02x}")
        kept = memory.remember(f"Mình thích món số {number}")
        assert kept in memory.all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(serve, range(24)))
    assert all(len(store.open(f"{number:02x}").all()) == 4 for number in range(6))
    store.close()


@pytest.mark.usefixtures("patient")
def test_forgetting_while_others_recall_never_shows_half_a_memory(memory):
    kept = [memory.remember(f"Mình thích ăn món số {number}") for number in range(12)]
    stop = threading.Event()
    seen = []

    def read():
        while not stop.is_set():
            seen.append(len(memory.all()))
            memory.recall("Mình thích ăn gì?")

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for each in kept[:5]:
        assert memory.forget(each.id) == 1
    stop.set()
    for reader in readers:
        reader.join()
    assert set(seen) <= set(range(7, 13))
    assert len(memory.all()) == 7


@pytest.mark.usefixtures("patient")
def test_two_processes_share_a_user(memory, tmp_path):
    other = start("write", tmp_path / "users", "một", "8")
    for number in range(8):
        text = f"hai {number} {os.urandom(6).hex()}"
        kept = memory.remember(text)
        assert memory.recall(text)[0].memory == kept
    assert finish(other) == []
    kept = [each.text.split()[0] for each in memory.all()]
    assert sorted(kept) == ["hai"] * 8 + ["một"] * 8
    assert memory.take_notices() == []


def test_two_stores_of_one_process_do_not_disturb_each_other(tmp_path):
    stores = [MemoryStore(tmp_path / "users") for _ in range(2)]
    first, second = (store.open("a1") for store in stores)
    kept = first.remember("Mình tên Lan")
    assert second.all() == [kept]
    other = second.remember("Mình dị ứng tôm")
    assert first.forget(kept.id) == 1
    assert second.all() == [other] == first.all()
    stores[0].close()
    assert second.recall("Mình dị ứng gì?")[0].memory == other
    stores[1].close()


def test_a_user_deleted_in_another_store_is_gone_here_too(tmp_path):
    here, there = (MemoryStore(tmp_path / "users") for _ in range(2))
    here.open("a1").remember("Mình tên Lan")
    assert there.delete("a1") == 1
    assert here.open("a1").all() == []
    assert list((tmp_path / "users").iterdir()) == []
    here.close()
    there.close()


@pytest.mark.skipif(not PROC.is_dir(), reason="needs /proc")
def test_closed_databases_give_their_files_and_threads_back(tmp_path):
    def held():
        return len(list((PROC / "fd").iterdir())), len(list((PROC / "task").iterdir()))

    store = MemoryStore(tmp_path / "users", open_databases=2)
    store.open("00").remember("Mình tên Lan")
    store.close()
    before = held()
    for number in range(10):
        store.open(f"{number:02x}").remember("Mình tên Lan")
    store.close()
    # chromadb's threads end some moments after its client is closed.
    deadline = time.monotonic() + 10
    while any(now > then + 2 for now, then in zip(held(), before, strict=True)):
        assert time.monotonic() < deadline, (before, held())
        time.sleep(0.05)


def test_a_thread_that_waits_too_long_for_another_is_told_so(memory, store, monkeypatch):
    monkeypatch.setattr(shelf, "WAIT_S", 0.2)
    begun, release = threading.Event(), threading.Event()

    def work(rows):
        begun.set()
        release.wait(10)

    memory.remember("Mình tên Lan")
    with store.shelf("a1") as lent, ThreadPoolExecutor(1) as pool:
        pool.submit(lent.run, work, create=False)
        begun.wait(10)
        with pytest.raises(StorageFailed) as failed:
            memory.recall("Mình tên gì?")
        release.set()
    assert failed.value.code == "storage_failed.locked"
    assert memory.recall("Mình tên gì?")


NO_NETWORK = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
        print("network:", event, arguments, file=sys.stderr, flush=True)
        sys.stderr.flush()
        __import__("os")._exit(3)
sys.addaudithook(refuse)
import modules.memory as memory
late = {"chromadb", "torch", "transformers", "onnxruntime"} & set(sys.modules)
assert not late, late
from pathlib import Path
store = memory.MemoryStore(Path(sys.argv[1]))
kept = store.open("a1")
kept.remember("Mình tên Lan")
assert kept.recall("Mình tên gì?")
store.close()
assert "onnxruntime" not in sys.modules
import time, threading
assert not [t.name for t in threading.enumerate() if "posthog" in t.name.lower()]
"""


def test_nothing_reaches_for_the_network_and_no_model_is_loaded(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", NO_NETWORK, str(tmp_path / "users")],
        env={**os.environ, "HOME": str(home), "ANONYMIZED_TELEMETRY": "True"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(home.rglob("*")) == []
