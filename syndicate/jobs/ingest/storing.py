"""What polls brought, into the database: a document and its source's state at once, or neither.

Any number of processes may do so at once. On PostgreSQL they take turns for documents, because
whether an article is of a known story is a question to all that is stored; and a worker stores
only for sources whose lease it still has, so that a slow one does not undo what another did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from syndicate.adapters.store import sources as store
from syndicate.adapters.store.engine import Database, is_conflict
from syndicate.core import document
from syndicate.core.gate import Gate
from syndicate.errors import FetchError, StoreError
from syndicate.jobs.ingest import reading
from syndicate.jobs.ingest.counts import Counts, File
from syndicate.jobs.ingest.outcome import Brought
from syndicate.settings import Settings

if TYPE_CHECKING:
    from syndicate.adapters.store.sources import SourceState
    from syndicate.jobs.ingest.intake import Intake

# Documents in one transaction: neighbours change the same pages, which are then written once
AT_ONCE = 8


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
    gate: Gate

    def store(self, batch: Sequence[Brought]) -> None:
        """Store what several polls brought; those without a document together."""
        quiet = [brought for brought in batch if brought.document is None]
        if quiet:
            self._quiet(quiet)
        changed = [brought for brought in batch if brought.document is not None]
        for start in range(0, len(changed), AT_ONCE):
            self._documents(changed[start : start + AT_ONCE])

    def _quiet(self, batch: Sequence[Brought]) -> None:
        with self.db.begin() as conn:
            mine = store.held(conn, [b.source.id for b in batch], self.owner)
            kept = [brought for brought in batch if brought.source.id in mine]
            store.save(conn, [reading.scheduled(b, (), self.now) for b in kept])
        for brought in kept:
            self._count(brought)

    def _documents(self, batch: Sequence[Brought]) -> None:
        """Several documents in one transaction; one by one where another process was faster."""
        try:
            self._try(batch)
        except IntegrityError:
            self._one_by_one(batch)  # now it is known
        except StoreError as error:
            if not is_conflict(error):
                raise
            self._one_by_one(batch)

    def _one_by_one(self, batch: Sequence[Brought]) -> None:
        for brought in batch:
            self._try([brought])

    def _try(self, batch: Sequence[Brought]) -> None:
        """Documents of sources that are still ours; nothing is counted before it is stored."""
        from syndicate.jobs.ingest.intake import Intake  # heavy, and most polls bring nothing

        counts = Counts()
        with self.db.begin() as conn:
            store.take_turn(conn)
            mine = store.held(conn, [b.source.id for b in batch], self.owner)
            kept = [brought for brought in batch if brought.source.id in mine]
            intake = Intake(
                conn, self.settings, self.file, self.secret, self.now, counts, self.gate
            )
            states = [self._taken(intake, brought) for brought in kept]
            store.save(conn, states)
        self.done.counts.add(counts)
        for brought in kept:
            self._count(brought)
            self._acknowledge(brought)

    def _taken(self, intake: Intake, brought: Brought) -> SourceState:
        """A document taken in, and the state that its source is in then."""
        assert brought.document is not None
        before = intake.counts.arrivals
        intake.take(brought.source, document.unpacked(brought.document))
        arrivals = (self.now,) if intake.counts.arrivals > before else ()
        return reading.scheduled(brought, arrivals, self.now)

    def _count(self, brought: Brought) -> None:
        done = self.done
        done.polled += 1
        if brought.error is not None:
            done.failed += 1
            done.problems.append((brought.source.id, brought.error))
        elif brought.document is not None and brought.document.brings:
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
