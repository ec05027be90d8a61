"""The daemon as a process: signals, the listening socket, the web server, systemd."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syndicate import web
from syndicate.adapters import memory, notify
from syndicate.adapters.listening import listen as open_socket
from syndicate.adapters.lock import alone
from syndicate.daemon import inbox
from syndicate.daemon.daemon import Daemon
from syndicate.daemon.loading import load
from syndicate.errors import UsageError
from syndicate.settings import Settings

if TYPE_CHECKING:
    from syndicate.adapters.store.engine import Database
    from syndicate.adapters.templates import Templates

log = logging.getLogger("syndicate.daemon")
GRACE = 10.0  # seconds for what is in flight at SIGTERM


def serve(file: Path, *, listen: str | None, moment: datetime | None) -> int:
    """Run until SIGTERM or SIGINT; the exit status. Raises SyndicateError where it cannot start.

    `moment` is the time that it is to be at the start; the clock goes on from there.
    """
    # Until it is listened for: it asks to read what has not been read yet, and would else kill
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    memory.one_heap()
    settings, templates = load(file)
    offset = moment - datetime.now(UTC) if moment else timedelta(0)
    from syndicate.adapters.store import open_database

    database = open_database(settings.storage.database)
    try:
        with _alone(database), open_socket(listen or settings.web.listen) as opened:
            return asyncio.run(_serve(settings, database, templates, offset, opened))
    finally:
        database.close()


@contextlib.contextmanager
def _alone(database: Database) -> Iterator[None]:
    """SQLite is for one daemon; on PostgreSQL any number share the work."""
    if not database.is_sqlite:
        yield
        return
    file = Path(str(database.engine.url.database))
    with alone(file.with_name(f"{file.name}.serve")) as held:
        if not held:
            raise UsageError(
                "another `syndicate serve` runs on this database",
                where=str(file),
                remedy="stop that one first; several take PostgreSQL",
            )
        yield


async def _serve(
    settings: Settings, database: Database, templates: Templates, offset: timedelta, opened: Any
) -> int:
    daemon = Daemon(settings, database, templates, offset)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: loop.create_task(daemon.reload(), name="reload"))
    server = _server(web.create(daemon))
    mails = contextlib.AsyncExitStack()
    await mails.enter_async_context(inbox.listening(settings, daemon))
    serving = loop.create_task(server.serve(sockets=[opened]))
    daemon.start()
    host, port = opened.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"serving   http://{shown}:{port}/", flush=True)  # noqa: T201
    notify.say("READY=1", f"STATUS=serving {shown}:{port}")
    watching = loop.create_task(_watchdog())
    failed = False
    await asyncio.wait({serving, loop.create_task(stop.wait())}, return_when="FIRST_COMPLETED")
    if not stop.is_set():
        failed = True
        log.error("the web side stopped", exc_info=serving.exception())
    notify.say("STOPPING=1")
    began = time.monotonic()
    server.should_exit = True
    await mails.aclose()
    await daemon.stop(GRACE - 1.0)
    await asyncio.wait({serving}, timeout=max(GRACE - (time.monotonic() - began), 0.1))
    watching.cancel()
    if any(work.task is not None for work in daemon.work.values()):
        # A thread that does not end must not hold up the exit; what it did is in the database
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(failed))
    return int(failed)


def _server(app: Any) -> Any:
    import uvicorn

    class Quiet(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # signals are the daemon's

    return Quiet(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            http="h11",
            ws="none",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=5,
            h11_max_incomplete_event_size=32_768,
        )
    )


async def _watchdog() -> None:
    """Tell systemd that the loop turns, twice as often as it asks for."""
    span = notify.watchdog()
    while span is not None:
        notify.say("WATCHDOG=1")
        await asyncio.sleep(span / 2)
