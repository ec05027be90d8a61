"""Feeds of columns, joined from fragments that are kept in the old files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from syndicate.adapters.store import archives, placements, published
from syndicate.adapters.store.published import Known
from syndicate.core import feed, months
from syndicate.core.feed import FORMATS, Channel, Format, Tombstone
from syndicate.core.outgoing import Outgoing
from syndicate.jobs.publish.writing import Writing, digest

_MANY_DOWN = 100
Kept = dict[str, tuple[datetime, bytes]]


def column(
    writing: Writing, id: str, touched: Collection[str], down: Sequence[Known]
) -> dict[str, Outgoing]:
    """The three feeds of a column ("" for the whole site), newest first.

    Returns what of it had to be read, for the pages beside them.
    """
    ids = placements.newest_ids(writing.conn, id, writing.settings.publish.items)
    last = archives.last_part(writing.conn, id)
    buried = [k for k in down if not id or id in k.columns][:_MANY_DOWN]
    paths: dict[Format, str] = {f: f"{id}/{name}" if id else name for f, name in FORMATS.items()}
    old = {f: kept(writing, f, path, touched) for f, path in paths.items()}
    made = writing.get(i for i in ids if not all(i in old[f] for f in old))
    for format, path in paths.items():
        channel = feed.channel(writing.settings, id, path, writing.authority)
        latest = months.archive_path(last.column, last.month, last.part) if last else None
        channel = replace(channel, previous=latest, tombstones=tombstones(buried))
        write(writing, format, channel, ids, old[format], made)
    return made


def tombstones(down: Sequence[Known]) -> tuple[Tombstone, ...]:
    """What readers are told to forget."""
    return tuple(
        Tombstone(k.iri, k.at, "expired" if k.state == published.OVER else "taken down")
        for k in down
    )


def kept(writing: Writing, format: Format, path: str, touched: Collection[str]) -> Kept:
    """Fragments of the file as it stands, where it is what was recorded, of untouched entries."""
    if writing.rebuild:
        return {}
    known = published.file(writing.conn, path)
    data = writing.disk.read(path)
    if known is None or known.entries is None or data is None or digest(data) != known.digest:
        return {}
    parts = feed.split(format, data)
    if len(parts) != len(known.entries):
        return {}
    return {
        id: (at, part)
        for (id, at), part in zip(known.entries, parts, strict=True)
        if id not in touched
    }


def write(
    writing: Writing,
    format: Format,
    channel: Channel,
    ids: Sequence[str],
    kept: Kept,
    made: dict[str, Outgoing],
) -> None:
    """One feed, joined from fragments that were kept and such as are made now."""
    rows: list[tuple[str, datetime, bytes]] = []
    for id in ids:
        if id in kept:
            rows.append((id, *kept[id]))
        elif id in made:
            rows.append((id, made[id].updated, feed.fragment(format, made[id])))
    data = feed.join(format, channel, [r[1] for r in rows], [r[2] for r in rows])
    writing.put(channel.path, data, "feed", tuple((r[0], r[1]) for r in rows))
