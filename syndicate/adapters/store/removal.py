"""Taking entries away for good, with all that is known of them but that they were seen.

What was decided about them stays too: the record of decisions is sealed, and only appended to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store import received as responses
from syndicate.adapters.store.entries import (
    entries,
    in_parts,
    links,
    placements,
    unpublished,
)
from syndicate.adapters.store.stories import filings, flags, rulings
from syndicate.model import Entry, Status

_ABOUT = (placements, links, filings, flags, rulings)


def remove(conn: Connection, gone: Sequence[Entry]) -> None:
    """Delete entries, how they came, their places, links, moves, rulings and flags.

    The record of decisions is only ever appended to: it is sealed, and outlives what it is about.

    Their places are marked unpublished, so that the next publishing takes them out of feeds and
    archives, and their pages off. Marks of what was taken down stay.
    """
    ids = [entry.id for entry in gone]
    responses.remove(conn, ids)
    touched = {(entry.id, ""): entry.received for entry in gone}
    for part in in_parts(ids):
        query = sa.select(placements.c.entry, placements.c.column, placements.c.received)
        for entry, column, received in conn.execute(query.where(placements.c.entry.in_(part))):
            touched[entry, column] = received
        for table in _ABOUT:
            conn.execute(sa.delete(table).where(table.c.entry.in_(part)))
        conn.execute(sa.delete(rulings).where(rulings.c.other.in_(part)))
        conn.execute(sa.delete(entries).where(entries.c.id.in_(part)))
    if touched:
        conn.execute(
            sa.insert(unpublished),
            [
                {"entry": entry, "column": column, "received": received}
                for (entry, column), received in touched.items()
            ],
        )


def blank(conn: Connection, before: datetime) -> None:
    """Delete the texts of what was taken down and received before a moment."""
    texts = ("content_html", "content_text", "summary")
    down = entries.c.status == Status.RETRACTED.value
    conn.execute(
        sa.update(entries)
        .where(down, entries.c.received < before, entries.c.content_html != "")
        .values(dict.fromkeys(texts, ""))
    )
