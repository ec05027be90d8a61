"""keep_days: what is older than it is kept goes; that it was seen stays.

Gone are the entry with its fingerprint, links, flags and rulings, and its places, so that the next
publishing takes away its page and its place in feeds, archives and pages of editions. Kept are the
marks that it was seen by (a source that still lists it brings nothing new), what was decided about
it (that record is sealed), that it was taken down (its page and gone.txt go on saying so; its text
goes), and which entries an edition carried. Sent messages of editions that old go too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store import editions as edition_store
from syndicate.adapters.store import entries, figures, fingerprints, limits, outbox, removal
from syndicate.adapters.store.engine import Database
from syndicate.core import sections, story
from syndicate.core.fingerprint import fingerprint
from syndicate.model import EditionState, Entry, Status
from syndicate.settings import Settings

_CHUNK = 500
_LEAST = timedelta(days=30)  # sent messages are kept so long, for the bounces and complaints;
# and figures of the dashboard


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much went."""

    entries: int = 0
    messages: int = 0


def prune(db: Database, settings: Settings, now: datetime) -> Pruned:
    """Remove what is older than `storage.keep_days`; 0 keeps everything for ever.

    In steps of some hundred entries, each a transaction of its own: it can be stopped anywhere.
    """
    with db.begin() as conn:
        limits.prune(conn, now)
        figures.forget(conn, now - _LEAST)
    if not settings.storage.keep_days:
        return Pruned()
    kept = timedelta(days=settings.storage.keep_days)
    gone = 0
    while some := _step(db, settings, now - kept):
        gone += some
    with db.begin() as conn:
        removal.blank(conn, now - kept)
        messages = _messages(conn, now - max(kept, _LEAST))
    return Pruned(gone, messages)


def _step(db: Database, settings: Settings, before: datetime) -> int:
    with db.begin() as conn:
        old = _old(conn, before)
        if old:
            _remove(conn, settings, old)
        return len(old)


def _old(conn: Connection, before: datetime) -> list[str]:
    """The oldest entries that may go: not taken down, and in no edition that has yet to leave."""
    table, messages, editions = entries.entries, outbox.messages, edition_store.editions
    unsent = sa.select(messages.c.edition).where(messages.c.state.in_(outbox.UNSENT))
    waiting = sa.select(editions.c.id).where(
        editions.c.state.in_((EditionState.HELD.value, EditionState.SENDING.value))
    )
    carried = edition_store.carried
    needed = sa.select(carried.c.entry).where(
        sa.or_(carried.c.edition.in_(unsent), carried.c.edition.in_(waiting))
    )
    query = (
        sa.select(table.c.id)
        .where(table.c.received < before, table.c.status != Status.RETRACTED.value)
        .where(table.c.id.not_in(needed), ~_awaited)
        .order_by(table.c.received, table.c.id)
        .limit(_CHUNK)
    )
    return list(conn.execute(query).scalars())


# What is embargoed was promised to go out
_awaited = sa.and_(
    entries.entries.c.status == Status.HELD.value, entries.entries.c.due.is_not(None)
)


def _remove(conn: Connection, settings: Settings, ids: Sequence[str]) -> None:
    found = entries.get_many(conn, ids)
    left = _left_behind(conn, list(found.values()))
    removal.remove(conn, list(found.values()))
    fingerprints.forget(conn, [_item(entry) for entry in found.values()])
    entries.save(conn, [(e, sections.places(settings.columns, e.columns)) for e in left])


def _item(entry: Entry) -> fingerprints.Item:
    """As it was indexed: what is stored of it does not say by which grams."""
    print_ = fingerprint(entry.title, entry.content_text)
    return fingerprints.Item(entry.id, entry.source, print_)


def _left_behind(conn: Connection, gone: Sequence[Entry]) -> list[Entry]:
    """Members that lead their story now, its lead being gone."""
    ids = {entry.id for entry in gone}
    changed = []
    for name, members in entries.of_story(conn, [e.story for e in gone if e.lead]).items():
        rest = [member for member in members if member.id not in ids]
        if rest:
            settled = story.settle(rest, name)
            changed += [after for after, was in zip(settled, rest, strict=True) if after != was]
    return changed


def _messages(conn: Connection, before: datetime) -> int:
    """Forget messages and renderings of editions and letters that were done with long ago."""
    messages, variants = outbox.messages, outbox.variants
    done = messages.c.state.not_in(outbox.UNSENT)
    removed: Any = conn.execute(sa.delete(messages).where(done, messages.c.changed < before))
    used = sa.select(messages.c.variant)
    old = sa.select(edition_store.editions.c.id).where(edition_store.editions.c.composed < before)
    conn.execute(
        sa.delete(variants).where(
            variants.c.id.not_in(used),
            sa.or_(variants.c.edition.in_(old), variants.c.kind == "letter"),
        )
    )
    return int(removed.rowcount)
