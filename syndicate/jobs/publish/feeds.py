"""Feeds of columns and their archives, joined from fragments that are kept in the old files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import published
from syndicate.adapters.store.published import Known, Part
from syndicate.core import feed, months
from syndicate.core.feed import FORMATS, Channel, Format, Tombstone
from syndicate.core.outgoing import Outgoing
from syndicate.jobs.publish.writing import Writing, digest

PART = 500  # entries in one archive page; a busy month has several
_TOMBSTONES = 100
_MONTH = 100  # entries on the page of a month; the archive feed has all
Kept = dict[str, tuple[datetime, bytes]]
Key = tuple[datetime, str]  # reception and id: the order of archives


def column(writing: Writing, id: str, touched: Collection[str], down: Sequence[Known]) -> None:
    """The three feeds of a column ("" for the whole site), newest first."""
    limit = writing.settings.publish.items
    ids = [p.entry for p in entry_store.newest_places(writing.conn, id, limit)]
    parts = published.parts(writing.conn, id)
    latest = months.archive_path(id, parts[-1].month, parts[-1].part) if parts else None
    buried = [k for k in down if not id or id in k.columns][:_TOMBSTONES]
    paths: dict[Format, str] = {f: f"{id}/{name}" if id else name for f, name in FORMATS.items()}
    kept = {f: _kept(writing, f, path, touched) for f, path in paths.items()}
    made = _missing(writing, [i for i in ids if not all(i in kept[f] for f in kept)])
    for format, path in paths.items():
        channel = feed.channel(writing.settings, id, path, writing.authority)
        channel = replace(channel, previous=latest, tombstones=_tombstones(buried))
        _write(writing, format, channel, ids, kept[format], made)


def _tombstones(down: Sequence[Known]) -> tuple[Tombstone, ...]:
    return tuple(Tombstone(k.iri, k.at) for k in down)


def _kept(writing: Writing, format: Format, path: str, touched: Collection[str]) -> Kept:
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


def _missing(writing: Writing, ids: Sequence[str]) -> dict[str, Outgoing]:
    found = entry_store.get_many(writing.conn, ids)
    return {out.entry.id: out for out in writing.outgoing(found.values())}


def _write(
    writing: Writing,
    format: Format,
    channel: Channel,
    ids: Sequence[str],
    kept: Kept,
    made: dict[str, Outgoing],
) -> None:
    rows: list[tuple[str, datetime, bytes]] = []
    for id in ids:
        if id in kept:
            rows.append((id, *kept[id]))
        elif id in made:
            rows.append((id, made[id].updated, feed.fragment(format, made[id])))
    data = feed.join(format, channel, [r[1] for r in rows], [r[2] for r in rows])
    writing.put(channel.path, data, "feed", tuple((r[0], r[1]) for r in rows))


def archive(
    writing: Writing, id: str, month: str, places: Sequence[Key], touched: Collection[str],
    down: Sequence[Known],
) -> bool:  # fmt: skip
    """The archive pages of a month in which places (by reception) changed.

    Whether the chain of pages changed, so that its neighbours have to be written too.
    """
    before = published.parts(writing.conn, id, month)
    after = _partition(writing, id, month, before)
    for path in {_path(p) for p in before} - {_path(p) for p in after}:
        writing.drop(path)
    published.set_parts(writing.conn, id, month, after)
    changed = [p.part for p in before] != [p.part for p in after]
    chain = published.parts(writing.conn, id)
    for part in after:
        end = _end(writing, part, after)
        if changed or writing.rebuild or any(_key(part) <= at < end for at in places):
            write_part(writing, part, end, chain, touched, down)
    return changed


def neighbours(writing: Writing, id: str, months_: Collection[str], down: Sequence[Known]) -> None:
    """The pages beside new or removed ones, whose links to them changed."""
    chain = published.parts(writing.conn, id)
    for number, part in enumerate(chain):
        beside = chain[max(number - 1, 0) : number + 2]
        if part.month not in months_ and any(p.month in months_ for p in beside):
            own = [p for p in chain if p.month == part.month]
            write_part(writing, part, _end(writing, part, own), chain, (), down)


def _path(part: Part) -> str:
    return months.archive_path(part.column, part.month, part.part)


def _key(part: Part) -> Key:
    return part.start, part.entry


def _bounds(writing: Writing, month: str) -> tuple[Key, Key]:
    start, end = months.bounds(month, writing.zone)
    return (start, ""), (end, "")


def _partition(writing: Writing, id: str, month: str, before: Sequence[Part]) -> list[Part]:
    """The parts of a month. Full ones stay where they begin; only the last one is cut again."""
    start, end = _bounds(writing, month)
    made = [] if writing.rebuild else list(before[:-1])
    if made:
        start = _key(before[-1])
    for count, place in enumerate(entry_store.places_received(writing.conn, id, start, end)):
        if count % PART == 0:
            at = start if count == 0 else (place.received, place.entry)
            made.append(Part(id, month, len(made) + 1, *at))
    return made


def _end(writing: Writing, part: Part, parts: Sequence[Part]) -> Key:
    following = [_key(p) for p in parts if p.part > part.part]
    return min(following, default=_bounds(writing, part.month)[1])


def write_part(
    writing: Writing, part: Part, end: Key, chain: Sequence[Part], touched: Collection[str],
    down: Sequence[Known],
) -> None:  # fmt: skip
    """One archive page (RFC 5005, 4): newest reception first, linked to its neighbours."""
    found = entry_store.places_received(writing.conn, part.column, _key(part), end)
    ids = [p.entry for p in found][::-1]
    path = _path(part)
    kept = _kept(writing, "atom", path, touched)
    made = _missing(writing, [i for i in ids if i not in kept])
    at = chain.index(part)
    buried = [
        k
        for k in down
        if (not part.column or part.column in k.columns)
        and _key(part) <= (k.received, k.entry) < end
    ]
    living = f"{part.column}/atom.xml" if part.column else "atom.xml"
    channel = replace(
        feed.channel(writing.settings, part.column, path, writing.authority),
        previous=_path(chain[at - 1]) if at else None,
        next=_path(chain[at + 1]) if at + 1 < len(chain) else None,
        current=living,
        tombstones=_tombstones(buried),
    )
    _write(writing, "atom", channel, ids, kept, made)


def places_in(writing: Writing, part: Part, parts: Sequence[Part]) -> list[entry_store.Place]:
    """What stands in one part of an archive, oldest reception first."""
    own = [p for p in parts if p.month == part.month]
    end = _end(writing, part, own)
    return list(entry_store.places_received(writing.conn, part.column, _key(part), end))


def month(writing: Writing, id: str, month: str) -> list[Outgoing]:
    """What the page of a month lists, newest reception first."""
    start, end = months.bounds(month, writing.zone)
    found = entry_store.newest_received(writing.conn, id, start, end, _MONTH)
    return writing.outgoing(found)
