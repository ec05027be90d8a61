"""publish: what changed since the last time -> feeds and pages on disk.

Rows of `unpublished` are removed only after their files are in place, so that a run that was
killed is simply done again. Where the settings, the templates or the program changed, or where
files are missing, everything is written again; what comes out the same is not touched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy.engine import Connection

from syndicate import __name__ as program
from syndicate.adapters.disk import Disk
from syndicate.adapters.store import figures, placements, published
from syndicate.adapters.store import sources as source_store
from syndicate.adapters.store.engine import Database
from syndicate.core import latency, sitefiles
from syndicate.jobs.publish import articles, feeds, lists, rebuild, sitemap
from syndicate.jobs.publish.pages import Pages
from syndicate.jobs.publish.plan import Plan, plan
from syndicate.jobs.publish.writing import FRONT, Writing
from syndicate.settings import Settings

VERSION = "2"  # of the output's form; raised where the same entry comes out differently
_MANY = 20_000  # rows above which a rebuild is the smaller work
_DOWN = 1000
_RECENT = timedelta(days=2)
_MUST = ("index.html", "rss.xml", "atom.xml", "feed.json", "feeds.opml", "robots.txt")


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
    database: Database, settings: Settings, pages: Pages, now: datetime, *, rebuild: bool = False
) -> Published:
    """Bring the published tree up to date.

    OutputError where it cannot be written, TemplateError where a template is broken: the files
    that were there stay whole, and what changed is kept for the next time.
    """
    disk = Disk(settings.storage.output)
    mark = fingerprint(settings, pages)
    with database.read() as conn:
        again = rebuild or _must_rebuild(conn, disk, mark)
        count = placements.count_touched(conn)
        if not again and not count:
            return _report(conn, None)
        again = again or count > _MANY
        authority = published.value(conn, "authority") or _authority(settings, now)
        writing = Writing(conn, disk, settings, now, authority, rebuild=again)
        writing.columns = {column.id: 0 for column in settings.columns}
        touched = () if again else placements.touched(conn)
        rows = placements.touched_ids(conn) if again else [row.id for row in touched]
        made = plan(conn, touched, writing.zone, writing.columns)
    work = _Work(database, writing, pages)
    if again:
        work.rebuild()
        disk.settle()
    with work.transaction() as conn:
        work.run(made)
        placements.untouch(conn, rows)
        published.set_value(conn, "fingerprint", mark)
        published.set_value(conn, "authority", authority)
        writing.record()
        if not again:  # a rebuild comes when it comes
            _count_latency(conn, now)
        published.add_pings(conn, settings.publish.hubs, writing.changed_feeds, now)
        return _report(conn, writing)


def _count_latency(conn: Connection, now: datetime) -> None:
    """How long what came out for the first time took to come in, and to get out."""
    arrived, out = [], []
    for said, received in published.first_published(conn, now):
        out.append(latency.bucket((now - received).total_seconds()))
        # Older than that is what a source had before it was read at all, and no latency
        if said is not None and received - said < _RECENT:
            arrived.append(latency.bucket((received - said).total_seconds()))
    figures.add(conn, now, figures.ARRIVAL, arrived)
    figures.add(conn, now, figures.OUT, out)


def fingerprint(settings: Settings, pages: Pages) -> str:
    """What the published form depends on besides the entries."""
    sources = tuple(replace(s, every="", paused=False) for s in settings.sources)
    parts = (
        program,
        VERSION,
        settings.site,
        settings.publish,
        settings.columns,
        sources,
        settings.digests,
        pages.fingerprint(),
    )
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _must_rebuild(conn: Connection, disk: Disk, mark: str) -> bool:
    if published.value(conn, "fingerprint") != mark:
        return True
    return not all(disk.exists(path) for path in _MUST)


def _authority(settings: Settings, now: datetime) -> str:
    """What feed ids begin with, for ever: the first address of the site and the year (RFC 4151)."""
    host = urlsplit(settings.site.url).hostname or "syndicate.invalid"
    return f"{host},{now.year:04}"


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


def _sources_of(conn: Connection, made: Plan) -> list[str]:
    return sorted(set(placements.sources_of(conn, sorted(made.entries)).values()))


class _Work:
    """One run: pages first, then the feeds that lead to them, then the lists."""

    def __init__(self, database: Database, writing: Writing, pages: Pages) -> None:
        self.database, self.writing, self.pages = database, writing, pages

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """What is written in it is recorded at its end."""
        with self.database.begin() as conn:
            self.writing.conn = conn
            yield conn
            self.writing.record()

    def rebuild(self) -> None:
        """Everything that is made of entries, in steps that leave room for other writers."""
        writing = self.writing
        with self.transaction() as conn:
            for id in published.vanished(conn):
                writing.drop(articles.path(id))
                writing.done.gone.append(id)
            # First, since feeds say what was taken down by the record of it
            articles.write(writing, self.pages, published.to_take_down(conn))
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
        self._sources(made)
        sitemap.write(writing, made)

    def _sources(self, made: Plan) -> None:
        """Who is read; written again where a source that brought something says another name."""
        writing, conn = self.writing, self.writing.conn
        ids = None if writing.rebuild else _sources_of(conn, made)
        shown = json.loads(published.value(conn, "sources") or "{}")
        if not writing.rebuild and all(
            shown.get(id) == list(told) for id, told in source_store.told(conn, ids).items()
        ):
            return
        told = source_store.told(conn)
        published.set_value(conn, "sources", json.dumps(told, ensure_ascii=False))
        html = self.pages.sources(told)
        writing.put("sources.html", html.encode("utf-8", "replace"), "page")

    def _changed(self, made: Plan) -> None:
        writing = self.writing
        beside = articles.write(writing, self.pages, sorted(made.entries))
        if beside:  # their links to what changed; the record of what is beside these stays right
            articles.write(writing, self.pages, sorted(beside))
        writing.record()
        down = published.taken_down(writing.conn, _DOWN)
        self._archives(made, down)
        for column in sorted(made.columns):
            months = {month for id, month in made.archives if id == column}
            lists.column(writing, self.pages, column, made.entries, down, months)
        lists.shards(writing, made.entries)

    def _archives(self, made: Plan, down: Sequence[published.Known]) -> None:
        """Months in which something changed, and the pages beside those whose links to them do."""
        moved = [
            (column, month)
            for (column, month), places in sorted(made.archives.items())
            if feeds.archive(self.writing, column, month, places, made.entries, down)
        ]
        for column, month in moved:
            self.writing.record()
            feeds.neighbours(self.writing, column, month, down)

    def _fixed(self) -> None:
        writing = self.writing
        writing.put("feeds.opml", sitefiles.opml(writing.settings), "other")
        writing.put("robots.txt", sitefiles.robots(writing.settings), "other")
        for path, data in self.pages.fixed():
            writing.put(path, data, "page" if path.endswith(".html") else "other")
        self._forget_columns()

    def _forget_columns(self) -> None:
        """Take away the files of columns that are no more in the config."""
        outer = {"archive", "articles", "editions", "search", "sitemap", *self.writing.columns}
        for path in published.paths_elsewhere(self.writing.conn, sorted(outer)):
            self.writing.drop(path)
