"""What tests let another process do with a memory: `python -m tests.memory.child <what> <users>`.

Each prints the reasons of the failures it met, or what it found, one a line.
"""

import os
import subprocess
import sys
from pathlib import Path

from modules.errors import StorageFailed
from modules.memory import MemoryStore, shelf

_FAILURES = 3


def start(what, users, *arguments):
    """Start the other process."""
    command = [sys.executable, "-X", "utf8", "-m", "tests.memory.child", what, str(users)]
    return subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)


def finish(process):
    """Wait for it; return the lines that it printed."""
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return said.split("\n")[:-1]


def read_only(users):
    """Try everything as somebody who may only read."""
    store = MemoryStore(users)
    store.warm()
    _make_read_only(users)
    if os.geteuid() == 0:
        os.setuid(65534)
    memory = store.open("a1")
    for call in (lambda: memory.remember("Mình ở Huế"), memory.all, lambda: memory.forget("all")):
        _report(call)
    _report(lambda: memory.recall("Mình tên gì?"))


def small_files(users, limit):
    """Remember until it has failed a few times, with a limit on the size of files."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    memory = MemoryStore(users).open("a1")
    memory.all()
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    failed = 0
    while failed < _FAILURES:
        failed += _report(lambda: memory.remember(f"{os.urandom(6).hex()} " + "rất ngon " * 90))


def write(users, name, count):
    """Remember some texts of its own, and recall one of them after each."""
    shelf.WAIT_S = 60.0
    memory = MemoryStore(users).open("a1")
    for number in range(int(count)):
        text = f"{name} {number} {os.urandom(6).hex()}"
        kept = memory.remember(text)
        if memory.recall(text)[0].memory != kept:
            print(f"not found: {text}", flush=True)


def _report(call):
    try:
        call()
    except StorageFailed as failed:
        print(failed.reason, flush=True)
        return True
    return False


def _make_read_only(users):
    if os.geteuid() == 0:
        for parent in list(users.parents)[:-1]:
            parent.chmod(parent.stat().st_mode | 0o055)
    for path in [users, *users.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


if __name__ == "__main__":
    {"read_only": read_only, "small_files": small_files, "write": write}[sys.argv[1]](
        Path(sys.argv[2]), *sys.argv[3:]
    )
