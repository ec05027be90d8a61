"""A command under the clock: wall, CPU and memory of the whole tree of its processes."""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: orphans become ours, so that their CPU can be asked
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Watched:
    """Seconds, and the most that the tree held: RSS counts shared pages in each, PSS once."""

    output: str = ""
    status: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    rss_mb: float = 0.0
    pss_mb: float = 0.0
    seen: set[int] = field(default_factory=set)


def watch(command: Sequence[str], folder: Path) -> Watched:
    """Run a command to its end; its standard output, status and what it cost."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    done, over = Watched(), threading.Event()
    before = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as process:
        sampler = threading.Thread(target=_sample, args=(process.pid, over, done), daemon=True)
        sampler.start()
        done.output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        done.wall_s = round(time.perf_counter() - before, 3)
        process.returncode = done.status = os.waitstatus_to_exitcode(status)
    over.set()
    sampler.join()
    cpu = usage.ru_utime + usage.ru_stime + sum(map(_left, done.seen - {process.pid}))
    done.cpu_s = round(cpu, 3)
    return done


def _left(pid: int) -> float:
    """CPU seconds of an orphan that we became the parent of; it counts its own dead children."""
    try:
        _, _, usage = os.wait4(pid, 0)
    except ChildProcessError:
        return 0.0
    return usage.ru_utime + usage.ru_stime


def _sample(pid: int, over: threading.Event, done: Watched) -> None:
    turn = 0
    while not over.wait(0.03):
        tree = list(_tree(pid))
        done.seen.update(tree)
        done.rss_mb = max(done.rss_mb, round(sum(map(_rss, tree)) / 2**20, 1))
        if turn % 4 == 0:  # dearer to ask
            done.pss_mb = max(done.pss_mb, round(sum(map(_pss, tree)) / 2**20, 1))
        turn += 1


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                    yield from _tree(int(child))


def _rss(pid: int) -> int:
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return 0


def _pss(pid: int) -> int:
    with suppress(OSError, IndexError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
