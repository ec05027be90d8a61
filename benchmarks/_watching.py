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
        family = list(tree(pid))
        done.seen.update(family)
        done.rss_mb = max(done.rss_mb, round(sum(map(_rss, family)) / 2**20, 1))
        if turn % 4 == 0:  # dearer to ask
            done.pss_mb = max(done.pss_mb, round(sum(map(_pss, family)) / 2**20, 1))
        turn += 1


def tree(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                    yield from tree(int(child))


def memory_of(pid: int) -> dict[str, float]:
    """What a process and those under it hold now, in MB: the tree's PSS, its own RSS, and what
    of that is its own alone."""
    own = _rollup(pid)
    kept = {"rss_mb": own["Rss"], "own_mb": own["Private_Dirty"] + own["Private_Clean"]}
    found = {"pss_mb": sum(map(_pss, tree(pid))), **kept}
    return {name: round(size / 2**20, 1) for name, size in found.items()}


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and of those under it, ended ones as well."""
    return sum(map(_spent, tree(pid)))


def _spent(pid: int) -> float:
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _rss(pid: int) -> int:
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return 0


def _pss(pid: int) -> int:
    return _rollup(pid)["Pss"]


def _rollup(pid: int) -> dict[str, int]:
    """Bytes of a process by the names of smaps_rollup (proc(5)); 0 for one that has ended."""
    found = dict.fromkeys(("Rss", "Pss", "Private_Dirty", "Private_Clean"), 0)
    with suppress(OSError, IndexError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, _, size = line.partition(":")
            found[name] = int(size.split()[0]) * 1024
    return found
