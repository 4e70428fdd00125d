"""How the C library keeps memory that was freed.

glibc gives threads heaps ("arenas") of their own, up to eight for each core, and what was freed in
one is not used for another. The steps of a turn run in changing worker threads and make megabytes
of pictures and sound, so that every arena grows to the largest of everything: more than 100 MB
within 60 turns that nobody used any more, and none of it with two arenas (`benchmarks/soak.py`).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

_M_ARENA_MAX = -8
"""From glibc's malloc.h; see mallopt(3)."""
_ARENAS = 2


def share_arenas() -> bool:
    """Let all threads share a few arenas; tell whether the C library took it.

    To be called before there are threads. What the environment says (`MALLOC_ARENA_MAX`) stays.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return False
    mallopt = _of_glibc("mallopt")
    return bool(mallopt and mallopt(_M_ARENA_MAX, _ARENAS))


def give_back() -> bool:
    """Return freed memory to the system; tell whether there was any. Takes some milliseconds.

    What a turn made lies in between what stays, so that the library alone gives little of it back.
    """
    trim = _of_glibc("malloc_trim")
    return bool(trim and trim(0))


def _of_glibc(name: str) -> Callable[..., int] | None:
    """Return a function of the C library, or None where it is another one."""
    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return None
    return found
