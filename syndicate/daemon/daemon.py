"""A running site: what is woken when, and what it knows of itself.

What is to be done is in the database; the scheduler only says when to look. A job is woken (by
its time, by another job, by a page), runs in a thread of its own, one of a kind at a time, and
does all that is due then: so that what was missed while nothing ran is done once, at the start.
A job that fails is logged and woken again; it stops nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from syndicate.adapters import memory, notify, parsing
from syndicate.adapters.store.leader import Leader
from syndicate.core import schedule
from syndicate.daemon import jobs
from syndicate.daemon.inbox import LMTP
from syndicate.daemon.loading import load, stamps
from syndicate.daemon.watching import Changed, Watched, watch
from syndicate.errors import MailError, StoreError, SyndicateError
from syndicate.settings import Settings
from syndicate.wiring import Application

if TYPE_CHECKING:
    from syndicate.adapters.store.engine import Database
    from syndicate.adapters.templates import Templates

log = logging.getLogger("syndicate.daemon")

_SOON = 0.2  # between being woken and running, so that several reasons are one run
_LOOK = 10  # seconds between looks at what else changed (another process, a deferred message)
_LOOK_LISTENING = 60  # the same where PostgreSQL tells of it
_FOLLOW = 4  # seconds after which a follower asks whether it leads now
_PATIENCE = 45  # seconds that a stage at the start waits for the one before it
_PROBE = 30.0  # seconds that the answer to "does the mail route work" is good for
_PROBE_TIME = 5.0
_INBOX = 5  # minutes between looks into the mailbox for reports and unsubscribe mails
_JUMP = 5.0  # seconds that the wall clock may be off between two looks
_TICK = 2  # seconds between looks at the clock, and at what is due by it
_FILES = 30  # seconds between looks at config and templates where the system tells of changes
_SETTLED = 1.0  # seconds after which what is to be watched surely is
_REWATCH = 60.0  # seconds after which the system is asked again to tell of changes
_GATHER = 2.0  # seconds in which what other processes tell is one run
_RESURVEY = timedelta(minutes=1)
_RETRY = (5.0, 30.0, 120.0, 600.0)  # seconds after a job failed, once, twice …
_LONG = 1.0  # seconds of a run after which memory that it used is given back
_IDLE = 20.0  # seconds without any run after which what would start the next faster is let go
_HOURLY = "17 * * * *"
_NIGHTLY = "41 3 * * *"


@dataclass
class Work:
    """A kind of job: what it is to do next, and how it went."""

    kind: str
    wanted: bool = False
    names: set[str] = field(default_factory=set)  # only these sources; empty: all that is due
    all_due: bool = False
    task: asyncio.Task[None] | None = None
    runs: int = 0
    failures: int = 0  # in a row
    failed: int = 0
    seconds: float = 0.0
    last: datetime | None = None
    error: str = ""
    unstored: bool = False  # the database did not take it


class Daemon:
    """A running site; the web side sees it as its `Site`."""

    def __init__(
        self, settings: Settings, database: Database, templates: Templates, offset: timedelta
    ) -> None:
        self.settings = settings
        self.database = database
        self.templates = templates
        self.offset = offset
        self.work = {kind: Work(kind) for kind in jobs.KINDS}
        self.stopping = False
        self.next_poll: datetime | None = None
        self.surveyed: datetime | None = None
        self.loop = asyncio.get_running_loop()
        self.scheduler: Any = None
        self.leader = Leader(database, "schedule")  # of several on PostgreSQL one composes
        self.follows = False
        self.learned: datetime | None = None
        self._mail: tuple[float, str] = (float("-inf"), "")
        self._cancel: dict[str, Callable[[], object]] = {}
        self._seen = stamps(settings)
        self._told = False  # of changed files, by the system
        self._hears = False  # what other processes say
        self._rewatch = asyncio.Event()
        self._resting = parsing.Resting()
        self._worked = float("inf")  # when the last run ended, by the monotonic clock

    # --- what the web side asks for -----------------------------------------------------

    def now(self) -> datetime:
        """The time it is for this site: the clock, shifted by `--at`."""
        return datetime.now(UTC) + self.offset

    @contextlib.contextmanager
    def application(self) -> Iterator[Application]:
        """An application over the shared database, as of this moment."""
        app = Application(self.settings, now=self.now())
        app.__dict__["database"] = self.database  # opened once; cached properties of it
        app.__dict__["templates"] = self.templates
        app.resting = self._resting
        app.stopping = lambda: self.stopping
        try:
            yield app
        finally:
            app.close()

    def wake(self, what: str, *names: str) -> None:
        """Have a job done soon; from any thread."""
        self.loop.call_soon_threadsafe(self._wake, what, names)

    def ready(self) -> dict[str, str]:
        """What is wrong with database, scheduler, mail route."""
        wrong: dict[str, str] = {}
        try:
            with self.database.read() as conn:
                conn.exec_driver_sql("SELECT 1")
            if self.database.is_lost():
                wrong["database"] = "its file is gone: what is written now is lost"
            for work in self.work.values():
                if work.unstored:  # it can be read, and not be written: its disk is full
                    wrong["database"] = work.error
        except StoreError as error:
            wrong["database"] = str(error)
        if self.scheduler is None or not self.scheduler.running or self.stopping:
            wrong["scheduler"] = "not running"
        if mail := self.work["deliver"].error or self._mail_problem():
            wrong["mail"] = mail
        return wrong

    def _mail_problem(self) -> str:
        """What is wrong with the mail route, "" where it answers; asked once a while."""
        from syndicate.adapters import smtp

        asked, problem = self._mail
        if time.monotonic() - asked < _PROBE:
            return problem

        async def connect() -> None:
            mail = self.settings.mail
            async with asyncio.timeout(_PROBE_TIME):
                await (await smtp.route(mail.route, mail.password).connect()).close()

        try:
            asyncio.run(connect())
            problem = ""
        except (MailError, OSError, TimeoutError) as error:
            problem = str(error) or type(error).__name__
        self._mail = (time.monotonic(), problem)
        return problem

    def jobs(self) -> Sequence[Work]:
        """How each kind of job does."""
        return tuple(self.work.values())

    # --- jobs ---------------------------------------------------------------------------

    def _wake(self, kind: str, names: Sequence[str] = (), wait: float = _SOON) -> None:
        work = self.work[kind]
        if self.stopping:
            return
        work.wanted = True
        work.names |= set(names)
        work.all_due |= not names
        if work.task is None:
            work.task = self.loop.create_task(self._run(work, wait), name=kind)

    async def _run(self, work: Work, wait: float) -> None:
        try:
            await asyncio.sleep(wait)
            while work.wanted and not self.stopping:
                names = () if work.all_due else tuple(sorted(work.names))
                work.wanted, work.all_due, work.names = False, False, set()
                if not await self._once(work, names):
                    break
                if work.wanted:
                    await asyncio.sleep(wait)
        finally:
            work.task = None
            self._cancel.pop(work.kind, None)

    async def _once(self, work: Work, names: Sequence[str]) -> bool:
        """One run; False where it failed, and will be tried again later."""
        started = time.monotonic()
        try:
            await asyncio.to_thread(jobs.KINDS[work.kind], self, names)
        except (SyndicateError, OSError) as error:
            self._failed(work, str(error))
            work.unstored = isinstance(error, StoreError)
        except Exception:
            log.exception("%s", work.kind)
            self._failed(work, "unexpected error; the log has it")
        else:
            if work.failures:
                log.warning("%s: works again after %d failures", work.kind, work.failures)
            work.failures, work.error, work.unstored = 0, "", False
        took = time.monotonic() - started
        if took > _LONG:
            await asyncio.to_thread(self._rest)
        self._worked = time.monotonic()
        work.runs += 1
        work.seconds += took
        work.last = self.now()
        return not work.failures

    def _rest(self) -> None:
        """Give back the memory that a long run used."""
        self.database.relax()
        memory.give_back()

    def _let_go(self) -> None:
        self._resting.let_go()
        memory.forget()
        self._rest()

    def _failed(self, work: Work, error: str) -> None:
        """Said once for each reason, not at each try."""
        if error != work.error:
            log.error("%s: %s", work.kind, error)
        work.error = error
        work.failures += 1
        work.failed += 1
        wait = _RETRY[min(work.failures, len(_RETRY)) - 1]
        self.loop.call_later(wait, self._wake, work.kind)

    def in_own_loop(self, kind: str, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine in this thread, so that the web side never waits for it; stoppable."""

        async def watched() -> Any:
            task, loop = asyncio.current_task(), asyncio.get_running_loop()
            assert task is not None
            self._cancel[kind] = lambda: loop.call_soon_threadsafe(task.cancel)
            try:
                return await coroutine
            finally:
                self._cancel.pop(kind, None)

        with contextlib.suppress(asyncio.CancelledError):
            return asyncio.run(watched())
        return None

    def survey(self) -> None:
        """When the next source is due."""
        from syndicate.adapters.store import sources
        from syndicate.jobs.ingest.reading import configured

        now = self.now()
        polled = {s.id: configured(s) for s in self.settings.sources if not s.paused}
        with self.database.read() as conn:
            self.next_poll = sources.next_poll(conn, polled, now)
        self.surveyed = now

    # --- when ---------------------------------------------------------------------------

    def start(self) -> None:
        """The scheduler, with jobs derived from the config; and all that was missed, once."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self.scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=defaults)
        minutes = {"minutes": _INBOX}
        self.scheduler.add_job(self._fire, "interval", args=("bounces",), id="inbox", **minutes)
        self._schedule()
        self.scheduler.start()
        self._wake("deliver", wait=0)
        beside = (self._catch_up(), self._beat(), self._watch())
        self._beside = [self.loop.create_task(task) for task in beside]
        if not self.database.is_sqlite:
            self._beside.append(self.loop.create_task(self._listen()))

    async def _listen(self) -> None:
        """What other processes on the same PostgreSQL say there is to do."""
        from syndicate.adapters.store.wake import CHANGES, MAIL, Listener

        listener, kinds = Listener(self.database), {MAIL: "deliver", CHANGES: "publish"}
        try:
            while True:
                heard, self._hears = self._hears, listener.hears
                what = await listener.wait(_LOOK_LISTENING)
                if what in kinds:
                    self._wake(kinds[what], wait=_GATHER if what == CHANGES else _SOON)
                elif listener.hears and not heard:
                    await self._look()  # for what was said before
        finally:
            await listener.close()

    async def _catch_up(self) -> None:
        """What was missed, in the order of `run`; a slow source does not hold up the rest."""
        if not self.offset:
            await asyncio.to_thread(self._set_right)
        for kind in ("ingest", "publish", "compose", "bounces", "upkeep", "learn", "backup"):
            self._wake(kind, wait=0)
            task = self.work[kind].task
            if task is not None:
                await asyncio.wait({task}, timeout=_PATIENCE)

    def _schedule(self) -> None:
        """One job for each digest, by its cron in its zone; and the upkeep."""
        for job in self.scheduler.get_jobs():
            if job.id.startswith("digest:") or job.id in ("upkeep", "backup"):
                job.remove()
        times = {
            f"digest:{digest.id}": (digest.schedule, digest.timezone, "compose")
            for digest in self.settings.digests
        }
        times["upkeep"] = (_HOURLY, self.settings.site.timezone, "upkeep")
        times["backup"] = (_NIGHTLY, self.settings.site.timezone, "backup")
        for id, (cron, zone, kind) in times.items():
            trigger = _trigger(cron, zone, self.offset)
            self.scheduler.add_job(self._fire, trigger, args=(kind,), id=id)

    async def _fire(self, kind: str) -> None:
        self._wake(kind)

    async def _beat(self) -> None:
        """Look at what became due, and at files, by a clock that nobody can set.

        Where the wall clock jumped (it was set, the machine slept), the scheduler, which goes by
        it, is told to reckon anew.
        """
        ticks, before = 0, time.time() - time.monotonic()
        while True:
            await asyncio.sleep(_TICK)
            ticks += 1
            between = time.time() - time.monotonic()
            if abs(between - before) > _JUMP:
                log.warning("the clock jumped by %.0f s", between - before)
                self._schedule()
                await asyncio.to_thread(self._set_right)
                self.surveyed = None
                self._wake("compose")
            before = between
            try:
                await self._tick(ticks * _TICK)
            except Exception:
                log.exception("looking for work")

    def _set_right(self) -> None:
        """What waits for a time that a wrong clock gave waits no more."""
        from syndicate.jobs import clock

        try:
            put_off = clock.set_right(self.database, self.now())
        except StoreError as error:
            log.error("what a wrong clock put off is not due yet: %s", error)
            return
        if put_off:
            log.warning("%d waited for times of a wrong clock, and are due now", put_off)

    async def _tick(self, second: int) -> None:
        if time.monotonic() - self._worked > _IDLE and not any(w.task for w in self.jobs()):
            self._worked = float("inf")
            await asyncio.to_thread(self._let_go)
        if self.next_poll is not None and self.next_poll <= self.now():
            self._want("ingest")
        if self.follows and second % _FOLLOW == 0:  # the leader may be gone
            self._want("compose")
        if second % (_FILES if self._told else _TICK) == 0:
            await self._watch_files()
        if second % (_LOOK_LISTENING if self._hears else _LOOK) == 0:
            await self._look()

    def _want(self, kind: str) -> None:
        """Have it done soon, unless it failed, and its retry is on the way."""
        if not self.work[kind].failures:
            self._wake(kind)

    async def _look(self) -> None:
        """What became due, or was left by another process: polls, files, mails."""
        now = self.now()
        stale = self.surveyed is None or abs(now - self.surveyed) > _RESURVEY
        for kind in await asyncio.to_thread(self._waiting, stale):
            self._want(kind)

    def _waiting(self, stale: bool) -> list[str]:
        from syndicate.adapters.store import columns, outbox, placements, standing

        # Editions that workers composed elsewhere get their pages here, where the output is
        found = ["publish"] if stale and not self.database.is_sqlite else []
        now = self.now()
        try:
            if stale:
                self.survey()
            with self.database.read() as conn:
                if placements.count_touched(conn) or standing.is_due(conn, now):
                    found.append("publish")
                if outbox.count_ready(conn, now):
                    found.append("deliver")
                moves = columns.standing(conn, self.learned).moves
                if self.settings.learning.is_due(moves):
                    found.append("learn")
        except StoreError as error:
            if self.work["ingest"].error != str(error):
                log.error("%s", error)
                self.work["ingest"].error = str(error)
            return []
        return found

    # --- reload -------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Changed files, as soon as the system tells of them; without it, by looking."""
        said = ""
        while True:
            self._rewatch.clear()
            try:
                self._told = True
                self.loop.call_later(_SETTLED, self._reread)  # what changed before it was watched
                await watch(Watched.of(self.settings), self._changed, self._rewatch)
            except* (OSError, RuntimeError) as group:
                error = str(group.exceptions[0])
                if error != said:
                    log.warning("changed files are only looked for: %s", error)
                said = error
            if not self._rewatch.is_set():
                self._told = False
                await asyncio.sleep(_REWATCH)

    def _reread(self) -> None:
        self._reloading = self.loop.create_task(self._watch_files(), name="reload")

    def _changed(self, what: Changed) -> None:
        if what.settings:
            self._reread()
            self._rewatch.set()  # there may be other folders now, whatever they hold
        if what.sources:
            self._wake("ingest", sorted(what.sources))

    async def _watch_files(self) -> None:
        found = await asyncio.to_thread(stamps, self.settings)
        if found != self._seen:
            self._seen = found
            await self.reload()

    async def reload(self) -> None:
        """Take up a changed config and templates; what is broken is named, and the old stays."""
        notify.say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            settings, templates = await asyncio.to_thread(load, self.settings.file)
        except SyndicateError as error:
            log.error("not reloaded, the old configuration stays:\n%s", error)
        else:
            self._take_up(settings, templates)
        self._seen = await asyncio.to_thread(stamps, self.settings)
        notify.say("READY=1")

    def _take_up(self, settings: Settings, templates: Templates) -> None:
        for name, old, new in (
            ("storage.database", self.settings.storage.database, settings.storage.database),
            ("web.listen", self.settings.web.listen, settings.web.listen),
            ("mail.inbox", *(_listens(each) for each in (self.settings, settings))),
        ):
            if old != new:
                log.warning("%s has changed: that takes a restart", name)
        storage = replace(settings.storage, database=self.settings.storage.database)
        self.settings = replace(settings, storage=storage)
        self.templates = templates
        self._schedule()
        self.surveyed = None
        self._rewatch.set()
        log.warning("configuration reloaded")
        for kind in ("ingest", "publish", "compose"):
            self._wake(kind)

    # --- the end ------------------------------------------------------------------------

    async def stop(self, deadline: float) -> None:
        """Finish what is in flight; after most of the time, cancel what can be cancelled."""
        self.stopping = True
        self._rewatch.set()
        for beside in self._beside:
            beside.cancel()
        self.scheduler.shutdown(wait=False)
        running = {work.task for work in self.work.values() if work.task is not None}
        if running:
            log.info("finishing %s", ", ".join(sorted(task.get_name() for task in running)))
            _, running = await asyncio.wait(running, timeout=deadline * 0.7)
        for cancel in list(self._cancel.values()):
            cancel()
        if running:
            _, running = await asyncio.wait(running, timeout=deadline * 0.3)
        self._resting.let_go()
        self.leader.resign()
        if running:
            log.warning("stopped before %s was done", ", ".join(t.get_name() for t in running))


def _listens(settings: Settings) -> str:
    """Where mail is handed over to this process; read mailboxes take up a change."""
    return settings.mail.inbox if settings.mail.inbox.startswith(LMTP) else ""


def _trigger(cron: str, zone: str, offset: timedelta) -> Any:
    """Cron in a zone as an APScheduler trigger: `core.schedule` says when."""
    from apscheduler.triggers.base import BaseTrigger

    class Local(BaseTrigger):  # type: ignore[misc]
        def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime | None:
            local = schedule.next_due(cron, zone, now + offset)
            if local is None:
                return None
            # A local time that comes twice: the first may lie behind us
            return max(schedule.instant(local, zone) - offset, now + timedelta(seconds=1))

    return Local()
