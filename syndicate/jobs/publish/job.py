"""publish: what changed since the last time -> feeds and pages on disk.

Rows of `unpublished` are removed only after their files are in place, so that a run that was
killed is simply done again. Where the settings, the templates or the program changed, or where
files are missing, everything is written again; what comes out the same is not touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from syndicate import __name__ as program
from syndicate.adapters.disk import Disk
from syndicate.adapters.store import figures, pings, placements, published, turn
from syndicate.adapters.store.engine import Database
from syndicate.core import identity, latency, sitefiles
from syndicate.errors import OutputError
from syndicate.jobs.publish import articles, lists, rebuild, sitemap, sources
from syndicate.jobs.publish.archives import Archives
from syndicate.jobs.publish.pages import Pages
from syndicate.jobs.publish.plan import Plan, plan
from syndicate.jobs.publish.writing import FRONT, Writing
from syndicate.settings import Settings

VERSION = "4"  # of the output's form; raised where the same entry comes out differently
_MANY = 20_000  # rows above which a rebuild is the smaller work
_DOWN = 1000
_RECENT = timedelta(days=2)
# What is looked for before it is believed that all is there; each file is for `verify`
_OF_A_COLUMN = ("index.html", "rss.xml", "atom.xml", "feed.json")
_MUST = (*_OF_A_COLUMN, "feeds.opml", "robots.txt", "style.css", "sitemap.xml", "gone.txt")


@dataclass(frozen=True, slots=True)
class Counts:
    """Files of a kind: written now, and there already as they should be."""

    written: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Published:
    """What a publishing did. `columns` counts entries that are new in each main column.

    `unchanged` counts all files of the tree that were right already, considered or not.
    """

    feeds: Counts = Counts()
    pages: Counts = Counts()
    columns: dict[str, int] = field(default_factory=dict)
    changed_feeds: tuple[str, ...] = ()  # addresses of living feeds, for the hubs
    entries: int = 0
    rebuilt: bool = False


def publish(
    database: Database, settings: Settings, pages: Pages, now: datetime, *, rebuild: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Published:  # fmt: skip
    """Bring the published tree up to date; while another process does, wait until it is done.

    OutputError where it cannot be written, TemplateError where a template is broken: the files
    that were there stay whole, and what changed is kept for the next time.
    """
    with turn.publishing(database, stop) as ours:
        return _publish(database, settings, pages, now, rebuild, ours)


def _publish(
    database: Database, settings: Settings, pages: Pages, now: datetime, rebuild: bool,
    ours: Callable[[], bool],
) -> Published:  # fmt: skip
    disk = Disk(settings.storage.output)
    mark = fingerprint(settings, pages)
    with database.read() as conn:
        again = rebuild or _must_rebuild(conn, disk, mark, settings)
        count = placements.count_touched(conn)
        if not again and not count:
            return _report(conn, None)
        again = again or count > _MANY
        first = identity.authority(settings.site.url)
        authority, tags = published.authorities(conn, first, identity.NO_AUTHORITY)
        writing = Writing(conn, disk, settings, now, authority, rebuild=again, tags=tags)
        writing.columns = {column.id: 0 for column in settings.columns}
        touched = () if again else placements.touched(conn)
        rows = placements.touched_ids(conn) if again else [row.id for row in touched]
        made = plan(conn, touched, writing.zone, writing.columns)
    work = _Work(database, writing, pages, ours)
    if again:
        work.rebuild()
        disk.settle()
    with work.transaction() as conn:
        work.run(made)
        placements.untouch(conn, rows)
        published.set_value(conn, "fingerprint", mark)
        published.keep_authorities(conn, authority, tags)
        writing.record()
        if not again:  # a rebuild comes when it comes
            _count_latency(conn, sorted({row.entry for row in touched}), now)
        pings.add(conn, settings.publish.hubs, writing.changed_feeds, now)
        return _report(conn, writing)


def _count_latency(conn: Connection, ids: Sequence[str], now: datetime) -> None:
    """How long what came out for the first time took to come in, and to get out."""
    arrived, out = [], []
    for said, received in published.first_published(conn, ids, now):
        out.append(latency.bucket((now - received).total_seconds()))
        # Older than that is what a source had before it was read at all, and no latency
        if said is not None and received - said < _RECENT:
            arrived.append(latency.bucket((received - said).total_seconds()))
    figures.add(conn, now, figures.ARRIVAL, arrived)
    figures.add(conn, now, figures.OUT, out)


def fingerprint(settings: Settings, pages: Pages) -> str:
    """What the published form depends on besides the entries."""
    parts = (_of_settings(settings), pages.fingerprint())
    return hashlib.blake2b("".join(parts).encode(), digest_size=16).hexdigest()


def _of_settings(settings: Settings) -> str:
    """The part of it that the config has; remembered, since a daemon publishes again and again
    by the same, and thousands of sources take a tenth of a second."""
    for known, mark in _LAST:
        if known is settings:
            return mark
    parts = (program, VERSION, settings.site, settings.publish, settings.columns, settings.digests)
    digest = hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=16)
    for source in settings.sources:
        said = repr(replace(source, every="", paused=False))
        digest.update(said.encode("utf-8", "replace"))
    _LAST[:] = [(settings, digest.hexdigest())]
    return digest.hexdigest()


_LAST: list[tuple[Settings, str]] = []


def _must_rebuild(conn: Connection, disk: Disk, mark: str, settings: Settings) -> bool:
    if published.value(conn, "fingerprint") != mark:
        return True
    lists = (f"{column.id}/{name}" for column in settings.columns for name in _OF_A_COLUMN)
    return not all(disk.exists(path) for path in (*_MUST, *lists))


def _report(conn: Connection, writing: Writing | None) -> Published:
    if writing is not None and writing.rebuild:
        published.recount(conn)
    there = published.count_files(conn)
    written = writing.written if writing else {}
    counts = {
        kind: Counts(written.get(kind, 0), max(there.get(kind, 0) - written.get(kind, 0), 0))
        for kind in ("feed", "page")
    }
    columns = writing.columns if writing else {}
    return Published(
        feeds=counts["feed"],
        pages=counts["page"],
        columns=columns,
        changed_feeds=tuple(writing.changed_feeds) if writing else (),
        entries=sum(columns.values()),
        rebuilt=bool(writing and writing.rebuild),
    )


class _Work:
    """One run: pages first, then the feeds that lead to them, then the lists."""

    def __init__(
        self, database: Database, writing: Writing, pages: Pages, ours: Callable[[], bool]
    ) -> None:
        self.database, self.writing, self.pages, self.ours = database, writing, pages, ours

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """What is written in it is recorded at its end."""
        if not self.ours():
            raise OutputError(
                "the database gave the turn to publish to another process",
                remedy="nothing is lost: what changed is published the next time",
            )
        with self.database.begin() as conn:
            self.writing.conn = conn
            yield conn
            self.writing.record()

    def rebuild(self) -> None:
        """Everything that is made of entries, in steps that leave room for other writers."""
        writing = self.writing
        with self.transaction() as conn:
            if rebuild.are_many(conn):
                rebuild.warm()
            vanished, down = published.vanished(conn), published.to_take_down(conn)
            for id in vanished:
                writing.drop(articles.path(id))
                writing.done.gone.append(id)
            # First, since feeds say what was taken down by the record of it
            articles.write(writing, self.pages, down)
            articles.release_pictures(writing, [*vanished, *down])
            published.forget_values(conn, FRONT)
            pieces = rebuild.prepare(writing, ["", *writing.columns])
        rebuild.run(self.database, writing, self.pages, pieces, self.transaction)

    def run(self, made: Plan) -> None:
        """What changed; after a rebuild, what is made of no entries."""
        writing = self.writing
        if not writing.rebuild:
            self._changed(made)
        writing.record()
        lists.front(writing, self.pages)
        ids = [k.entry for k in published.taken_down(writing.conn)]
        writing.put("gone.txt", sitefiles.gone(ids), "other")
        if writing.rebuild:
            self._fixed()
        sources.write(writing, self.pages, made)
        sitemap.write(writing, made)

    def _changed(self, made: Plan) -> None:
        writing = self.writing
        beside = articles.write(writing, self.pages, sorted(made.entries))
        articles.release_pictures(writing, sorted(made.entries))
        if beside:  # their links to what changed; the record of what is beside these stays right
            articles.write(writing, self.pages, sorted(beside))
        writing.record()
        down = published.taken_down(writing.conn, _DOWN)
        self._archives(made, down)
        for column in sorted(made.columns):
            lists.column(writing, self.pages, column, made.entries, down)
        lists.shards(writing, made.entries)

    def _archives(self, made: Plan, down: Sequence[published.Known]) -> None:
        """Months in which something changed, and the parts beside those whose links to them do."""
        archives = Archives(self.writing, self.pages, made.entries, down)
        moved = [
            (column, month)
            for (column, month), places in sorted(made.archives.items())
            if archives.month(column, month, places)
        ]
        for column, month in moved:
            self.writing.record()
            archives.beside(column, month)

    def _fixed(self) -> None:
        writing = self.writing
        writing.put("feeds.opml", sitefiles.opml(writing.settings), "other")
        writing.put("robots.txt", sitefiles.robots(writing.settings), "other")
        for path, stated in sitefiles.statements(writing.settings).items():
            if stated is not None:
                writing.put(path, stated, "other")
            elif published.file(writing.conn, path) is not None:  # it was stated before
                writing.drop(path)
        for path, data in self.pages.fixed():
            writing.put(path, data, "page" if path.endswith(".html") else "other")
        self._forget_columns()

    def _forget_columns(self) -> None:
        """Take away the files of columns that are no more in the config."""
        ours = ("archive", "articles", "editions", "media", "search", "sitemap", ".well-known")
        outer = {*ours, *self.writing.columns}
        for path in published.paths_elsewhere(self.writing.conn, sorted(outer)):
            self.writing.drop(path)
