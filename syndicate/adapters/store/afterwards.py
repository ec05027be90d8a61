"""What happened after a backup was taken and going back to it must not undo.

Somebody's word that is in the database to be replaced still holds: what was taken down, who left,
who was erased. It is read there before, and put into what was recovered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import insert
from syndicate.adapters.store.entries import entries
from syndicate.adapters.store.stories import retracted
from syndicate.adapters.store.subscribers import forgotten, subscribers
from syndicate.model import Status, SubscriberState

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
