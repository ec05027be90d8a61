"""What polls brought, into the database: each document and its source's state in one transaction.

Any number of processes may do so at once. On PostgreSQL they take turns for documents, because
whether an article is of a known story is a question to all that is stored; and a worker stores
only for sources whose lease it still has, so that a slow one does not undo what another did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from syndicate.adapters.store import sources as store
from syndicate.adapters.store.engine import Database, is_conflict
from syndicate.errors import FetchError, StoreError
from syndicate.jobs.ingest import reading
from syndicate.jobs.ingest.counts import Counts, File
from syndicate.jobs.ingest.outcome import Brought
from syndicate.settings import Settings


@dataclass
class Ingested:
    """What a run of ingest did (contract §3)."""

    polled: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    counts: Counts = field(default_factory=Counts)
    problems: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Storing:
    """Stores what one run brings. `owner` is whose leases its sources are under, "" for none."""

    db: Database
    settings: Settings
    file: File
    secret: bytes
    now: datetime
    owner: str
    done: Ingested

    def store(self, batch: Sequence[Brought]) -> None:
        """Store what several polls brought; those without a document together."""
        quiet = [brought for brought in batch if brought.document is None]
        if quiet:
            self._quiet(quiet)
        for brought in batch:
            if brought.document is not None:
                self._document(brought)

    def _quiet(self, batch: Sequence[Brought]) -> None:
        with self.db.begin() as conn:
            mine = store.held(conn, [b.source.id for b in batch], self.owner)
            kept = [brought for brought in batch if brought.source.id in mine]
            store.save(conn, [reading.scheduled(b, (), self.now) for b in kept])
        for brought in kept:
            self._count(brought)

    def _document(self, brought: Brought) -> None:
        try:
            stored = self._try(brought)
        except IntegrityError:
            stored = self._try(brought)  # another process was faster; now it is known
        except StoreError as error:
            if not is_conflict(error):
                raise
            stored = self._try(brought)
        if stored:
            self._count(brought)
            self._acknowledge(brought)

    def _try(self, brought: Brought) -> bool:
        """One document; False where its source is another's by now. Nothing is counted twice."""
        assert brought.document is not None
        from syndicate.jobs.ingest.intake import Intake  # heavy, and most polls bring nothing

        counts = Counts()
        with self.db.begin() as conn:
            store.take_turn(conn)
            if not store.held(conn, [brought.source.id], self.owner):
                return False
            Intake(conn, self.settings, self.file, self.secret, self.now, counts).take(
                brought.source, brought.document
            )
            arrivals = (self.now,) if counts.arrivals else ()
            store.save(conn, [reading.scheduled(brought, arrivals, self.now)])
        self.done.counts.add(counts)
        return True

    def _count(self, brought: Brought) -> None:
        done = self.done
        done.polled += 1
        if brought.error is not None:
            done.failed += 1
            done.problems.append((brought.source.id, brought.error))
        elif brought.document is not None and brought.document.entries:
            done.changed += 1
        else:
            done.unchanged += 1
        done.problems += [(brought.source.id, problem) for problem in brought.problems]

    def _acknowledge(self, brought: Brought) -> None:
        """Tell a mailbox what is safe now; where that fails, it comes again and is known."""
        if brought.acknowledge is not None:
            try:
                brought.acknowledge()
            except FetchError as error:
                self.done.problems.append((brought.source.id, str(error)))
