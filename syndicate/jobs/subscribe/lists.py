"""A whole list of subscribers in, and out, as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.engine import Connection

from syndicate.adapters.store import subscribers as store
from syndicate.adapters.store.engine import Database
from syndicate.core import roster, subscription
from syndicate.errors import ParseError, Problem
from syndicate.jobs.subscribe.one import ask, mark, new
from syndicate.model import Subscriber, SubscriberState
from syndicate.settings import Settings

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a list: how many of each, and who was left out with line and reason."""

    confirmed: int = 0
    invited: int = 0
    unchanged: int = 0
    left_out: tuple[Problem, ...] = ()


def import_csv(
    db: Database,
    settings: Settings,
    text: str,
    name: str,
    *,
    secret: bytes,
    now: datetime,
    dry_run: bool = False,
    by: str = "operator",
) -> Imported:
    """Take in a list (contract §3); `name` is what its file is called in messages.

    A row with a consent is confirmed, one without gets the invitation and nothing else. Whoever
    is known keeps what they chose themselves. Raises ParseError that names every malformed line;
    then nothing is changed.
    """
    rows, problems = roster.read(text, name, settings)
    if problems:
        raise ParseError("\n".join(map(str, problems)))
    with db.begin() as conn:
        taking = _Taking(conn, settings, name, secret, now, by)
        for start in range(0, len(rows), _BATCH):
            taking.take(rows[start : start + _BATCH])
        if dry_run:
            conn.rollback()
        return taking.result()


class _Taking:
    """One list on its way in."""

    def __init__(
        self,
        conn: Connection,
        settings: Settings,
        name: str,
        secret: bytes,
        now: datetime,
        by: str,
    ) -> None:
        self.conn, self.settings, self.name = conn, settings, name
        self.secret, self.now, self.by = secret, now, by
        self.counts = {"confirmed": 0, "invited": 0, "unchanged": 0}
        self.left_out: list[Problem] = []
        self.lines: dict[str, int] = {}

    def result(self) -> Imported:
        return Imported(**self.counts, left_out=tuple(self.left_out))

    def take(self, rows: Sequence[roster.Row]) -> None:
        rows = [row for row in rows if self._is_first(row)]
        keys = [subscription.key(row.email) for row in rows]
        marks = [mark(row.email, self.secret) for row in rows]
        known = store.by_emails(self.conn, keys)
        erased = store.are_forgotten(self.conn, marks)
        saved: list[tuple[Subscriber, str, roster.Row]] = []
        for row, key, its_mark in zip(rows, keys, marks, strict=True):
            if its_mark in erased:
                self._leave_out(row, "its owner had it erased")
            elif (person := self._person(row, known.get(key))) is not None:
                saved.append((person, key, row))
        store.save(self.conn, [(person, key) for person, key, _ in saved], self.now)
        for person, _, row in saved:
            at = row.consented_at.isoformat() if row.consented_at else ""
            text = " ".join(filter(None, (row.consent, at)))
            store.log(self.conn, person.id, self.now, f"imported by {self.by}", text)

    def _is_first(self, row: roster.Row) -> bool:
        first = self.lines.setdefault(subscription.key(row.email), row.line)
        if first != row.line:
            self._leave_out(row, f"stands in line {first} already")
        return first == row.line

    def _leave_out(self, row: roster.Row, why: str) -> None:
        self.left_out.append(Problem(self.name, row.line, f"{row.email}: {why}"))

    def _person(self, row: roster.Row, found: Subscriber | None) -> Subscriber | None:
        """The subscriber to be written; None where nothing is to be, or the invitation does it."""
        if found is not None and found.state is not SubscriberState.UNCONFIRMED:
            if found.state is SubscriberState.CONFIRMED:
                self.counts["unchanged"] += 1
            else:
                self._leave_out(row, f"is {found.state.value}")
            return None
        if row.state in (SubscriberState.UNSUBSCRIBED, SubscriberState.SUPPRESSED):
            self.counts["unchanged"] += 1
            return replace(found or new(row.email), state=row.state, consent=row.consent)
        if row.consent and row.state is not SubscriberState.UNCONFIRMED:
            self.counts["confirmed"] += 1
            person = subscription.fulfil(found or new(row.email), row.wish)
            at = min(row.consented_at or self.now, self.now)
            return replace(person, state=SubscriberState.CONFIRMED, joined=at, consent=row.consent)
        self._invite(row)
        return None

    def _invite(self, row: roster.Row) -> None:
        what = f"imported by {self.by}"
        if ask(self.conn, self.settings, row.email, row.wish, self.secret, self.now, what, ""):
            self.counts["invited"] += 1
        else:
            self._leave_out(row, "was written to less than a day ago, or three times in vain")


def export(db: Database) -> Iterator[str]:
    """All subscribers as the lines of a CSV that `import_csv` takes; streamed."""
    with db.read() as conn:
        yield from roster.write(store.everybody(conn))
