"""How many arenas the C library makes for many threads, in an interpreter of its own."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from modules import heap

COUNT = """
import ctypes, sys, tempfile, threading
from modules.heap import share_arenas
libc = ctypes.CDLL(None)
libc.fopen.restype = libc.malloc.restype = ctypes.c_void_p
shared = sys.argv[1] == "share" and share_arenas()
together = threading.Barrier(6)
def work():
    together.wait()
    assert libc.malloc(100_000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
with tempfile.NamedTemporaryFile() as file:
    out = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
    libc.malloc_info(0, out); libc.fclose(out)
    print(shared, file.read().count(b"<heap "))
"""


def arenas(option, **environment):
    kept = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    done = subprocess.run(
        [sys.executable, "-c", COUNT, option],
        cwd=Path(__file__).parents[1],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    shared, count = done.stdout.split()
    return shared == "True", int(count)


glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")


@glibc
def test_six_threads_share_two_arenas():
    assert arenas("share") == (True, 2)


@glibc
def test_without_it_they_would_have_more():
    assert arenas("leave")[1] > 2


@glibc
def test_what_the_environment_says_stays():
    assert arenas("share", MALLOC_ARENA_MAX="3") == (False, 3)


GIVE_BACK = """
import ctypes
from pathlib import Path
from modules.heap import give_back
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
blocks = [libc.malloc(60_000) for _ in range(1_000)]
for block in blocks: ctypes.memset(block, 1, 60_000)
for block in blocks[:-1]: libc.free(ctypes.c_void_p(block))
before = resident()
print(give_back(), before - resident())
"""


@glibc
def test_what_lies_below_something_in_use_is_given_back():
    done = subprocess.run(
        [sys.executable, "-c", GIVE_BACK],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    gave, freed = done.stdout.split()
    assert gave == "True"
    assert int(freed) > 50_000_000


def test_another_c_library_is_left_as_it_is(monkeypatch):
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda name: object())
    assert heap.share_arenas() is False
    assert heap.give_back() is False
