"""Deliver: the outbox to the mail route, each message's state in the database before it moves.

Messages are claimed in batches (`sending`, this owner's, under a lease) before anything leaves.
A connection hands over one message at a time and begins the next body only after what became of
the last one is committed: whenever the process dies, one message a connection at most may have
left without the database knowing it. Commits of all connections that wait are one transaction.

On SQLite a file lock lets one process deliver at a time, so that whoever holds it knows that all
that is `sending` belongs to the dead. On PostgreSQL leases say so, by the real clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from syndicate.adapters.dkim import Signer
from syndicate.adapters.lock import exclusive
from syndicate.adapters.smtp import Connection, ConnectionLost, Envelope, Route
from syndicate.adapters.store import figures, outbox
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.outbox import Message
from syndicate.core import bounce_words, latency
from syndicate.errors import (
    MailError,
    PermanentMailError,
    RecipientRefused,
    StoreError,
    SyndicateError,
    TemporaryMailError,
)
from syndicate.jobs.send import refused
from syndicate.jobs.send.queue import Fair, Job, Pace
from syndicate.jobs.send.writing import Changed, Contents, Writer, changed_variants
from syndicate.model import MessageState
from syndicate.settings import Settings

LEASE = 20.0  # seconds; renewed three times as often
PATIENCE = timedelta(days=3)  # how long a message is tried (RFC 5321, 4.5.4.1: 4 to 5 days at most)
_LEAST, _MOST = 50, 1000  # messages that are claimed at a time
_AHEAD = 2.0  # seconds of work that are claimed at a time
_GATHER = 6  # rounds of the loop in which outcomes gather for one commit
_LOOK = 1.0  # seconds after which claimed messages are compared with what was taken down since
_LOST = 3  # connections that one message may lose in a run
_WAITS = (0.0, 0.2, 1.0)  # seconds before connecting again

_SENT = MessageState.SENT
_TAKEN_DOWN = "everything in it was taken down"

Progress = Callable[[int, int], None]


@dataclass
class Delivery:
    """What a delivery did; `problems` are texts for the report, at most a few."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    dropped: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Outcome:
    job: Job
    state: MessageState
    error: str = ""
    refused: bool = False  # its recipient, for good


def backoff(attempts: int) -> timedelta:
    """How long a message waits after so many attempts: 5 minutes, doubled up to 6 hours."""
    minutes = 5 << min(max(attempts - 1, 0), 10)
    return min(timedelta(minutes=minutes), timedelta(hours=6))


async def deliver(
    db: Database,
    settings: Settings,
    route: Route,
    secret: bytes,
    now: datetime,
    *,
    sign: Signer | None = None,
    progress: Progress | None = None,
    lease: float = LEASE,
    stop: Callable[[], bool] = lambda: False,
) -> Delivery:
    """Hand over everything that is due; returns when nothing due is left to try.

    Once `stop` says so, what has begun is finished and settled, and nothing else is begun.

    Raises MailError where the route cannot be used at all; what was not tried stays queued.
    """
    run = _Run(db, settings, route, secret, now, sign, progress, lease)
    run.stop = stop
    async with AsyncExitStack() as stack:
        if db.is_sqlite:
            path = Path(f"{db.engine.url.database}-deliver")
            await stack.enter_async_context(exclusive(path))
        try:
            await run.all()
        finally:
            run.close()
    return run.done


class _Run:
    """One delivery: a queue of claimed messages, connections that empty it, one recorder."""

    def __init__(
        self,
        db: Database,
        settings: Settings,
        route: Route,
        secret: bytes,
        now: datetime,
        sign: Signer | None,
        progress: Progress | None,
        lease: float,
    ) -> None:
        self.db, self.settings, self.route, self.now = db, settings, route, now
        self.progress, self.lease = progress, lease
        self.owner = uuid.uuid4().hex
        self._began = clock()
        self.done = Delivery()
        self.writer = Writer(settings, secret, sign)
        self.queue = Fair()
        self.pace = Pace(settings.mail.rate)
        self.total = 0
        self.exhausted = False
        self.stop: Callable[[], bool] = lambda: False
        self.error: MailError | None = None
        self._settled = 0
        self._pulse: tuple[float, int] | None = None  # when was claimed last, and what was settled
        self._under_way: dict[str, int] = {}  # variants of claimed messages, and how many
        self._claiming = asyncio.Lock()
        self._waiting: list[tuple[_Outcome, asyncio.Future[None]]] = []
        self._recording: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "outbox")  # the only one that touches the database

    def close(self) -> None:
        self._thread.shutdown()

    async def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    async def all(self) -> None:
        await self._call(self._take_over)
        self.total = await self._call(self._count)
        besides = [asyncio.create_task(self._look_after())]
        if not self.db.is_sqlite:
            besides.append(asyncio.create_task(self._renew()))
        try:
            while True:
                await self._round()
                if not await self._wait_for_others():
                    break
        finally:
            for task in besides:
                task.cancel()
            await self._call(self._give_back)

    async def _round(self) -> None:
        """Connections at work until nothing is left to claim."""
        self.exhausted = False
        if not await self._fill():
            return
        count = self.settings.mail.connections if self.route.many else 1
        async with asyncio.TaskGroup() as group:
            for _ in range(max(min(count, self.total or 1), 1)):
                group.create_task(self._work())
        if len(self.queue) and not self.stop():
            assert self.error is not None
            raise self.error

    # --- the database, in its own thread ------------------------------------------------

    def _take_over(self) -> int:
        with self.db.begin() as conn:
            dead = [
                owner
                for owner, until in outbox.owners(conn)
                if owner != self.owner and (self.db.is_sqlite or until <= clock())
            ]
            return sum(outbox.take_over(conn, owner) for owner in dead)

    def _count(self) -> int:
        with self.db.read() as conn:
            return outbox.count_ready(conn, self.now)

    def _claim(self, limit: int, known: Contents) -> tuple[list[Message], Changed]:
        until = clock() + timedelta(seconds=self.lease)
        with self.db.begin() as conn:
            taken = outbox.claim(conn, self.owner, self.now, until, limit)
            return taken, changed_variants(conn, {message.variant for message in taken}, known)

    def _look(self, under_way: Collection[str], known: Contents) -> Changed:
        with self.db.read() as conn:
            return changed_variants(conn, under_way, known)

    def _record(self, outcomes: list[_Outcome]) -> None:
        rows = [
            {
                "message": each.job.message.id,
                "new_state": each.state.value,
                "new_next": self._next(each),
                "new_error": each.error[:500] or None,
                "new_changed": self.now,
            }
            for each in outcomes
        ]
        with self.db.begin() as conn:
            outbox.finish(conn, self.owner, rows)
            now = self.now + (clock() - self._began)
            took = [now - each.job.message.date for each in outcomes if each.state is _SENT]
            counted = [latency.bucket(each.total_seconds()) for each in took]
            figures.add(conn, now, figures.MAIL, counted)
            for each in outcomes:
                if each.refused:
                    refused.suppress(conn, each.job.message, each.error, self.now)

    def _next(self, outcome: _Outcome) -> datetime:
        if outcome.state is MessageState.DEFERRED:
            return self.now + backoff(outcome.job.message.attempts)
        return self.now

    def _give_back(self) -> None:
        with self.db.begin() as conn:
            outbox.give_back(conn, self.owner)
            outbox.settle_editions(conn)

    async def _look_after(self) -> None:
        """Messages that are claimed follow what is taken down meanwhile, within `_LOOK`."""
        while True:
            await asyncio.sleep(_LOOK)
            with contextlib.suppress(StoreError):  # whoever claims or records next reports it
                under_way = list(self._under_way)
                self.writer.take(await self._call(self._look, under_way, self.writer.known()))

    async def _renew(self) -> None:
        def renew() -> None:
            with self.db.begin() as conn:
                outbox.renew(conn, self.owner, clock() + timedelta(seconds=self.lease))

        while True:
            await asyncio.sleep(self.lease / 3)
            await self._call(renew)

    async def _wait_for_others(self) -> bool:
        """Whether there is more to do, when all others that deliver are done or dead."""
        while not self.stop():
            if await self._call(self._take_over) or await self._call(self._count):
                return True
            if not await self._call(self._others):
                return False
            await asyncio.sleep(min(self.lease / 4, 1.0))
        return False

    def _others(self) -> bool:
        with self.db.read() as conn:
            return any(owner != self.owner for owner, _ in outbox.owners(conn))

    # --- the queue ----------------------------------------------------------------------

    async def _fill(self) -> bool:
        """Claim the next batch; False where there is nothing more."""
        async with self._claiming:
            if len(self.queue) or self.exhausted:
                return bool(len(self.queue))
            taken, changed = await self._call(self._claim, self._much(), self.writer.known())
            self.exhausted = not taken
            for message in taken:
                self._enqueue(message)
            self.writer.take(changed)
            self.writer.keep(self._under_way)
            return bool(taken)

    def _much(self) -> int:
        """As many messages as leave within `_AHEAD`, by how it went so far: what is claimed can
        be neither dropped nor taken by others meanwhile."""
        now = asyncio.get_running_loop().time()
        before, self._pulse = self._pulse, (now, self._settled)
        if before is None or now <= before[0]:
            return _LEAST
        speed = (self._settled - before[1]) / (now - before[0])
        return min(max(int(speed * _AHEAD), _LEAST), _MOST)

    def _enqueue(self, message: Message) -> None:
        domain = message.email.rpartition("@")[2]
        self._under_way[message.variant] = self._under_way.get(message.variant, 0) + 1
        self.queue.add(Job(message, domain))

    async def _take(self) -> Job | None:
        while not self.stop():
            job = self.queue.take()
            if job is None:
                if not await self._fill():
                    return None
            elif self.writer.is_withdrawn(job.message.variant):
                await self._settle(_Outcome(job, MessageState.DROPPED, _TAKEN_DOWN))
            else:
                await self.pace.wait()
                if not self.stop():
                    return job
                self.queue.put_back(job)
        return None

    def _peek(self) -> Job | None:
        """The next one without waiting, for pipelining."""
        job = None if self.pace.limited or self.stop() else self.queue.take()
        if job is not None and self.writer.is_withdrawn(job.message.variant):
            self.queue.put_back(job)
            return None
        return job

    # --- a connection -------------------------------------------------------------------

    async def _work(self) -> None:
        connection: Connection | None = None
        following: Job | None = None
        try:
            while (job := following or await self._take()) is not None:
                following = None
                if connection is None:
                    try:
                        connection = await self._connect()
                    except MailError as error:
                        self.error = error
                        self.queue.put_back(job)
                        return
                connection, following = await self._send(connection, job)
        finally:
            if following is not None:
                self.queue.put_back(following)
            if connection is not None:
                await connection.close()

    async def _connect(self) -> Connection:
        """A connection, now; a server that is away for a moment is asked again."""
        error: MailError | None = None
        for wait in _WAITS:
            await asyncio.sleep(wait)
            try:
                return await self.route.connect()
            except TemporaryMailError as failed:
                error = failed
        assert error is not None
        raise error

    async def _send(self, connection: Connection, job: Job) -> tuple[Connection | None, Job | None]:
        """Hand over one message; the connection, if it still is one, and what was begun on it."""
        begun: list[Job] = []

        def following() -> Envelope | None:
            if (next_ := self._peek()) is None:
                return None
            begun.append(next_)
            return self._envelope(next_)

        after = connection
        try:
            await connection.send(self._envelope(job), following)
            outcome = _Outcome(job, MessageState.SENT)
        except ConnectionLost as error:
            await connection.close()
            for each in begun:
                self.queue.put_back(each)
            job.lost += 1
            if job.lost < _LOST:
                self.queue.put_back(job)
                return None, None
            outcome = _Outcome(job, self._deferred(job), str(error))
            begun, after = [], None  # type: ignore[assignment]
        except PermanentMailError as error:
            refused = isinstance(error, RecipientRefused) and bounce_words.is_nobody(str(error))
            outcome = _Outcome(job, MessageState.FAILED, str(error), refused)
        except TemporaryMailError as error:
            outcome = _Outcome(job, self._deferred(job), str(error))
        await self._settle(outcome)
        return after, begun[0] if begun else None

    def _envelope(self, job: Job) -> Envelope:
        if job.envelope is None:
            job.envelope = self.writer.write(job.message)
        return job.envelope

    def _deferred(self, job: Job) -> MessageState:
        first = job.message.first or self.now
        return MessageState.FAILED if self.now - first >= PATIENCE else MessageState.DEFERRED

    # --- what became of it --------------------------------------------------------------

    async def _settle(self, outcome: _Outcome) -> None:
        """Returns when the outcome is committed, together with those of other connections."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((outcome, future))
        if self._recording is None:
            self._recording = asyncio.create_task(self._record_all())
        await future
        self._settled += 1
        self.queue.finished(outcome.job)
        variant = outcome.job.message.variant
        self._under_way[variant] -= 1
        if not self._under_way[variant]:
            del self._under_way[variant]
        self._tell(outcome)

    async def _record_all(self) -> None:
        try:
            while self._waiting:
                for _ in range(_GATHER):  # a commit costs as much as a message: let others join
                    await asyncio.sleep(0)
                batch, self._waiting = self._waiting, []
                try:
                    await self._call(self._record, [outcome for outcome, _ in batch])
                except SyndicateError as error:
                    for _, future in batch:
                        future.set_exception(error)
                else:
                    for _, future in batch:
                        future.set_result(None)
        finally:
            self._recording = None

    def _tell(self, outcome: _Outcome) -> None:
        done = self.done
        if outcome.state is MessageState.SENT:
            done.sent += 1
        elif outcome.state is MessageState.FAILED:
            done.failed += 1
        elif outcome.state is MessageState.DROPPED:
            done.dropped += 1
            return
        else:
            done.deferred += 1
        if outcome.error and len(done.problems) < 10:
            done.problems.append(f"{outcome.job.message.email}: {outcome.error}")
        if self.progress is not None:
            count = done.sent + done.failed + done.deferred
            self.progress(count, max(self.total, count))


def clock() -> datetime:
    """The real time: leases do not follow `--at` (contract §3)."""
    return datetime.fromtimestamp(time.time(), UTC)
