"""Pages of entries, and the record of what they and the feeds say."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import published
from syndicate.adapters.store.published import DOWN, PUBLISHED, Known
from syndicate.core.outgoing import Outgoing, iri
from syndicate.core.record import record
from syndicate.core.sections import places
from syndicate.jobs.publish.pages import Pages
from syndicate.jobs.publish.writing import Writing
from syndicate.model import Entry, Status

_CHUNK = 500


def path(entry: str) -> str:
    return f"articles/{entry}.html"


def write(writing: Writing, pages: Pages, ids: Sequence[str]) -> tuple[list[Known], list[str]]:
    """The pages of these entries as they stand now: written, told to be gone, or removed.

    Returns the records to keep, and the ids whose records go.
    """
    found = entry_store.get_many(writing.conn, ids)
    before = published.known(writing.conn, ids)
    shown = [e for e in found.values() if e.status is Status.PUBLISHED]
    kept = [_page(writing, pages, out, before) for out in writing.outgoing(shown)]
    gone: list[str] = []
    for id in ids:
        entry = found.get(id)
        if entry is not None and entry.status is Status.PUBLISHED:
            continue
        if entry is not None and entry.status is Status.RETRACTED and id in before:
            kept.append(_down(writing, pages, entry, before[id]))
        else:
            writing.drop(path(id))
            gone.append(id)
    return kept, gone


def _page(writing: Writing, pages: Pages, out: Outgoing, before: dict[str, Known]) -> Known:
    entry = out.entry
    writing.put(path(entry.id), pages.article(out).encode("utf-8", "replace"), "page")
    old = before.get(entry.id)
    at = old.at if old and old.state == PUBLISHED else writing.now
    columns = places(writing.settings.columns, entry.columns or (entry.column,))
    return Known(
        entry.id, PUBLISHED, at, iri(entry), entry.story, entry.received, columns, record(out)
    )


def _down(writing: Writing, pages: Pages, entry: Entry, old: Known) -> Known:
    writing.put(path(entry.id), pages.taken_down(entry.id).encode(), "page")
    at = old.at if old.state == DOWN else writing.now
    return Known(entry.id, DOWN, at, old.iri, entry.story, entry.received, old.columns)


def vanished(conn: Connection) -> list[str]:
    """Entries that were published and are not any more, without having been taken down."""
    gone: list[str] = []
    chunk: list[str] = []
    for known in published.all_known(conn):
        chunk.append(known.entry)
        if len(chunk) == _CHUNK:
            gone += _vanished(conn, chunk)
            chunk = []
    return gone + _vanished(conn, chunk)


def _vanished(conn: Connection, ids: Sequence[str]) -> list[str]:
    found = entry_store.statuses(conn, ids)
    stay = (Status.PUBLISHED.value, Status.RETRACTED.value)
    return [id for id in ids if found.get(id) not in stay]
