"""What happened after a backup was taken and going back to it must not undo.

Somebody's word that is in the database to be replaced still holds: what was taken down, who left,
who was erased. It is read there before, and put into what was recovered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.claims import claim_mails, claim_steps, claims
from syndicate.adapters.store.engine import insert
from syndicate.adapters.store.entries import entries
from syndicate.adapters.store.stories import retracted
from syndicate.adapters.store.subscribers import forgotten, subscribers
from syndicate.model import Status, SubscriberState

# Claims that nobody here knows of any more may have got numbers after the last known one
_SKIPPED = 1000
_OF_CLAIMS = (claims, claim_steps, claim_mails)
_LEFT = (SubscriberState.UNSUBSCRIBED.value, SubscriberState.SUPPRESSED.value)


@dataclass(frozen=True, slots=True)
class Since:
    """`down`: entries to the reason; `erased`: marks of addresses to when; `left`: id to state."""

    marks: tuple[tuple[bytes, str], ...] = ()
    down: tuple[tuple[str, str], ...] = ()
    erased: tuple[tuple[bytes, datetime], ...] = ()
    left: tuple[tuple[str, str], ...] = ()


def gather(conn: Connection) -> Since:
    """What holds in this database."""
    down = sa.select(entries.c.id, entries.c.held_for)
    down = down.where(entries.c.status == Status.RETRACTED.value)
    left = sa.select(subscribers.c.id, subscribers.c.state)
    left = left.where(subscribers.c.state.in_(_LEFT))
    return Since(
        tuple((bytes(r.mark), r.entry) for r in conn.execute(sa.select(retracted))),
        tuple((r.id, r.held_for) for r in conn.execute(down)),
        tuple((bytes(r.mark), r.at) for r in conn.execute(sa.select(forgotten))),
        tuple((r.id, r.state) for r in conn.execute(left)),
    )


def put(conn: Connection, since: Since) -> int:
    """Marks and unsubscriptions into another database; how many people leave by it."""
    if since.marks:
        rows = [{"mark": mark, "entry": entry} for mark, entry in since.marks]
        conn.execute(insert(conn, retracted).on_conflict_do_nothing(), rows)
    if since.erased:
        people = [{"mark": mark, "at": at} for mark, at in since.erased]
        conn.execute(insert(conn, forgotten).on_conflict_do_nothing(), people)
    left = 0
    for id, state in since.left:
        mine = sa.and_(subscribers.c.id == id, subscribers.c.state.not_in(_LEFT))
        left += conn.execute(sa.update(subscribers).where(mine).values(state=state)).rowcount
    return left


def put_claims_aside(conn: Connection) -> None:
    """Keep claims, what was done about them and their mails beside, before all is replaced."""
    for table in _OF_CLAIMS:
        conn.exec_driver_sql(f"CREATE TABLE aside_{table.name} AS SELECT * FROM {table.name}")  # noqa: S608


def put_claims_back(conn: Connection) -> int:
    """Claims that came after the backup, and what was done since about those in it; how many came
    after. A number that stands for one claim here and for another there stays the backup's."""
    both = "aside_claims AS a JOIN claims AS c ON a.number = c.number"
    other = conn.exec_driver_sql(f"SELECT a.number FROM {both} WHERE a.at <> c.at")  # noqa: S608
    taken = list(other.scalars())
    for table, key in zip(_OF_CLAIMS, ("number", "claim", "claim"), strict=True):
        for number in taken:
            conn.execute(sa.text(f"DELETE FROM aside_{table.name} WHERE {key} = :n"), {"n": number})  # noqa: S608
    known = conn.execute(sa.select(sa.func.count()).select_from(claims)).scalar_one()
    for table, key, mine in (
        (claims, "number", "SELECT number FROM aside_claims"),
        (claim_steps, "claim", "SELECT number FROM aside_claims"),
        (claim_mails, "mark", "SELECT mark FROM aside_claim_mails"),
    ):
        names = ", ".join(f'"{c.name}"' for c in table.columns if c is not claim_steps.c.id)
        conn.exec_driver_sql(f"DELETE FROM {table.name} WHERE {key} IN ({mine})")  # noqa: S608
        order = " ORDER BY id" if table is claim_steps else ""
        conn.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM aside_{table.name}{order}"  # noqa: S608
        )
    for table in _OF_CLAIMS:
        conn.exec_driver_sql(f"DROP TABLE aside_{table.name}")
    now = conn.execute(sa.select(sa.func.count()).select_from(claims)).scalar_one()
    _go_on_from(conn, 0)
    return int(now - known)


def skip_numbers(conn: Connection) -> None:
    """Have claims go on a thousand higher, where what came after the backup is lost: its numbers
    were told to those who claimed."""
    _go_on_from(conn, _SKIPPED)


def _go_on_from(conn: Connection, further: int) -> None:
    highest = conn.execute(sa.select(sa.func.max(claims.c.number))).scalar() or 0
    if conn.dialect.name == "sqlite":
        said = conn.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'claims'")
        known = said.scalar()
        conn.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'claims'")
        row = ("claims", max(highest, known or 0) + further)
        conn.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", row)
    elif highest + further:
        sequence = sa.func.pg_get_serial_sequence("claims", "number")
        conn.execute(sa.select(sa.func.setval(sequence, highest + further)))
