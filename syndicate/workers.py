"""`worker`: ingest and deliver together with any number of others on one PostgreSQL database.

Two loops that do not wait for each other: sources that are due, taken in batches under leases
(`jobs.ingest.leases`), and messages that are due (`jobs.send`). Between two rounds a loop sleeps
until the next poll is due, a moment has passed, or another process says that there is work. One
of all workers composes due editions. Pages are written by `serve`, where the output is.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate import loading
from syndicate.adapters.parsing import Resting
from syndicate.errors import ConfigError, SyndicateError, UsageError
from syndicate.settings import Settings
from syndicate.wiring import Application

if TYPE_CHECKING:
    from syndicate.adapters.store.leader import Leader

log = logging.getLogger("syndicate.worker")

GRACE = 7.0  # seconds for what is in flight at SIGTERM; then it is cancelled
_LOOK = 5.0  # seconds between looks at the outbox; a leader that died is replaced by then
_POLLS = 30.0  # seconds between looks at what is due, at most
_RETRY = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds after a failure, once, twice …


class Worker:
    """The two loops. `offset` is added to the clock for what is due, never for leases."""

    def __init__(self, settings: Settings, offset: timedelta) -> None:
        self.offset = offset
        self.app = Application(settings, datetime.now(UTC) + offset)
        self._resting = self.app.resting = Resting()
        self.stopping = asyncio.Event()
        self._woken = {"polls": asyncio.Event(), "mail": asyncio.Event()}

    def _now(self) -> Application:
        """The application as of this moment, over the same database."""
        app = copy.copy(self.app)
        app.now = datetime.now(UTC) + self.offset
        return app

    async def run(self) -> None:
        """Work until `stopping` is set; then finish what is in flight."""
        from syndicate.adapters.store.leader import Leader

        leader = Leader(self.app.database, "schedule")
        listening = asyncio.create_task(self._listen())
        loops = [
            asyncio.create_task(self._loop("ingest", self._ingest)),
            asyncio.create_task(self._loop("deliver", lambda: self._deliver(leader))),
        ]
        try:
            await self.stopping.wait()
            _, late = await asyncio.wait(loops, timeout=GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            leader.resign()
            self._resting.let_go()
            self.app.close()

    async def _loop(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        failures, said = 0, ""
        while not self.stopping.is_set():
            try:
                await work()
            except (SyndicateError, OSError) as error:
                if str(error) != said:  # said once for each reason
                    log.error("%s: %s", name, error)
                said = str(error)
                failures += 1
                await self._rest(None, _RETRY[min(failures, len(_RETRY)) - 1])
            else:
                if failures:
                    log.warning("%s: works again after %d failures", name, failures)
                failures, said = 0, ""

    async def _ingest(self) -> None:
        woken = self._woken["polls"]
        woken.clear()
        done = await self._now().ingest_async(stop=self.stopping.is_set)
        for source, error in done.problems:
            log.info("%s: %s", source, error, extra={"source": source})
        if done.polled:
            log.info("%d sources polled, %d new entries", done.polled, done.counts.new)
        else:
            self._resting.let_go()
        await self._rest(woken, await asyncio.to_thread(self._until_next))

    def _until_next(self) -> float:
        """Seconds until the next poll is due, within what may be slept."""
        from syndicate.adapters.store import sources
        from syndicate.jobs.ingest import addresses_of

        now = datetime.now(UTC) + self.offset
        with self.app.database.read() as conn:
            at = sources.next_poll(conn, addresses_of(self.app.settings), now)
        if at is None:
            return _POLLS
        return min(max((at - now).total_seconds(), 0.5), _POLLS)

    async def _deliver(self, leader: Leader) -> None:
        woken = self._woken["mail"]
        woken.clear()
        app = self._now()
        if await asyncio.to_thread(leader.leads):
            await asyncio.to_thread(_compose, app)
        if await asyncio.to_thread(_mail_waits, app):
            done = await app.deliver_async(self.stopping.is_set)
            if done.sent or done.deferred or done.failed:
                log.info("%d sent, %d deferred, %d failed", done.sent, done.deferred, done.failed)
            for problem in done.problems:
                log.warning("%s", problem)
        await self._rest(woken, _LOOK)

    async def _rest(self, woken: asyncio.Event | None, seconds: float) -> None:
        """Sleep, unless there is news or the end."""
        events = [self.stopping, *([woken] if woken else [])]
        waits = [asyncio.create_task(event.wait()) for event in events]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _listen(self) -> None:
        from syndicate.adapters.store.wake import Listener

        listener = Listener(self.app.database)
        try:
            while True:
                what = await listener.wait(60.0)
                for name, event in self._woken.items():
                    if what in (name, None):
                        event.set()
        finally:
            await listener.close()

    async def reload(self, file: Path) -> None:
        """Take up a changed config; what is broken is named, and the old stays."""
        try:
            settings = await asyncio.to_thread(loading.load, file)
        except ConfigError as error:
            log.error("not reloaded, the old configuration stays:\n%s", error)
            return
        if settings.storage.database != self.app.settings.storage.database:
            log.error("not reloaded: storage.database has changed, that takes a restart")
            return
        fresh = Application(settings, self.app.now)
        fresh.resting = self._resting
        fresh.__dict__["database"] = self.app.database
        fresh.__dict__["_closers"] = self.app.__dict__["_closers"]
        self.app = fresh
        log.warning("configuration reloaded")


def _compose(app: Application) -> None:
    from syndicate.jobs import digest

    app.seal()
    composed = digest.compose_due(app.database, app.settings, app.templates, app.secret, app.now)
    for edition in composed.editions:
        log.info("edition %s: %s", edition.id, edition.state)


def _mail_waits(app: Application) -> bool:
    from syndicate.adapters.store import outbox

    if app.settings.unsendable:
        return False
    with app.database.read() as conn:
        return bool(outbox.count_ready(conn, app.now) or outbox.owners(conn))


def run(settings: Settings, moment: datetime) -> int:
    """Work until SIGTERM (status 0) or SIGINT (130). UsageError on SQLite.

    `moment` is the time that it is to be at the start; the clock goes on from there.
    """
    if settings.storage.database.startswith("sqlite:"):
        raise UsageError(
            "SQLite is for one process",
            where="worker",
            remedy="`syndicate serve` does it all; `syndicate migrate-store` moves to PostgreSQL",
        )
    return asyncio.run(_run(settings, moment - datetime.now(UTC)))


async def _run(settings: Settings, offset: timedelta) -> int:
    offset = offset if abs(offset) > timedelta(seconds=5) else timedelta(0)  # none was asked for
    worker = Worker(settings, offset)
    loop, got = asyncio.get_running_loop(), [0]

    def stop(number: signal.Signals) -> None:
        got[0] = number
        worker.stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    loop.add_signal_handler(
        signal.SIGHUP, lambda: loop.create_task(worker.reload(settings.file), name="reload")
    )
    where = worker.app.database.engine.url.render_as_string(hide_password=True)
    print(f"working   {os.getpid()} on {where}", flush=True)  # noqa: T201
    await worker.run()
    return 130 if got[0] == signal.SIGINT else 0
