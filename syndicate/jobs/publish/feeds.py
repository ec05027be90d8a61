"""Feeds of columns and their archives, joined from fragments that are kept in the old files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from syndicate.adapters.store import placements, published
from syndicate.adapters.store.placements import Key
from syndicate.adapters.store.published import Known, Part
from syndicate.core import feed, months
from syndicate.core.feed import FORMATS, Channel, Format, Tombstone
from syndicate.core.outgoing import Outgoing
from syndicate.jobs.publish.writing import Writing, digest

PART = 100  # entries in one archive page; a busy month has several
_TOMBSTONES = 100
Kept = dict[str, tuple[datetime, bytes]]


def column(
    writing: Writing, id: str, touched: Collection[str], down: Sequence[Known]
) -> dict[str, Outgoing]:
    """The three feeds of a column ("" for the whole site), newest first.

    Returns what of it had to be read, for the pages beside them.
    """
    ids = placements.newest_ids(writing.conn, id, writing.settings.publish.items)
    last = published.last_part(writing.conn, id)
    buried = [k for k in down if not id or id in k.columns][:_TOMBSTONES]
    paths: dict[Format, str] = {f: f"{id}/{name}" if id else name for f, name in FORMATS.items()}
    kept = {f: _kept(writing, f, path, touched) for f, path in paths.items()}
    made = writing.get(i for i in ids if not all(i in kept[f] for f in kept))
    for format, path in paths.items():
        channel = feed.channel(writing.settings, id, path, writing.authority)
        latest = archive_path(last) if last else None
        channel = replace(channel, previous=latest, tombstones=_tombstones(buried))
        _write(writing, format, channel, ids, kept[format], made)
    return made


def _tombstones(down: Sequence[Known]) -> tuple[Tombstone, ...]:
    return tuple(
        Tombstone(k.iri, k.at, "expired" if k.state == published.OVER else "taken down")
        for k in down
    )


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


# ---- archives


def archive(
    writing: Writing, id: str, month: str, places: Sequence[Key], touched: Collection[str],
    down: Sequence[Known],
) -> bool:  # fmt: skip
    """The archive pages of a month in which places (by reception) changed.

    Whether the chain of pages changed, so that its neighbours have to be written too.
    """
    before = published.parts(writing.conn, id, month)
    after = _cut_again(writing, id, month, before)
    changed = before != after
    if changed:
        for path in {archive_path(p) for p in before} - {archive_path(p) for p in after}:
            writing.drop(path)
        published.set_parts(writing.conn, id, month, after)
    moved = [p.part for p in before] != [p.part for p in after]
    for part, end in with_ends(writing, after):
        if moved or any(_key(part) <= at < end for at in places):
            write_part(writing, part, end, touched, down)
    return moved


def neighbours(writing: Writing, id: str, month: str, down: Sequence[Known]) -> None:
    """The pages before and after a month whose pages became more or fewer."""
    own = published.parts(writing.conn, id, month)
    first = own[0] if own else Part(id, month, 1, writing.now, "")
    last = own[-1] if own else first
    for part in (
        published.beside(writing.conn, first)[0],
        published.beside(writing.conn, last)[1],
    ):
        if part is not None:
            write_part(writing, part, end_of(writing, part), (), down)


def archive_path(part: Part) -> str:
    """Where a part of an archive stands."""
    return months.archive_path(part.column, part.month, part.part)


def _key(part: Part) -> Key:
    return part.start, part.entry


def _bounds(writing: Writing, month: str) -> tuple[Key, Key]:
    start, end = months.bounds(month, writing.zone)
    return (start, ""), (end, "")


def _cut_again(writing: Writing, id: str, month: str, before: Sequence[Part]) -> list[Part]:
    """The parts of a month. Full ones stay where they begin; only the last one is cut again."""
    start, end = _bounds(writing, month)
    made = list(before[:-1])
    if made:
        start = _key(before[-1])
    return made + cut(writing, id, month, start, end, len(made))


def cut(
    writing: Writing, id: str, month: str, start: Key, end: Key, already: int = 0
) -> list[Part]:
    """What stands in a column between two keys of a month, in parts; the first one begins with
    the stretch, so that what is taken away from its beginning was in it."""
    made: list[Part] = []
    at = start if placements.key_at(writing.conn, id, start, end) else None
    while at is not None:
        made.append(Part(id, month, already + len(made) + 1, *at))
        at = placements.key_at(writing.conn, id, at, end, PART)
    return made


def with_ends(writing: Writing, parts: Sequence[Part]) -> list[tuple[Part, Key]]:
    """The parts of a month, each with the key at which the next begins."""
    if not parts:
        return []
    ends = [*(_key(part) for part in parts[1:]), _bounds(writing, parts[0].month)[1]]
    return list(zip(parts, ends, strict=True))


def end_of(writing: Writing, part: Part) -> Key:
    """Where the next part of its month begins, or the next month does."""
    following = published.beside(writing.conn, part)[1]
    if following is not None and following.month == part.month:
        return _key(following)
    return _bounds(writing, part.month)[1]


def ids_of(writing: Writing, part: Part, end: Key) -> list[str]:
    """What stands in a part, oldest reception first."""
    return placements.ids_received(writing.conn, part.column, _key(part), end)


def write_part(
    writing: Writing, part: Part, end: Key, touched: Collection[str], down: Sequence[Known],
    made: dict[str, Outgoing] | None = None,
) -> None:  # fmt: skip
    """One archive page (RFC 5005, 4): newest reception first, linked to its neighbours.

    `made` are its entries where they are at hand already.
    """
    ids = ids_of(writing, part, end)[::-1]
    path = archive_path(part)
    kept = _kept(writing, "atom", path, touched)
    if made is None:
        made = writing.get(i for i in ids if i not in kept)
    earlier, later = published.beside(writing.conn, part)
    buried = [
        k
        for k in down
        if (not part.column or part.column in k.columns)
        and _key(part) <= (k.received, k.entry) < end
    ]
    living = f"{part.column}/atom.xml" if part.column else "atom.xml"
    channel = replace(
        feed.channel(writing.settings, part.column, path, writing.authority),
        previous=archive_path(earlier) if earlier else None,
        next=archive_path(later) if later else None,
        current=living,
        tombstones=_tombstones(buried),
    )
    _write(writing, "atom", channel, ids, kept, made)
