"""Archives of columns, month by month, in parts: each as a feed (RFC 5005, 4) and as a page.

A part holds a hundred entries by reception. Full ones stay where they begin, so that neither
the feed nor the page of a part changes when something new comes: a page leads to the one before
it, to those of its month that were there when it was begun, and once to the one after it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from syndicate.adapters.store import archives as archive_store
from syndicate.adapters.store import placements
from syndicate.adapters.store.archives import Part
from syndicate.adapters.store.placements import Key
from syndicate.adapters.store.published import Known
from syndicate.core import feed, months
from syndicate.core.outgoing import Outgoing
from syndicate.jobs.publish import feeds
from syndicate.jobs.publish.pages import Pages
from syndicate.jobs.publish.writing import Writing

PART = 100  # entries in a part; a busy month has several
_SWOLLEN = 3  # times that: what moves in from elsewhere goes into old parts; above, cut anew


@dataclass
class Archives:
    """What writing parts needs besides them: what was touched, and what was taken down."""

    writing: Writing
    pages: Pages
    touched: Collection[str] = ()
    down: Sequence[Known] = field(default=())

    def month(self, id: str, month: str, places: Sequence[Key]) -> bool:
        """The parts of a month in which places (by reception) changed.

        Whether it has more or fewer of them now, so that the months beside it need new links.
        """
        writing = self.writing
        before = archive_store.parts(writing.conn, id, month)
        after = _cut_again(writing, id, month, before)
        if before != after:
            for part in before[len(after) :]:
                drop(writing, part)
            archive_store.set_parts(writing.conn, id, month, after)
        last = min(len(before), len(after))  # its link to the one after it is new
        for part, end in with_ends(writing, after):
            linked = len(before) != len(after) and part.part >= last
            if linked or any(_key(part) <= at < end for at in places):
                self.write(part, end)
        return len(before) != len(after)

    def beside(self, id: str, month: str) -> None:
        """The parts before and after a month whose parts became more or fewer."""
        writing = self.writing
        own = archive_store.parts(writing.conn, id, month)
        first = own[0] if own else Part(id, month, 1, writing.now, "")
        last = own[-1] if own else first
        untouched = replace(self, touched=())
        for part in (
            archive_store.beside(writing.conn, first)[0],
            archive_store.beside(writing.conn, last)[1],
        ):
            if part is not None:
                untouched.write(part, end_of(writing, part))

    def write(self, part: Part, end: Key, made: dict[str, Outgoing] | None = None) -> None:
        """One part, newest reception first, linked to its neighbours.

        `made` are its entries where they are at hand already.
        """
        writing = self.writing
        ids = ids_of(writing, part, end)[::-1]
        beside = archive_store.beside(writing.conn, part)
        if part.column:
            made = writing.get(ids) if made is None else made
            self._page(part, [made[id] for id in ids if id in made], *beside)
        self._feed(part, end, ids, beside, made)

    def _page(
        self, part: Part, outs: Sequence[Outgoing], earlier: Part | None, later: Part | None
    ) -> None:
        html = self.pages.month(part, outs, earlier, later)
        path = months.page_path(part.column, part.month, part.part)
        self.writing.put(path, html.encode("utf-8", "replace"), "page")

    def _feed(
        self, part: Part, end: Key, ids: Sequence[str], beside: tuple[Part | None, Part | None],
        made: dict[str, Outgoing] | None,
    ) -> None:  # fmt: skip
        writing, path = self.writing, archive_path(part)
        kept = feeds.kept(writing, "atom", path, self.touched)
        if made is None:
            made = writing.get(i for i in ids if i not in kept)
        earlier, later = beside
        buried = [
            k
            for k in self.down
            if (not part.column or part.column in k.columns)
            and _key(part) <= (k.received, k.entry) < end
        ]
        channel = replace(
            feed.channel(writing.settings, part.column, path, writing.authority),
            previous=archive_path(earlier) if earlier else None,
            next=archive_path(later) if later else None,
            current=f"{part.column}/atom.xml" if part.column else "atom.xml",
            tombstones=feeds.tombstones(buried),
        )
        feeds.write(writing, "atom", channel, ids, kept, made)


def archive_path(part: Part) -> str:
    """Where a part's feed stands."""
    return months.archive_path(part.column, part.month, part.part)


def drop(writing: Writing, part: Part) -> None:
    """Take away the files of a part that is no more."""
    writing.drop(archive_path(part))
    if part.column:
        writing.drop(months.page_path(part.column, part.month, part.part))


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
    return made + _cut(writing, id, month, start, end, len(made))


def _cut(
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


def recut(writing: Writing, id: str, month: str, before: Sequence[Part]) -> list[Part]:
    """The parts of a month in a rebuild: as they were, so that old ones keep their bytes, unless
    they are of another zone's month or have grown out of all measure."""
    start, end = _bounds(writing, month)
    keys = [_key(part) for part in before]
    stay = bool(keys) and keys[0] == start and keys[-1] < end
    for at, following in pairwise(keys if stay else ()):
        stay = stay and placements.key_at(writing.conn, id, at, following, _SWOLLEN * PART) is None
    return _cut_again(writing, id, month, before if stay else ())


def with_ends(writing: Writing, parts: Sequence[Part]) -> list[tuple[Part, Key]]:
    """The parts of a month, each with the key at which the next begins."""
    if not parts:
        return []
    ends = [*(_key(part) for part in parts[1:]), _bounds(writing, parts[0].month)[1]]
    return list(zip(parts, ends, strict=True))


def end_of(writing: Writing, part: Part) -> Key:
    """Where the next part of its month begins, or the next month does."""
    following = archive_store.beside(writing.conn, part)[1]
    if following is not None and following.month == part.month:
        return _key(following)
    return _bounds(writing, part.month)[1]


def ids_of(writing: Writing, part: Part, end: Key) -> list[str]:
    """What stands in a part, oldest reception first."""
    return placements.ids_received(writing.conn, part.column, _key(part), end)
