"""What a process and all its children hold, read from /proc (Linux): memory, threads, files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Held:
    """What a tree of processes holds at one moment."""

    rss_mb: float
    """Resident memory, each process counted in full: pages shared with children count again."""
    pss_mb: float
    """Resident memory with shared pages divided among those that share them."""
    processes: int
    threads: int
    files: int
    """Open descriptors that are no sockets."""
    sockets: int
    pooled: int
    """Connections of chromadb to its SQLite files, each a descriptor and a thread: counted here
    only. Its pool (sqlx) hands one back a moment late and opens another meanwhile, up to 10.
    """


def held(pid: int) -> Held:
    """Return what a process holds, together with every process below it."""
    pids = list(_tree(pid))
    sizes = [_memory(each) for each in pids]
    links = [link for each in pids for link in _links(each)]
    threads = [name for each in pids for name in _threads(each)]
    sockets = sum(link.startswith("socket:") for link in links)
    pooled = sum(link.endswith("/chroma.sqlite3") for link in links)
    return Held(
        rss_mb=sum(size["Rss"] for size in sizes) / 1024,
        pss_mb=sum(size["Pss"] for size in sizes) / 1024,
        processes=len(pids),
        threads=sum(not name.startswith("sqlx-sqlite") for name in threads),
        files=len(links) - sockets - pooled,
        sockets=sockets,
        pooled=pooled,
    )


def maps(pid: int, library: str) -> bool:
    """Tell whether a process or one below it has a library of that name mapped."""
    return any(library in (_PROC / str(each) / "maps").read_text() for each in _tree(pid))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in (_PROC / str(pid) / "task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _tree(int(child))


def _memory(pid: int) -> dict[str, int]:
    """Return the kilobytes of each kind, summed over all mappings by the kernel."""
    lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}


def _threads(pid: int) -> list[str]:
    """Return the names of a process's threads; one that ended meanwhile is left out."""
    names = []
    for task in (_PROC / str(pid) / "task").iterdir():
        try:
            names.append((task / "comm").read_text().strip())
        except FileNotFoundError:
            continue
    return names


def _links(pid: int) -> list[str]:
    """Return where each open descriptor leads; one closed meanwhile is left out."""
    links = []
    for entry in (_PROC / str(pid) / "fd").iterdir():
        try:
            links.append(str(entry.readlink()))
        except FileNotFoundError:
            continue
    return links
