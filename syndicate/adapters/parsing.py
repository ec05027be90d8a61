"""Worker processes for what could hang or grow: each job has a time limit, and is killed at it.

A parser fed by strangers cannot be trusted to end. Two processes from a fork server that has the
parsers loaded; a job that is late or dies takes its process with it, and only its own document
fails.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar, cast

from syndicate.errors import ParseError, SyndicateError

T = TypeVar("T")
MEMORY = 1_200_000_000  # bytes of address space that a worker may take
_PRELOAD = ["syndicate.core.parse", "syndicate.core.normalize", "syndicate.core.document"]
_READY = "ready"
_START = 60  # seconds that a process may take to load the parsers on a loaded machine


def _serve(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    gc.freeze()  # what was loaded is not looked through again, and stays shared
    gc.set_threshold(20_000, 20, 20)
    pipe.send(_READY)
    while True:
        try:
            function, arguments = pipe.recv()
        except (EOFError, OSError):
            return
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
    def __init__(self, context: ForkServerContext) -> None:
        ours, theirs = context.Pipe()
        self.pipe = ours
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        try:
            ready = ours.poll(_START) and ours.recv() == _READY
        except (EOFError, OSError):  # it died while it started
            ready = False
        if not ready:
            raise ParseError("no worker process could be started")

    async def run(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self.pipe.send, (function, arguments))
        ready = asyncio.Event()
        descriptor = self.pipe.fileno()
        loop.add_reader(descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(descriptor)
        return await loop.run_in_executor(None, self.pipe.recv)

    def kill(self) -> None:
        self.process.kill()
        self.process.join(5)
        self.pipe.close()


class Workers:
    """Runs functions of importable modules in processes that can be killed."""

    def __init__(self, count: int = 2) -> None:
        self._count = count
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_PRELOAD)
        self._idle: list[_Worker] = []
        self._slots = asyncio.Semaphore(count)

    async def run(self, function: Callable[..., T], *arguments: Any, timeout: float = 2.0) -> T:
        """`function(*arguments)` in a worker.

        Raises ParseError where it takes longer than `timeout` seconds or its process dies, and
        the SyndicateError that it raised itself.
        """
        async with self._slots:
            worker = self._alive()
            if worker is None:
                worker = await asyncio.to_thread(_Worker, self._context)
            try:
                fine, value = await asyncio.wait_for(worker.run(function, arguments), timeout)
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
