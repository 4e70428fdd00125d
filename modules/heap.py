"""How the C library keeps memory that was freed.

glibc gives threads heaps ("arenas") of their own, up to eight for each core, and what was freed in
one is not used for another. The steps of a turn run in changing worker threads and make megabytes
of pictures and sound, so that every arena grows to the largest of everything: more than 100 MB
within 60 turns that nobody used any more, and none of it with two arenas (`benchmarks/soak.py`).
"""

from __future__ import annotations

import ctypes
import os

_M_ARENA_MAX = -8
"""From glibc's malloc.h; see mallopt(3)."""
_ARENAS = 2


def share_arenas() -> bool:
    """Let all threads share a few arenas; tell whether the C library took it.

    To be called before there are threads. What the environment says (`MALLOC_ARENA_MAX`) stays.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc: musl, macOS, Windows
        return False
    return bool(mallopt(_M_ARENA_MAX, _ARENAS))


def give_back() -> bool:
    """Return freed memory to the system; tell whether there was any. Takes some milliseconds.

    What a turn made lies in between what stays, so that the library alone gives little of it back.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return False
    return bool(trim(0))
