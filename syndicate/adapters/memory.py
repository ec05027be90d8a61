"""Memory that is free goes back to the system: glibc keeps what a burst of work took (mallopt(3)).

Reading five thousand sources for the first time leaves a process with a hundred megabytes that it
does not use; a daemon that then rests for an hour should not hold them.
"""

from __future__ import annotations

import contextlib


def give_back() -> None:
    """Return free pages (malloc_trim(3)); does nothing where the C library has no such thing, or
    ctypes may not be used (it can want memory that systemd's MemoryDenyWriteExecute forbids)."""
    with contextlib.suppress(OSError, AttributeError, ImportError, MemoryError):
        import ctypes

        ctypes.CDLL(None).malloc_trim(0)
