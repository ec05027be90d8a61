"""Config to adapters to jobs: the only place that builds them.

One Application serves one command, or one daemon: it opens what is needed when it is needed.
"""

from __future__ import annotations

import asyncio
import functools
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from syndicate.errors import (
    MailError,
    OutputError,
    StoreError,
    SyndicateError,
    TemplateError,
    UsageError,
)
from syndicate.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from syndicate.adapters.http import Fetcher
    from syndicate.adapters.store.engine import Database
    from syndicate.adapters.store.sources import SourceState
    from syndicate.adapters.templates import Templates
    from syndicate.jobs.edit import Edited
    from syndicate.jobs.ingest import Ingested
    from syndicate.jobs.ingest.intake import File
    from syndicate.jobs.publish import Pages
    from syndicate.model import Entry, Filed
    from syndicate.settings import Source

BUILT_IN = Path(__file__).resolve().parent.parent / "templates"
PACKAGED = Path(__file__).resolve().parent / "templates"
_SECRET_BYTES = 32


@dataclass
class Report:
    """What a command did, stage by stage; the JSON of `run` (contract §3)."""

    parts: dict[str, Any] = field(default_factory=dict)
    problems: list[dict[str, str | None]] = field(default_factory=list)
    exit_status: int = 0

    def problem(self, source: str | None, error: str) -> None:
        self.problems.append({"source": source, "error": error})

    def fail(self, error: SyndicateError) -> None:
        """A stage could not be completed; the others still run."""
        self.problem(None, str(error))
        self.exit_status = max(self.exit_status, error.exit_status)

    def to_json(self) -> dict[str, Any]:
        return {**self.parts, "problems": self.problems}


@dataclass(frozen=True, slots=True)
class Carried:
    """Which feeds and editions carry an entry."""

    feeds: list[str]
    editions: list[str]


@dataclass(frozen=True, slots=True)
class Retraction:
    """What a retraction did."""

    edited: Edited
    files: int
    corrections: int


class Application:
    """Everything that a door needs, over one configuration and one moment."""

    def __init__(self, settings: Settings, now: datetime) -> None:
        self.settings = settings
        self.now = now
        self.progress: Callable[[int, int], None] | None = None
        self._closers: list[Callable[[], None]] = []

    def close(self) -> None:
        while self._closers:
            self._closers.pop()()

    @functools.cached_property
    def database(self) -> Database:
        from syndicate.adapters.store import open_database

        opened = open_database(self.settings.storage.database)
        self._closers.append(opened.close)
        return opened

    @functools.cached_property
    def templates(self) -> Templates:
        from syndicate.adapters.templates import Templates

        return Templates(template_folders(self.settings))

    @functools.cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.site.timezone)

    @functools.cached_property
    def secret(self) -> bytes:
        """What tokens and keyed marks are signed with; made at the first start."""
        return read_secret(self.settings.web.secret)


    # --- the job and its stages ---------------------------------------------------------

    def run(self) -> Report:
        """Ingest, publish, compose, deliver: what fails in one does not stop the others."""
        report = Report()
        for stage in (self._ingest, self._publish, self._deliver):
            try:
                stage(report)
            except (StoreError, OutputError, MailError, TemplateError) as error:
                report.fail(error)
        return report

    def ingest(self, only: Sequence[str] = ()) -> Report:
        for name in only:
            if self.settings.source(name) is None:
                raise UsageError(f"no source {name!r}", remedy="`syndicate sources` lists them")
        report = Report()
        self._ingest(report, only)
        return report

    def publish(self) -> Report:
        report = Report()
        self._publish(report)
        return report

    def deliver(self) -> Report:
        report = Report()
        self._deliver(report)
        return report

    def _publish(self, report: Report) -> None:
        from syndicate.jobs import publish

        done = publish.publish(self.database, self.settings, self.pages, self.now)
        report.parts.setdefault("columns", {c.id: 0 for c in self.settings.columns})
        report.parts["feeds"] = {
            "written": done.feeds.written,
            "unchanged": done.feeds.unchanged,
        }
        report.parts["pages"] = {
            "written": done.pages.written,
            "unchanged": done.pages.unchanged,
        }
        for problem in self.ping_hubs():
            report.problem(None, problem)

    @property
    def pages(self) -> Pages:
        from syndicate.jobs.publish import SitePages

        return SitePages(self.settings, self.templates)

    def ping_hubs(self) -> list[str]:
        """Tell hubs of changed feeds, now that the files are in place; what failed is retried."""
        if not self.settings.publish.hubs:
            return []
        from syndicate.adapters import websub
        from syndicate.jobs.publish import ping_hubs

        return ping_hubs(self.database, self.now, websub.ping)

    def verify(self) -> dict[str, Any]:
        """`verify --json`: everything published, re-read and compared."""
        from syndicate.jobs.verify import verify

        return verify(self.database, self.settings).to_json()

    def _deliver(self, report: Report) -> None:
        return

    def _ingest(self, report: Report, only: Sequence[str] = ()) -> None:
        done = asyncio.run(self.ingest_async(only))
        counts = done.counts
        report.parts["sources"] = {
            "polled": done.polled,
            "changed": done.changed,
            "unchanged": done.unchanged,
            "skipped": done.skipped,
            "failed": done.failed,
        }
        report.parts["entries"] = {
            "received": counts.received,
            "new": counts.new,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "duplicates": counts.duplicates,
            "held": counts.held,
        }
        report.parts["columns"] = {
            column.id: counts.columns.get(column.id, 0) for column in self.settings.columns
        }
        for source, error in done.problems:
            report.problem(source, error)

    async def ingest_async(self, only: Sequence[str] = ()) -> Ingested:
        """Read what is due; for a loop that runs already."""
        from syndicate.adapters.parsing import Workers
        from syndicate.jobs.ingest import ingest

        workers = Workers()
        try:
            async with self.fetcher() as fetcher:
                return await ingest(
                    self.database,
                    self.settings,
                    fetcher=fetcher,
                    workers=workers,
                    file=self.filer(),
                    secret=self.secret,
                    now=self.now,
                    only=only,
                    progress=self.progress,
                )
        finally:
            workers.close()

    def fetcher(self) -> Fetcher:
        from syndicate.adapters.http import Fetcher
        from syndicate.core import addresses

        fetch = self.settings.fetch
        return Fetcher(
            addresses.guard(fetch.allow_networks),
            contact=fetch.contact or self.settings.site.url,
            concurrency=fetch.concurrency,
            per_host=fetch.per_host,
            timeout=fetch.timeout,
            max_bytes=fetch.max_bytes,
        )

    def filer(self) -> File:
        """How entries are filed: rules, learned model and mapping of this site."""
        from syndicate.adapters.store import columns
        from syndicate.core import classify, linear

        with self.database.read() as conn:
            mapping = columns.mapped(conn)
            active = columns.active_model(conn)
        model = linear.load(active[1]) if active else None
        classifier = classify.prepare(self.settings.columns, mapping, model)

        def file(entry: Entry, source: Source, moved: str | None, stated: str | None) -> Filed:
            return classify.file(entry, source, classifier, moved=moved, stated=stated)

        return file

    # --- looking ------------------------------------------------------------------------

    def source_health(self) -> list[dict[str, Any]]:
        """`sources --json`: each source with its rhythm, what it brought, what is wrong."""
        from syndicate.adapters.store import entries, sources

        configured = {source.id: source.url or source.path for source in self.settings.sources}
        with self.database.read() as conn:
            states = sources.load(conn, configured)
            counts = entries.count_by_source(conn)
        return [
            self._health(source, states.get(source.id), counts.get(source.id, 0))
            for source in self.settings.sources
        ]

    def _health(self, source: Source, state: SourceState | None, count: int) -> dict[str, Any]:
        rhythm = state.rhythm if state else None
        status = "paused" if source.paused else rhythm.health.value if rhythm else "ok"
        moved = rhythm.url if rhythm and rhythm.url and rhythm.url != source.url else None
        return {
            "id": source.id,
            "name": source.name or (state.title if state else "") or source.id,
            "type": source.type,
            "url": source.url or source.path,
            "status": status,
            "error": rhythm.error if rhythm else None,
            "failures": rhythm.failures if rhythm else 0,
            "last": self._moment(rhythm.last) if rhythm else None,
            "next": self._moment(rhythm.next) if rhythm else None,
            "entries": count,
            "moved_to": moved if source.url else None,
        }

    def _moment(self, at: datetime | None) -> str | None:
        return at.astimezone(self.zone).isoformat(timespec="seconds") if at else None

    def review(self) -> list[dict[str, Any]]:
        """What waits for an editor: held entries and flags, with why."""
        from syndicate.adapters.store import entries, stories

        with self.database.read() as conn:
            held = list(entries.newest(conn, status="held"))
            flags = stories.flagged(conn)
            known = entries.get_many(conn, [flag.entry for flag in flags])
        rows = [_review_row(entry, "held", entry.held_for) for entry in held]
        rows += [
            _review_row(known[flag.entry], flag.kind, flag.reason)
            for flag in flags
            if flag.entry in known
        ]
        return rows


def _review_row(entry: Entry, kind: str, reason: str) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": kind,
        "title": entry.title,
        "source": entry.source,
        "status": entry.status.value,
        "reason": reason,
    }


def template_folders(settings: Settings) -> tuple[Path, ...]:
    """Where templates are looked for: beside the config, then the built-in ones."""
    built_in = BUILT_IN if BUILT_IN.is_dir() else PACKAGED
    beside = settings.root / "templates"
    if beside.is_dir() and beside.resolve() != built_in:
        return (beside, built_in)
    return (built_in,)


def read_secret(where: str) -> bytes:
    """The site's secret behind `file:PATH` or `env:NAME`, or as it stands; a file is made."""
    if where.startswith("env:"):
        value = os.environ.get(where.removeprefix("env:"), "")
        if not value:
            raise UsageError(f"{where} is not set", where="web.secret", remedy="set it")
        return value.encode()
    if not where.startswith("file:"):
        return where.encode()
    path = Path(where.removeprefix("file:"))
    try:
        return path.read_bytes().strip()
    except FileNotFoundError:
        return _make_secret(path)


def _make_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    value = secrets.token_hex(_SECRET_BYTES).encode()
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another worker was faster
        return path.read_bytes().strip()
    with os.fdopen(made, "wb") as file:
        file.write(value + b"\n")
    return value
