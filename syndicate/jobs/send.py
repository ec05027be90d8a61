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
import hashlib
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from syndicate.adapters.lock import exclusive
from syndicate.adapters.smtp import Connection, ConnectionLost, Envelope, Route
from syndicate.adapters.store import outbox
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.outbox import Message, Variant
from syndicate.core import message as mail
from syndicate.core import verp
from syndicate.core.message import Prepared, Recipient, Rendered
from syndicate.errors import MailError, PermanentMailError, SyndicateError, TemporaryMailError
from syndicate.model import MessageState
from syndicate.settings import Settings

LEASE = 60.0  # seconds; renewed three times as often
PATIENCE = timedelta(days=3)  # how long a message is tried (RFC 5321, 4.5.4.1: 4 to 5 days at most)
_BATCH = 200
_LOST = 3  # connections that one message may lose in a run
_WAITS = (0.0, 0.2, 1.0)  # seconds before connecting again

Progress = Callable[[int, int], None]


@dataclass
class Delivery:
    """What a delivery did; `problems` are texts for the report, at most a few."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    dropped: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Job:
    """One claimed message."""

    message: Message
    domain: str
    lost: int = 0
    envelope: Envelope | None = None  # made when its turn comes: bodies are large


@dataclass(frozen=True, slots=True)
class _Outcome:
    job: _Job
    state: MessageState
    error: str = ""


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
    sign: Callable[[bytes], bytes] | None = None,
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
        sign: Callable[[bytes], bytes] | None,
        progress: Progress | None,
        lease: float,
    ) -> None:
        self.db, self.settings, self.route, self.now = db, settings, route, now
        self.progress, self.lease = progress, lease
        self.owner = uuid.uuid4().hex
        self.done = Delivery()
        self.writer = _Writer(settings, secret, sign)
        self.queue = _Fair()
        self.pace = _Pace(settings.mail.rate)
        self.total = 0
        self.exhausted = False
        self.stop: Callable[[], bool] = lambda: False
        self.error: MailError | None = None
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
        renewing = None if self.db.is_sqlite else asyncio.create_task(self._renew())
        try:
            while True:
                await self._round()
                if not await self._wait_for_others():
                    break
        finally:
            if renewing is not None:
                renewing.cancel()
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
                if owner != self.owner and (self.db.is_sqlite or until <= _clock())
            ]
            return sum(outbox.take_over(conn, owner) for owner in dead)

    def _count(self) -> int:
        with self.db.read() as conn:
            return outbox.count_ready(conn, self.now)

    def _claim(self) -> tuple[list[Message], dict[str, Variant]]:
        until = _clock() + timedelta(seconds=self.lease)
        with self.db.begin() as conn:
            taken = outbox.claim(conn, self.owner, self.now, until, _BATCH)
            found = {m.variant: outbox.variant(conn, m.variant) for m in taken}
        return taken, {id: variant for id, variant in found.items() if variant is not None}

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

    def _next(self, outcome: _Outcome) -> datetime:
        if outcome.state is MessageState.DEFERRED:
            return self.now + backoff(outcome.job.message.attempts)
        return self.now

    def _give_back(self) -> None:
        with self.db.begin() as conn:
            outbox.give_back(conn, self.owner)
            outbox.settle_editions(conn)

    async def _renew(self) -> None:
        def renew() -> None:
            with self.db.begin() as conn:
                outbox.renew(conn, self.owner, _clock() + timedelta(seconds=self.lease))

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
            taken, variants = await self._call(self._claim)
            self.exhausted = not taken
            self.writer.use(variants, self._under_way)
            for message in taken:
                self._enqueue(message)
            return bool(taken)

    def _enqueue(self, message: Message) -> None:
        domain = message.email.rpartition("@")[2]
        self._under_way[message.variant] = self._under_way.get(message.variant, 0) + 1
        self.queue.add(_Job(message, domain))

    async def _take(self) -> _Job | None:
        while not self.stop():
            job = self.queue.take()
            if job is not None:
                await self.pace.wait()
                return job
            if not await self._fill():
                return None
        return None

    def _peek(self) -> _Job | None:
        """The next one without waiting, for pipelining."""
        return None if self.pace.limited or self.stop() else self.queue.take()

    # --- a connection -------------------------------------------------------------------

    async def _work(self) -> None:
        connection: Connection | None = None
        following: _Job | None = None
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

    async def _send(
        self, connection: Connection, job: _Job
    ) -> tuple[Connection | None, _Job | None]:
        """Hand over one message; the connection, if it still is one, and what was begun on it."""
        begun: list[_Job] = []

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
            outcome = _Outcome(job, MessageState.FAILED, str(error))
        except TemporaryMailError as error:
            outcome = _Outcome(job, self._deferred(job), str(error))
        await self._settle(outcome)
        return after, begun[0] if begun else None

    def _envelope(self, job: _Job) -> Envelope:
        if job.envelope is None:
            job.envelope = self.writer.write(job.message)
        return job.envelope

    def _deferred(self, job: _Job) -> MessageState:
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
        self.queue.finished(outcome.job)
        variant = outcome.job.message.variant
        self._under_way[variant] -= 1
        if not self._under_way[variant]:
            del self._under_way[variant]
        self._tell(outcome)

    async def _record_all(self) -> None:
        try:
            while self._waiting:
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
        else:
            done.deferred += 1
        if outcome.error and len(done.problems) < 10:
            done.problems.append(f"{outcome.job.message.email}: {outcome.error}")
        if self.progress is not None:
            count = done.sent + done.failed + done.deferred
            self.progress(count, max(self.total, count))


def _clock() -> datetime:
    """The real time: leases do not follow `--at` (contract §3)."""
    return datetime.fromtimestamp(time.time(), UTC)


class _Fair:
    """Messages by domain: the next one is of the domain with the fewest under way, in turn, so
    that one slow domain does not hold the others."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[_Job]] = {}
        self._under_way: dict[str, int] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, job: _Job) -> None:
        self._queues.setdefault(job.domain, deque()).append(job)
        self._count += 1

    def put_back(self, job: _Job) -> None:
        """Taken, but not settled: it comes next."""
        self.finished(job)
        self._queues.setdefault(job.domain, deque()).appendleft(job)
        self._count += 1

    def take(self) -> _Job | None:
        if not self._queues:
            return None
        domain = min(self._queues, key=lambda name: self._under_way.get(name, 0))
        waiting = self._queues.pop(domain)
        job = waiting.popleft()
        if waiting:
            self._queues[domain] = waiting  # behind the others
        self._count -= 1
        self._under_way[domain] = self._under_way.get(domain, 0) + 1
        return job

    def finished(self, job: _Job) -> None:
        left = self._under_way.pop(job.domain, 1) - 1
        if left > 0:
            self._under_way[job.domain] = left


class _Pace:
    """At most so many messages a second over all connections; 0: no limit."""

    def __init__(self, rate: float) -> None:
        self.limited = rate > 0
        self._step = 1 / rate if rate > 0 else 0.0
        self._next = 0.0

    async def wait(self) -> None:
        if not self.limited:
            return
        now = asyncio.get_running_loop().time()
        at = max(self._next, now)
        self._next = at + self._step
        await asyncio.sleep(at - now)


def _mark(variant: Variant) -> bytes:
    parts = "\0".join((variant.subject, variant.html, variant.text))
    return hashlib.blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class _Writer:
    """Messages from variants: each variant is prepared once, until it changes."""

    def __init__(
        self, settings: Settings, secret: bytes, sign: Callable[[bytes], bytes] | None
    ) -> None:
        self.settings, self.secret, self.sign = settings, secret, sign
        self._prepared: dict[str, tuple[bytes, Prepared]] = {}
        self._digests = {digest.id: digest for digest in settings.digests}

    def use(self, variants: dict[str, Variant], needed: Collection[str]) -> None:
        """These are the variants of the next messages; `needed` are those of earlier ones that
        have not left. What is not among them is let go."""
        kept = {id: known for id, known in self._prepared.items() if id in needed}
        for id, variant in variants.items():
            mark = _mark(variant)
            known = self._prepared.get(id)
            kept[id] = known if known and known[0] == mark else (mark, self._prepare(variant))
        self._prepared = kept

    def _prepare(self, variant: Variant) -> Prepared:
        digest = variant.edition.rpartition("-")[0] if variant.kind == "digest" else ""
        known = self._digests.get(digest)
        rendered = Rendered(
            subject=variant.subject,
            html=variant.html,
            text=variant.text,
            language=variant.language,
            text_only=variant.text_only,
            digest=digest,
            digest_title=known.title if known else digest,
            kind=variant.kind,
        )
        return mail.prepare(rendered, self.settings)

    def write(self, message: Message) -> Envelope:
        """The envelope and bytes of a message, signed."""
        data = self._prepared[message.variant][1].build(self.recipient(message))
        base = self.settings.mail.bounce or self.settings.mail.sender
        return Envelope(
            sender=verp.return_path(base, self.secret, message.subscriber),
            recipient=message.email,
            message_id=message.message_id,
            data=self.sign(data) if self.sign else data,
        )

    def recipient(self, message: Message) -> Recipient:
        return recipient(self.settings, self.secret, message)


def recipient(settings: Settings, secret: bytes, message: Message) -> Recipient:
    """What is this subscriber's own in a message: address, links, Message-ID."""
    return mail.addressed(
        settings,
        secret,
        subscriber=message.subscriber,
        salt=message.salt,
        email=message.email,
        name=message.name,
        message_id=message.message_id,
        date=message.date,
        edition=message.edition,
        letter=message.edition.startswith("letter:"),
    )
