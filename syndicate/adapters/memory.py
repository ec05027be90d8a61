"""Memory that is free goes back to the system: glibc keeps what a burst of work took (mallopt(3)).

Reading five thousand sources for the first time leaves a process with a hundred megabytes that it
does not use; a daemon that then rests for an hour should not hold them. Each call does nothing
where the C library has no such thing, or ctypes may not be used (it can want memory that systemd's
MemoryDenyWriteExecute forbids).
"""

from __future__ import annotations

import contextlib
import functools
import gc

_Remembering = type(functools.cache(lambda: None))
_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # of mallopt(3)
_LARGE = 65_536  # bytes


def one_heap() -> None:
    """All threads allocate from one heap, to be said before there are any.

    Else each of them has its own, with holes that no other fills: 20 MB after a long run. They
    would not be faster with several, since one runs at a time.
    """
    with contextlib.suppress(OSError, AttributeError, ImportError, MemoryError):
        import ctypes

        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def large_apart() -> None:
    """Large blocks (the bodies of documents, what was read of them) are mapped each on its own,
    and are the system's again once they are free; else they leave holes in the heap, of 8 MB
    while thousands of entries are read. Left to itself glibc maps ever fewer of them."""
    with contextlib.suppress(OSError, AttributeError, ImportError, MemoryError):
        import ctypes

        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


def forget() -> None:
    """Empty what functions of ours remember to answer faster, for a time when nobody asks."""
    for each in gc.get_objects():
        if isinstance(each, _Remembering) and str(each.__module__).startswith("syndicate."):
            each.cache_clear()


def give_back() -> None:
    """Return free pages (malloc_trim(3))."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError, ImportError, MemoryError):
        import ctypes

        ctypes.CDLL(None).malloc_trim(0)
