"""Worker processes for what could hang or grow: each job has a time limit, and is killed at it.

A parser fed by strangers cannot be trusted to end. One or two processes from a fork server that
has the parsers loaded; a job that is late or dies takes its process with it, and only its own
document fails.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar, cast

from syndicate.errors import ParseError, SyndicateError

T = TypeVar("T")
_starting = threading.Lock()  # held so that the fork server is not ended meanwhile
MEMORY = 1_200_000_000  # bytes of address space that a worker may take
_PRELOAD = ["syndicate.core.parse", "syndicate.core.draft"]
_READY = "ready"
_START = 60  # seconds that a process may take to load the parsers on a loaded machine


Make = tuple[Callable[..., Any], tuple[Any, ...]]
Job = tuple[Callable[..., Any], tuple[Any, ...], bool]  # what, of what, and whether in context
_PATIENCE = 10  # times its CPU seconds that a job may take on the clock


def _serve(pipe: Connection, make: Make | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    gc.freeze()  # what was loaded is not looked through again, and stays shared
    gc.set_threshold(20_000, 20, 20)
    context = make[0](*make[1]) if make else None
    pipe.send(_READY)
    while True:
        try:
            function, arguments, wants_context = pipe.recv()
        except (EOFError, OSError):
            return
        if wants_context:
            arguments = (context, *arguments)
        try:
            answer: tuple[bool, Any] = (True, function(*arguments))
        except SyndicateError as error:
            answer = (False, error)
        except MemoryError:
            answer = (False, ParseError("it needs more memory than a document may"))
        except RecursionError:
            answer = (False, ParseError("it is nested too deeply"))
        except Exception as error:  # whatever a parser does on hostile input stays here
            answer = (False, ParseError(f"it cannot be read: {type(error).__name__}: {error}"))
        try:
            pipe.send(answer)
        except (BrokenPipeError, ConnectionError):
            return
        except Exception as error:  # an answer that cannot be pickled
            pipe.send((False, ParseError(f"its answer cannot be sent: {error}")))


class _Worker:
    def __init__(self, context: ForkServerContext, make: Make | None) -> None:
        ours, theirs = context.Pipe()
        self.pipe = ours
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs, make), daemon=True)
        with _starting:
            self.process.start()
        theirs.close()
        try:
            ready = ours.poll(_START) and ours.recv() == _READY
        except (EOFError, OSError):  # it died while it started
            ready = False
        if not ready:
            raise ParseError("no worker process could be started")

    async def run(self, job: Job) -> Any:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self.pipe.send, job)
        ready = asyncio.Event()
        descriptor = self.pipe.fileno()
        loop.add_reader(descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(descriptor)
        return await loop.run_in_executor(None, self.pipe.recv)

    def spent(self) -> float | None:
        """CPU seconds that the process has used so far; None where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        self.process.kill()
        self.process.join(5)
        self.pipe.close()


async def _within(worker: _Worker, job: Job, seconds: float) -> Any:
    """What a job gives within `seconds` of CPU; raises TimeoutError after those."""
    before, clock = worker.spent(), time.monotonic()
    task = asyncio.create_task(worker.run(job))
    wait = seconds
    try:
        while True:
            done, _ = await asyncio.wait((task,), timeout=wait)
            if done:
                return task.result()
            now = worker.spent()
            used = seconds if before is None or now is None else now - before
            if used >= seconds or time.monotonic() - clock >= seconds * _PATIENCE:
                raise TimeoutError
            wait = max(seconds - used, 0.05)
    finally:
        task.cancel()


def let_go() -> None:
    """End the fork server, which holds the parsers (some 25 MB of its own), where no process of
    it lives; the next worker starts another, for a second of CPU."""
    with _starting:
        if not multiprocessing.active_children():
            # Public only in name: the server ends when its last client does, and that is us
            forkserver._forkserver._stop()  # type: ignore[attr-defined]


def _beside_us() -> int:
    """How many processes read: the one that stores needs a core too, and each takes 30 MB."""
    return max(1, min(2, (os.cpu_count() or 2) - 1))


class Workers:
    """Runs functions of importable modules in processes that can be killed.

    `context` tells, whenever a process starts, the function and arguments by which it makes what
    `run(…, in_context=True)` gives to functions as their first argument.
    """

    def __init__(self, count: int | None = None, context: Callable[[], Make] | None = None) -> None:
        self._make = context
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_PRELOAD)
        self._idle: list[_Worker] = []
        self._slots = asyncio.Semaphore(count or _beside_us())

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
            worker = self._alive()
            if worker is None:
                make = self._make() if self._make else None
                worker = await asyncio.to_thread(_Worker, self._context, make)
            try:
                fine, value = await _within(worker, (function, arguments, in_context), timeout)
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

    def _alive(self) -> _Worker | None:
        """An idle worker that still lives; one that was killed meanwhile is no document's fault."""
        while self._idle:
            worker = self._idle.pop()
            if worker.process.is_alive() and not worker.pipe.poll():  # which would be its end
                return worker
            worker.kill()
        return None

    def close(self) -> None:
        """End all workers."""
        while self._idle:
            self._idle.pop().kill()
