"""The process in which documents of strangers are read: jobs in, answers out, over one pipe.

`adapters/parsing.py` starts it, gives it work, and kills it where a job takes too long. It loads
what parsing needs and no more: neither database nor network.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from syndicate.adapters import memory
from syndicate.errors import ParseError, SyndicateError

MEMORY = 1_200_000_000  # bytes of address space that it may take
READY = "ready"
# What becomes of a job: its answer is sent; the same, and it gets the context as its first
# argument; what it gives is the context of those that follow
PLAIN, IN_CONTEXT, AS_CONTEXT = 0, 1, 2
Job = tuple[Callable[..., Any], tuple[Any, ...], int]
_LOADED = ("syndicate.core.parse", "syndicate.core.draft")


def serve(descriptor: int) -> None:
    """Do what comes over a pipe until its other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    memory.large_apart()
    for module in _LOADED:
        importlib.import_module(module)
    gc.freeze()  # what was loaded is not looked through again
    gc.set_threshold(20_000, 20, 20)
    pipe = Connection(descriptor)
    context = None
    answer: tuple[bool, Any] = (True, READY)
    while True:
        try:
            pipe.send_bytes(_packed(answer))
            function, arguments, how = pickle.loads(pipe.recv_bytes())  # noqa: S301 - ours
        except (EOFError, OSError):
            return
        answer = _done(function, (context, *arguments) if how == IN_CONTEXT else arguments)
        if how == AS_CONTEXT and answer[0]:
            context, answer = answer[1], (True, READY)


def _packed(answer: tuple[bool, Any]) -> bytes:
    """An answer to be sent, with the CPU seconds that this process has used so far. By pickle
    itself: the pickler of `Connection.send` looks up each kind of value in Python."""
    spent = time.process_time()
    try:
        return pickle.dumps((*answer, spent), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # whatever a function gave
        refused = ParseError(f"its answer cannot be sent: {error}")
        return pickle.dumps((False, refused, spent), pickle.HIGHEST_PROTOCOL)


def _done(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    """What a job gave, or the reason why it gave nothing."""
    try:
        return True, function(*arguments)
    except SyndicateError as error:
        return False, error
    except MemoryError:
        return False, ParseError("it needs more memory than a document may")
    except RecursionError:
        return False, ParseError("it is nested too deeply")
    except Exception as error:  # whatever a parser does on hostile input stays here
        return False, ParseError(f"it cannot be read: {type(error).__name__}: {error}")


def _end_with_parent() -> None:
    """A document without end is read for nobody once the process that wants it was killed."""
    sys.stdin.buffer.read()  # it never writes: this ends when it does
    os._exit(1)
