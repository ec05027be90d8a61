"""What the daemon does, one function a kind of job; each runs in a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from syndicate.daemon import apart

if TYPE_CHECKING:
    from datetime import datetime

    from syndicate.adapters.store.leader import Leader
    from syndicate.jobs.bounces import Taken
    from syndicate.jobs.learn import Trained
    from syndicate.wiring import Application

log = logging.getLogger("syndicate.daemon")


class Running(Protocol):
    """The daemon as its jobs see it."""

    leader: Leader
    follows: bool
    learned: datetime | None  # when columns were last learned by this process

    def application(self) -> AbstractContextManager[Application]: ...
    def wake(self, what: str, *names: str) -> None: ...
    def in_own_loop(self, kind: str, coroutine: Coroutine[Any, Any, Any]) -> Any: ...
    def survey(self) -> None: ...


Job = Callable[[Running, Sequence[str]], None]


def ingest(at: Running, names: Sequence[str]) -> None:
    """Read what is due, or these sources."""
    from syndicate.jobs import push

    with at.application() as app:
        known = [name for name in names if app.settings.source(name) is not None]
        if names and not known:
            return
        if not names and _many_due(app):
            reading = apart.run("ingest", app.settings, app.now)
        else:
            reading = app.ingest_async(known, stop=app.stopping)
        done = at.in_own_loop("ingest", reading)
        push.relax(app.database, app.now)
        told = app.reexamine()
    at.survey()
    if told:
        log.warning("%s", told)
    if done is None:
        return
    for source, error in done.problems:
        log.info("%s: %s", source, error, extra={"source": source})
    if done.counts.new or done.counts.updated:
        log.info("%d new entries, %d updated", done.counts.new, done.counts.updated)
        at.wake("publish")


def _many_due(app: Application) -> bool:
    """Whether to read what is due is worth a process; on PostgreSQL it is shared with others."""
    from syndicate.adapters.store import sources
    from syndicate.jobs.ingest import addresses_of

    if not app.database.is_sqlite:
        return False
    with app.database.read() as conn:
        return len(sources.due(conn, addresses_of(app.settings), app.now)) > apart.SOURCES


def publish(at: Running, _names: Sequence[str]) -> None:
    """Write the feeds and pages that changed."""
    from syndicate.adapters.store import placements

    with at.application() as app:
        with app.database.read() as conn:
            many = placements.count_touched(conn) > apart.ENTRIES
        if many:
            report = at.in_own_loop("publish", apart.run("publish", app.settings, app.now))
        else:
            report = app.publish()
        if report is None:  # it was told to end
            return
    written = sum(report.parts[part]["written"] for part in ("feeds", "pages"))
    if written:
        log.info("%d files published", written)
    for problem in report.problems:
        log.warning("%s", problem["error"])


def compose(at: Running, _names: Sequence[str]) -> None:
    """Compose due editions; remind of claims. Of several processes one does it."""
    at.follows = not at.leader.leads()
    if at.follows:  # asked again soon: the leader may go
        return
    with at.application() as app:
        app.remind_of_claims()
        composed = app.compose()
    for edition in composed.editions:
        log.info("edition %s: %s", edition.id, edition.state)
    at.wake("deliver")


def deliver(at: Running, _names: Sequence[str]) -> None:
    """Hand over every message that is due; stops between two of them."""
    with at.application() as app:
        if app.settings.unsendable:
            return
        done = at.in_own_loop("deliver", app.deliver_async())
    if done is None:
        return
    if done.sent or done.failed or done.deferred:
        log.info("%d sent, %d deferred, %d failed", done.sent, done.deferred, done.failed)
    for problem in done.problems:
        log.warning("%s", problem)


def bounces(at: Running, _names: Sequence[str]) -> None:
    """Take in what came into the mailboxes: reports, unsubscriptions, claims."""
    with at.application() as app:
        taken = app.read_inboxes()
    if taken is not None:
        say_taken(at, taken)


def say_taken(at: Running, taken: Taken) -> None:
    """What came by mail, into the log; what is owed for it leaves soon."""
    if taken.read:
        log.info("%d mails taken in", taken.read)
    if taken.claims or taken.replies:
        log.warning("%d claims by mail, %d mails about claims", taken.claims, taken.replies)
        at.wake("deliver")
    for problem in taken.problems:
        log.warning("%s", problem)


def upkeep(at: Running, _names: Sequence[str]) -> None:
    """Seal the record; remind of claims; prune what is old; renew what hubs push."""
    from syndicate.jobs import prune, push

    with at.application() as app:
        app.seal()
        if app.remind_of_claims():
            at.wake("deliver")
        done = prune.prune(app.database, app.settings, app.now)
        if done.entries:
            log.info("%d entries pruned", done.entries)
            at.wake("publish")

        async def renew() -> int:
            async with app.fetcher() as fetcher:
                return await push.renew(app.database, app.settings, fetcher, app.now)

        asked = at.in_own_loop("upkeep", renew())
        if asked:
            log.info("%d hubs asked to push", asked)


def learn(at: Running, _names: Sequence[str]) -> None:
    """Learn columns anew after enough moves by editors; of several processes one does it."""
    from syndicate.adapters.store import columns
    from syndicate.adapters.store.leader import Leader

    with at.application() as app:
        alone = Leader(app.database, "learn")
        try:
            if not alone.leads():
                return
            with app.database.read() as conn:  # another may have just done it
                moves = columns.standing(conn, at.learned).moves
            if not app.settings.learning.is_due(moves):
                return
            trained = at.in_own_loop("learn", app.learn_async())
        finally:
            alone.resign()
        if trained is not None:
            at.learned = app.now  # where nothing came of it, the next try is after as many moves
            _say_learned(trained)


def _say_learned(trained: Trained) -> None:
    if trained.active:
        log.info(
            "columns: version %d is in use: %s; %d examples, %d of them moved by editors",
            *(trained.version, trained.reason, trained.examples, trained.moves),
        )
    elif trained.version is None:
        log.warning("columns: nothing was learned: %s", trained.reason)
    else:
        log.warning(
            "columns: version %d is kept, and not used: %s", trained.version, trained.reason
        )
    for left_out in trained.left_out:
        log.info("columns: left out: %s", left_out)


def backup(at: Running, _names: Sequence[str]) -> None:
    """Copy the database into storage.backup, where that is set and the day has none."""
    from syndicate.jobs import backup as job

    with at.application() as app:
        if not app.settings.storage.backup:
            return
        made = job.daily(app.database, app.settings, app.now, app.stopping)
    if made is not None:
        log.info("backup: %s", made)


KINDS: dict[str, Job] = {
    "ingest": ingest,
    "publish": publish,
    "compose": compose,
    "deliver": deliver,
    "bounces": bounces,
    "upkeep": upkeep,
    "learn": learn,
    "backup": backup,
}
