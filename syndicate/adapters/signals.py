"""SIGTERM and SIGINT while something is under way that should not be torn apart."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
GRACE = 10.0  # seconds

T = TypeVar("T")
Work = Callable[[Callable[[], bool]], Coroutine[Any, Any, T]]


def finish_first(work: Work[T], grace: float = GRACE) -> T:
    """Run `work` to its end. When a signal comes, the function that it was given says so; it then
    has `grace` seconds to end in good order, after which the signal does what it always does.

    Outside the main thread, where no signal arrives, it merely runs.
    """
    if threading.current_thread() is not threading.main_thread():
        return asyncio.run(work(lambda: False))
    told: list[int] = []
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        return asyncio.run(_watched(work, told, grace))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if told:
            signal.raise_signal(told[0])


async def _watched(work: Work[T], told: list[int], grace: float) -> T:
    loop = asyncio.get_running_loop()
    working = asyncio.create_task(work(lambda: bool(told)))

    def tell(number: int) -> None:
        if not told:
            loop.call_later(grace, working.cancel)
        told.append(number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, tell, number)
    return await working
