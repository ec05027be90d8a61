"""A long run in a process of its own, which ends: the memory that it took goes with it.

Reading thousands of sources at once and publishing what they brought takes a hundred megabytes
for minutes, and leaves holes that a process keeps for ever. So `python -m syndicate.daemon.apart`
does it, with the settings and the moment of the daemon, and answers with what came of it and what
it had to log. It is no more than the job: killed at any time it has lost nothing.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import pickle
import signal
import sys
from datetime import datetime
from typing import Any

from syndicate.errors import StoreError, SyndicateError
from syndicate.settings import Settings
from syndicate.wiring import Application

SOURCES, ENTRIES = 200, 100  # due, to be published: more of them are worth a second of CPU
_KINDS = {
    "ingest": lambda app: asyncio.run(app.ingest_async()),
    "publish": lambda app: app.publish(),
}


async def run(kind: str, settings: Settings, now: datetime) -> Any:
    """What `ingest` or `publish` comes to; raises what it raised. Cancelled, it ends the run."""
    words = ("-m", "syndicate.daemon.apart")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdin=pipe, stdout=pipe
    )  # fmt: skip
    try:
        answer, _ = await process.communicate(pickle.dumps((kind, settings, now)))
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode or not answer:
        raise StoreError(f"the process of {kind} ended with {process.returncode}")
    fine, value, said = pickle.loads(answer)  # noqa: S301 - from our own process
    for name, level, text in said:
        logging.getLogger(name).log(level, "%s", text)
    if not fine:
        raise value
    return value


class _Kept(logging.Handler):
    """Keeps what is logged for who asked."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.said: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append((record.name, record.levelno, record.getMessage()))


def main() -> None:
    """Read what is to be done from stdin, do it, and answer on stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from a terminal; the daemon ends us
    gc.set_threshold(20_000, 20, 20)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not get into the answer
    kind, settings, now = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the daemon
    kept = _Kept()
    logging.basicConfig(level=logging.INFO, handlers=[kept])
    app = Application(settings, now)
    try:
        answer: tuple[bool, Any] = (True, _KINDS[kind](app))
    except (SyndicateError, OSError) as error:
        answer = (False, error)
    finally:
        app.close()
    with out:
        pickle.dump((*answer, kept.said), out)


if __name__ == "__main__":
    main()
