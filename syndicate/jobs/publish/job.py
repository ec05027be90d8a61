"""publish: what changed since the last time -> feeds and pages on disk.

Rows of `unpublished` are removed only after their files are in place, so that a run that was
killed is simply done again. Where the settings, the templates or the program changed, or where
files are missing, everything is written again; what comes out the same is not touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.engine import Connection

from syndicate import __name__ as program
from syndicate.adapters.disk import Disk
from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import published
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.published import Known
from syndicate.core import search, sitefiles
from syndicate.core.outgoing import Outgoing, page_url
from syndicate.jobs.publish import articles, feeds
from syndicate.jobs.publish.pages import Pages
from syndicate.jobs.publish.plan import Key, Plan, plan, whole
from syndicate.jobs.publish.writing import Writing
from syndicate.model import Status
from syndicate.settings import Settings

VERSION = "1"  # of the output's form; raised where the same entry comes out differently
_MANY = 20_000  # rows above which a rebuild is the smaller work
_DOWN = 1000
_CHUNK = 500
_FRONT = 5  # entries of a column on the front page
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
        count = entry_store.count_touched(conn)
        if not again and not count:
            return _report(conn, None, {})
        again = again or count > _MANY
        authority = published.value(conn, "authority") or _authority(settings, now)
        writing = Writing(conn, disk, settings, now, authority, rebuild=again)
        if again:
            rows: Sequence[int] = entry_store.touched_ids(conn)
        else:
            touched = entry_store.touched(conn)
            rows = [row.id for row in touched]
            made = plan(conn, touched, writing.zone, [c.id for c in settings.columns])
    work = _Work(database, writing, pages)
    if again:
        made = work.rebuild()
        disk.settle()
    with work.transaction() as conn:
        work.run(made)
        entry_store.untouch(conn, rows)
        published.set_value(conn, "fingerprint", mark)
        published.set_value(conn, "authority", authority)
        published.add_pings(conn, settings.publish.hubs, writing.changed_feeds, now)
        return _report(conn, writing, work.columns)


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


def _report(conn: Connection, writing: Writing | None, columns: dict[str, int]) -> Published:
    there = published.count_files(conn)
    written = writing.written if writing else {}
    counts = {
        kind: Counts(written.get(kind, 0), max(there.get(kind, 0) - written.get(kind, 0), 0))
        for kind in ("feed", "page")
    }
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

    def __init__(self, database: Database, writing: Writing, pages: Pages) -> None:
        self.database, self.writing, self.pages = database, writing, pages
        self.columns = {column.id: 0 for column in writing.settings.columns}
        self.known: list[Known] = []
        self.gone: list[str] = []

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """What is written in it is recorded at its end."""
        with self.database.begin() as conn:
            self.writing.conn = conn
            yield conn
            self._keep()

    def rebuild(self) -> Plan:
        """Every page and archive, in steps that leave room for other writers.

        What is left for `run` is what leads to them.
        """
        with self.transaction() as conn:
            for id in articles.vanished(conn):
                self.writing.drop(articles.path(id))
                self.gone.append(id)
        for status in (Status.PUBLISHED, Status.RETRACTED):
            after: str | None = ""
            while after is not None:
                after = self._step(status, after)
        with self.database.read() as conn:
            made = whole(conn, self.writing.zone, list(self.columns))
        for key in sorted(made.archives):
            with self.transaction() as conn:
                self._archive(key, (), (), published.taken_down(conn, _DOWN))
        return made

    def _step(self, status: Status, after: str) -> str | None:
        with self.transaction() as conn:
            ids = entry_store.ids_after(conn, after, _CHUNK, status.value)
            self._pages(ids)
        return ids[-1] if ids else None

    def run(self, made: Plan) -> None:
        """Pages first, then the feeds that lead to them, then the lists."""
        writing = self.writing
        if not writing.rebuild:
            self._pages(sorted(made.entries))
        self._keep()
        down = published.taken_down(writing.conn, _DOWN)
        self._archives(made, down)
        for column in sorted(made.columns):
            feeds.column(writing, column, made.entries, down)
            self._listing(column, {m for c, m in made.archives if c == column})
        self._site(made)

    def _keep(self) -> None:
        conn = self.writing.conn
        published.forget_entries(conn, self.gone)
        published.save_entries(conn, self.known)
        self.writing.record(conn)
        self.known, self.gone = [], []

    def _pages(self, ids: Sequence[str]) -> None:
        if not ids:
            return
        before = published.known(self.writing.conn, ids)
        known, gone = articles.write(self.writing, self.pages, ids)
        self._count(k for k in known if k.entry not in before)
        self.known += known
        self.gone += gone

    def _count(self, new: Iterable[Known]) -> None:
        listed = list(new)
        found = entry_store.main_columns(self.writing.conn, [k.entry for k in listed])
        for column in found.values():
            self.columns[column] = self.columns.get(column, 0) + 1

    def _archives(self, made: Plan, down: Sequence[Known]) -> None:
        """Months in which something changed, and the pages beside those whose links to them do."""
        moved: dict[str, set[str]] = {}
        for (column, month), places in sorted(made.archives.items()):
            if self.writing.rebuild:
                moved.setdefault(column, set())
            elif self._archive((column, month), places, made.entries, down):
                moved.setdefault(column, set()).add(month)
        for column, changed in moved.items():
            feeds.neighbours(self.writing, column, changed, down)

    def _archive(
        self, key: tuple[str, str], places: Sequence[Key], touched: Collection[str],
        down: Sequence[Known],
    ) -> bool:  # fmt: skip
        return feeds.archive(self.writing, *key, places, touched, down)

    def _listing(self, column: str, months: Collection[str]) -> None:
        """A column's page and the pages of the months that changed; for "" the front page."""
        writing, conn = self.writing, self.writing.conn
        if not column:
            html = self.pages.front(self._front())
            writing.put("index.html", html.encode("utf-8", "replace"), "page")
            return
        every = sorted({p.month for p in published.parts(conn, column)}, reverse=True)
        newest = entry_store.newest_placed(conn, column, writing.settings.publish.items)
        html = self.pages.column(column, writing.outgoing(newest), every)
        writing.put(f"{column}/index.html", html.encode("utf-8", "replace"), "page")
        for month in sorted(months):
            path = f"{column}/archive/{month}.html"
            if month not in every:
                writing.drop(path)
                continue
            html = self.pages.month(column, feeds.month(writing, column, month), every, month)
            writing.put(path, html.encode("utf-8", "replace"), "page")

    def _front(self) -> dict[str, list[Outgoing]]:
        """The newest of each outermost column."""
        writing = self.writing
        ids = {
            column.id: [p.entry for p in entry_store.newest_places(writing.conn, column.id, _FRONT)]
            for column in writing.settings.columns
            if not column.parent
        }
        all_ids = dict.fromkeys(id for listed in ids.values() for id in listed)
        found = entry_store.get_many(writing.conn, all_ids)
        outs = {out.entry.id: out for out in writing.outgoing(found.values())}
        return {column: [outs[i] for i in listed] for column, listed in ids.items()}

    def _site(self, made: Plan) -> None:
        writing = self.writing
        ids = [k.entry for k in published.taken_down(writing.conn)]
        writing.put("gone.txt", sitefiles.gone(ids), "other")
        if writing.rebuild:
            writing.put("feeds.opml", sitefiles.opml(writing.settings), "other")
            writing.put("robots.txt", sitefiles.robots(writing.settings), "other")
            for path, data in self.pages.fixed():
                writing.put(path, data, "page" if path.endswith(".html") else "other")
            self._forget_columns()
        self._sitemap(made)
        self._search(made)

    def _search(self, made: Plan) -> None:
        """The shards of the search index that hold what changed; all of them in a rebuild."""
        writing, conn = self.writing, self.writing.conn
        if writing.rebuild:
            most = search.KEEP * search.SHARDS
            ids = [p.entry for p in entry_store.newest_places(conn, "", most)]
        else:
            ids = sorted(made.entries)
        shards: dict[int, list[str]] = {
            n: [] for n in range(search.SHARDS if writing.rebuild else 0)
        }
        for id in ids:
            shards.setdefault(search.shard(id), []).append(id)
        for number, listed in shards.items():
            path = search.path(number)
            found = entry_store.get_many(conn, listed)
            shown = [e for e in found.values() if e.lead and e.status is Status.PUBLISHED]
            gone = set(listed) - {entry.id for entry in shown}
            old = None if writing.rebuild else writing.disk.read(path)
            writing.put(path, search.update(old, writing.outgoing(shown), gone), "other")

    def _forget_columns(self) -> None:
        """Take away the files of columns that are no more in the config."""
        writing = self.writing
        outer = {"", "archive", "articles", "editions", "search", "sitemap", *self.columns}
        old = [f.path for f in published.files(writing.conn) if f.path not in writing.files]
        for path in old:
            folder = path.partition("/")[0] if "/" in path else ""
            if folder not in outer:
                writing.drop(path)

    def _sitemap(self, made: Plan) -> None:
        writing = self.writing
        site = writing.settings.site.url
        most = sitefiles.SITEMAP_ONE
        if entry_store.place_count(writing.conn, "", most + 1) <= most:
            places = entry_store.newest_places(writing.conn, "", most)
            urls = [page_url(writing.settings.site, i) for i in self._indexed(places)]
            front = [site, *(f"{site}{column}/" for column in self.columns)]
            writing.put("sitemap.xml", sitefiles.sitemap([*front, *urls]), "other")
            return
        self._split_sitemap(made, site)

    def _split_sitemap(self, made: Plan, site: str) -> None:
        writing = self.writing
        parts = published.parts(writing.conn, "")
        touched = {month for column, month in made.archives if not column}
        paths = [f"sitemap/{p.month}-{p.part}.xml" for p in parts]
        for part, path in zip(parts, paths, strict=True):
            if (
                writing.disk.exists(path)
                and not writing.rebuild
                and not _within(made, part, parts, touched)
            ):
                continue
            places = feeds.places_in(writing, part, parts)
            urls = [page_url(writing.settings.site, i) for i in self._indexed(places)]
            writing.put(path, sitefiles.sitemap(urls), "other")
        index = sitefiles.sitemap_index([site + path for path in paths])
        writing.put("sitemap.xml", index, "other")

    def _indexed(self, places: Iterable[entry_store.Place]) -> list[str]:
        """Those that search engines may have."""
        ids = [place.entry for place in places]
        hidden = {s.id for s in self.writing.settings.sources if s.noindex}
        if not hidden:
            return ids
        found = entry_store.sources_of(self.writing.conn, ids)
        return [id for id in ids if found.get(id) not in hidden]


def _within(
    made: Plan, part: published.Part, parts: Sequence[published.Part], touched: set[str]
) -> bool:
    if part.month not in touched:
        return False
    later = [p for p in parts if (p.month, p.part) > (part.month, part.part)]
    end = (later[0].start, later[0].entry) if later else None
    keys = made.archives["", part.month]
    return any((part.start, part.entry) <= key and (end is None or key < end) for key in keys)
