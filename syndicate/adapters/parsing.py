"""Worker processes for what could hang or grow: each job has a time limit, and is killed at it.

A parser fed by strangers cannot be trusted to end. One or two processes that have the parsers
loaded (parser_process.py); a job that is late or dies takes its process with it, and only its own
document fails. Each is started on its own and from nothing: a server that forks them would start
the second of them faster, and hold 45 MB beside each of one.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from multiprocessing import Pipe
from pathlib import Path
from typing import Any, TypeVar, cast

from syndicate.adapters import memory
from syndicate.adapters.parser_process import AS_CONTEXT, IN_CONTEXT, PLAIN, READY, Job
from syndicate.errors import ParseError, SyndicateError

T = TypeVar("T")
_START = 60  # seconds that a process may take to load the parsers on a loaded machine
_PATIENCE = 10  # times its CPU seconds that a job may take on the clock
# With the paths that this process imports from, and none of where it happens to stand
_CODE = (
    "import sys; descriptor, *sys.path = sys.argv[1:]; "
    "from syndicate.adapters.parser_process import serve; serve(int(descriptor))"
)
Make = tuple[Callable[..., Any], tuple[Any, ...]]


class _Worker:
    """One process; `made` is what its context was made by."""

    def __init__(self) -> None:
        self.pipe, theirs = Pipe()
        self.made: Make | None = None
        self.before = 0.0  # CPU seconds that it had used when it answered last
        self._started = False
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", _CODE, str(theirs.fileno()), *sys.path],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.PIPE,  # by whose end it knows of ours
                stdout=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C at a terminal is for us, who tell it when to end
            )

    def is_ready(self, make: Make | None) -> bool:
        """Whether it has loaded what it needs, and has its context made by `make`, if any."""
        return self._started and (make is None or make is self.made)

    def prepare(self, make: Make | None) -> None:
        """Wait until it is ready."""
        if not self._started:
            self._await_ready()
            self._started = True
        if make is not None and make is not self.made:
            self._send((*make, AS_CONTEXT))
            self._await_ready()
            self.made = make

    def _await_ready(self) -> None:
        try:
            is_ready = self.pipe.poll(_START) and self._receive() == (True, READY)
        except (EOFError, OSError):  # it died while it started
            is_ready = False
        if not is_ready:
            raise ParseError("no worker process could be started")

    def _send(self, job: Job) -> None:
        self.pipe.send_bytes(pickle.dumps(job, pickle.HIGHEST_PROTOCOL))

    def _receive(self) -> tuple[bool, Any]:
        fine, value, self.before = pickle.loads(self.pipe.recv_bytes())  # noqa: S301 - our own's
        return fine, value

    @property
    def lives(self) -> bool:
        """Whether it is there and has nothing to say, as is its end where it waits for a job."""
        return self.process.poll() is None and not (self._started and self.pipe.poll())

    async def run(self, job: Job) -> tuple[bool, Any]:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._send, job)
        ready = asyncio.Event()
        descriptor = self.pipe.fileno()
        loop.add_reader(descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(descriptor)
        return await loop.run_in_executor(None, self._receive)

    def spent(self) -> float | None:
        """CPU seconds that the process has used so far; None where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        self.process.kill()
        self.pipe.close()
        assert self.process.stdin is not None
        self.process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)


async def _within(worker: _Worker, job: Job, seconds: float) -> Any:
    """What a job gives within `seconds` of CPU; raises TimeoutError after those."""
    before, clock = worker.before, time.monotonic()
    task = asyncio.create_task(worker.run(job))
    wait = seconds
    try:
        while True:
            done, _ = await asyncio.wait((task,), timeout=wait)
            if done:
                return task.result()
            now = worker.spent()
            used = seconds if now is None else now - before
            if used >= seconds or time.monotonic() - clock >= seconds * _PATIENCE:
                raise TimeoutError
            wait = max(seconds - used, 0.05)
    finally:
        task.cancel()


def _beside_us() -> int:
    """How many processes read: the one that stores needs a core too, and each takes 60 MB."""
    return max(1, min(2, (os.cpu_count() or 2) - 1))


class Resting:
    """Processes that wait between two runs of one long-lived process, so that what comes every
    minute need not start them every minute."""

    def __init__(self) -> None:
        self._workers: list[_Worker] = []

    def put(self, worker: _Worker) -> None:
        self._workers.append(worker)

    def take(self) -> _Worker | None:
        """One that lives; None where there is none."""
        while self._workers:
            worker = self._workers.pop()
            if worker.lives:
                return worker
            worker.kill()
        return None

    def let_go(self) -> None:
        """End them: some 60 MB each, and the next is started for half a second of CPU."""
        while worker := self.take():
            worker.kill()


class Workers:
    """Runs functions of importable modules in processes that can be killed.

    `context` tells, once it is needed, the function and arguments by which a process makes what
    `run(…, in_context=True)` gives to functions as their first argument. Processes come from
    `resting` and go back to it, where there is one.
    """

    def __init__(
        self,
        count: int | None = None,
        context: Callable[[], Make] | None = None,
        resting: Resting | None = None,
    ) -> None:
        self._context = context
        self._resting = resting
        self._idle: list[_Worker] = []
        self._began = False
        self._slots = asyncio.Semaphore(count or _beside_us())

    @cached_property
    def _make(self) -> Make | None:
        return self._context() if self._context else None

    def warm(self) -> None:
        """Have a process started if there never was one: there will be something to read."""
        if not self._began:
            self._idle.append(self._another())

    async def run(
        self,
        function: Callable[..., T],
        *arguments: Any,
        timeout: float = 2.0,
        in_context: bool = False,
    ) -> T:
        """`function(*arguments)` in a worker.

        Raises ParseError where it takes longer than `timeout` seconds of CPU (and ten times that
        on the clock: a busy machine is no document's fault) or its process dies, and the
        SyndicateError that it raised itself.
        """
        async with self._slots:
            worker = self._living() or self._another()
            job = (function, arguments, IN_CONTEXT if in_context else PLAIN)
            try:
                make = self._make if in_context else None
                if not worker.is_ready(make):
                    await asyncio.to_thread(worker.prepare, make)
                fine, value = await _within(worker, job, timeout)
            except TimeoutError:
                worker.kill()
                raise ParseError(f"it takes longer than {timeout:g} s to read") from None
            except (EOFError, OSError):
                worker.kill()
                raise ParseError("the process that read it died") from None
            except BaseException:
                worker.kill()
                raise
            self._idle.append(worker)
        if not fine:
            raise cast(SyndicateError, value)
        return cast(T, value)

    def _another(self) -> _Worker:
        self._began = True
        memory.large_apart()
        return (self._resting.take() if self._resting else None) or _Worker()

    def _living(self) -> _Worker | None:
        """An idle worker that still lives; one that was killed meanwhile is no document's fault."""
        while self._idle:
            worker = self._idle.pop()
            if worker.lives:
                return worker
            worker.kill()
        return None

    def close(self) -> None:
        """End all workers, or let them rest."""
        while self._idle:
            worker = self._idle.pop()
            if self._resting and worker.lives:
                self._resting.put(worker)
            else:
                worker.kill()
