"""An edition that was held: an editor lets it go, or refuses it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from syndicate.adapters.store import copy, entries, outbox
from syndicate.adapters.store import editions as edition_store
from syndicate.adapters.store.editions import Edition
from syndicate.adapters.store.engine import Database
from syndicate.errors import UsageError
from syndicate.model import EditionState


def approve(db: Database, id: str) -> Edition:
    """Let a held edition go."""
    with db.begin() as conn:
        edition = _held(conn, id)
        if edition.reason.startswith(edition_store.UNMADE):
            remedy = "mend it; the next run composes the edition"
            raise UsageError(edition.reason, where=id, remedy=remedy)
        edition_store.set_edition(conn, id, EditionState.SENDING, edition_store.APPROVED)
        last = edition_store.of_digest(conn, edition.digest, 1)[0]
        if last.id != id:
            edition_store.renumber(conn, id, last.number + 1)
    return replace(edition, state=EditionState.SENDING)


def reject(db: Database, id: str, now: datetime) -> Edition:
    """Refuse a held edition: its messages are dropped, its entries are free for the next."""
    with db.begin() as conn:
        edition = _held(conn, id)
        edition_store.set_edition(conn, id, EditionState.REJECTED, "rejected by an editor")
        outbox.drop_edition(conn, id, now, "an editor rejected the edition")
        had = entries.get_many(conn, edition_store.entries_of(conn, id)).values()
        sent = copy.perhaps_sent(conn, had)  # by what a recovery lost: not once more
        edition_store.release_entries(conn, id, [entry.id for entry in sent])
    return replace(edition, state=EditionState.REJECTED)


def _held(conn: Connection, id: str) -> Edition:
    edition = edition_store.edition(conn, id)
    if edition is None:
        raise UsageError("no such edition", where=id, remedy="`syndicate digest list` has them")
    if edition.state is not EditionState.HELD:
        raise UsageError(f"it is {edition.state.value}, not held", where=id)
    return edition
