"""Config to adapters to jobs: the only place that builds them.

One Application serves one command, or one daemon: it opens what is needed when it is needed.
"""

from __future__ import annotations

import asyncio
import functools
import os
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from syndicate.errors import (
    FetchError,
    MailError,
    OutputError,
    Problem,
    StoreError,
    SyndicateError,
    TemplateError,
    UsageError,
)
from syndicate.model import EditionState
from syndicate.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from syndicate.adapters.http import Fetcher
    from syndicate.adapters.mailbox import Mailbox
    from syndicate.adapters.store.engine import Database
    from syndicate.adapters.store.outbox import Edition
    from syndicate.adapters.store.sources import SourceState
    from syndicate.adapters.templates import Templates
    from syndicate.core.discover import Found
    from syndicate.jobs.digest import Composed
    from syndicate.jobs.edit import Edited
    from syndicate.jobs.ingest import Ingested
    from syndicate.jobs.ingest.intake import File
    from syndicate.jobs.publish import Pages
    from syndicate.jobs.send import Delivery
    from syndicate.model import Entry, Filed
    from syndicate.settings import Digest, Source

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

    def inbox(self) -> Mailbox | None:
        """The mailbox of delivery reports and unsubscribe mails (mail.inbox); None without one."""
        from syndicate.adapters.mailbox import open_mailbox

        mail, fetch = self.settings.mail, self.settings.fetch
        if not mail.inbox:
            return None
        return open_mailbox(
            mail.inbox, mail.inbox_password, timeout=fetch.timeout, max_bytes=fetch.max_bytes
        )

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

        return asdict(verify(self.database, self.settings))

    def _deliver(self, report: Report) -> None:
        """Compose what is due, then hand over every message that is due."""
        from syndicate.jobs import digest

        composed = digest.compose_due(
            self.database, self.settings, self.templates, self.secret, self.now
        )
        self._hand_over(report, composed)

    def _publish_editions(self) -> int:
        """Write the pages of editions that are new or changed; how many files."""
        from syndicate.jobs.editions import publish_editions
        from syndicate.jobs.publish import fingerprint

        if not self.settings.digests:
            return 0
        look = fingerprint(self.settings, self.pages)
        done = publish_editions(self.database, self.settings, self.templates, look)
        return done.written

    def digests(self) -> list[dict[str, Any]]:
        """`digest list --json`: each with its next time and its editions, newest first."""
        from syndicate.adapters.store import outbox
        from syndicate.core import schedule

        rows = []
        with self.database.read() as conn:
            for digest in self.settings.digests:
                local = schedule.next_due(digest.schedule, digest.timezone, self.now)
                due = schedule.instant(local, digest.timezone) if local else None
                rows.append(
                    {
                        "id": digest.id,
                        "title": digest.title,
                        "next": _local(due, digest.timezone),
                        "editions": [
                            self._edition(conn, edition, digest)
                            for edition in outbox.of_digest(conn, digest.id)
                        ],
                    }
                )
        return rows

    def _edition(self, conn: Connection, edition: Edition, digest: Digest) -> dict[str, Any]:
        from syndicate.adapters.store import outbox

        tally = outbox.tally(conn, edition.id)
        return {
            "id": edition.id,
            "at": _local(edition.due, digest.timezone),
            "state": edition.state.value,
            "reason": edition.reason or None,
            "entries": len(outbox.entries_of(conn, edition.id)),
            "messages": sum(tally.values()),
            "sent": tally.get("sent", 0),
        }

    def digest_plan(self, chosen: Digest) -> dict[str, Any]:
        """`digest send --dry-run`: what would go to whom; nothing is stored."""
        from syndicate.adapters.store import outbox, subscribers
        from syndicate.core import edition, schedule, subscription
        from syndicate.jobs import digest

        local = schedule.of_day(chosen.schedule, chosen.timezone, self.now)
        id = edition.edition_id(chosen.id, local)
        with self.database.read() as conn:
            known = outbox.edition(conn, id)
            waiting = digest.candidates(conn, self.settings, chosen)
            found = edition.choose(waiting, chosen, self.now)
            people = [p.email for p in subscribers.confirmed(conn) if subscription.wants(p, chosen)]
        return {
            "digest": chosen.id,
            "edition": id,
            "entries": 0 if known else len(found.entries),
            "recipients": 0 if known else len(people),
            "to": [] if known else people,
            "reason": f"composed already, {known.state.value}" if known else None,
        }

    def send_digest(self, chosen: Digest) -> Report:
        """Compose a digest now, and deliver what is queued."""
        from syndicate.jobs import digest

        report = Report()
        composed = digest.compose_now(
            self.database, self.settings, chosen, self.templates, self.secret, self.now
        )
        report.parts["reasons"] = [f"{id}: {reason}" for id, reason in composed.reasons]
        self._hand_over(report, composed)
        return report

    def _hand_over(self, report: Report, composed: Composed) -> None:
        counts = {
            "editions": len(composed.editions),
            "messages": composed.messages,
            "sent": 0,
            "deferred": 0,
            "failed": 0,
        }
        report.parts["digests"] = counts
        for edition in composed.editions:
            if edition.state is EditionState.HELD:
                report.problem(None, f"edition {edition.id} is held: {edition.reason}")
        written = self._publish_editions()
        if "pages" in report.parts:
            report.parts["pages"]["written"] += written
        if off := [key for key in self.settings.unset if key.startswith("mail.")]:
            report.problem(None, f"{off[0]} is not set: delivery is off, messages wait")
            return
        done = asyncio.run(self.deliver_async())
        counts.update(sent=done.sent, deferred=done.deferred, failed=done.failed)
        for problem in done.problems:
            report.problem(None, problem)

    async def deliver_async(self) -> Delivery:
        """Hand over what is due; for a loop that runs already."""
        from syndicate.adapters import dkim, smtp
        from syndicate.jobs import digest, send

        digest.withdraw(self.database, self.settings, self.templates, self.now)
        return await send.deliver(
            self.database,
            self.settings,
            route=smtp.route(self.settings.mail.route, self.settings.mail.password),
            sign=dkim.signer(self.settings.mail.dkim),
            secret=self.secret,
            now=self.now,
            progress=self.progress,
        )

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

    def carried(self, conn: Connection, entry: Entry) -> Carried:
        """Which feeds and editions carry an entry."""
        from syndicate.adapters.store import entries, outbox

        columns = sorted(place.column for place in entries.places_of(conn, [entry.id]))
        names = [f"{column}/" if column else "" for column in columns]
        feeds = [f"{name}{file}" for name in names for file in ("rss.xml", "atom.xml", "feed.json")]
        return Carried(feeds, outbox.carried_by(conn, entry.id))

    def status(self) -> dict[str, Any]:
        """`status --json`: what ran, what is due, what is stuck, on one screen."""
        from syndicate.adapters.store import entries, outbox, stories, subscribers

        with self.database.read() as conn:
            messages = outbox.totals(conn)
            people = subscribers.counts(conn)
            flags = len(stories.flagged(conn))
            kinds = {s: entries.counts(conn, s) for s in ("published", "held", "retracted")}
            unpublished = entries.count_touched(conn)
        health = self.source_health()
        states = Counter(row["status"] for row in health)
        times = [row["last"] for row in health if row["last"]]
        following = [row["next"] for row in health if row["next"]]
        return {
            "sources": {"all": len(health), **states},
            "last": max(times, default=None),
            "next": min(following, default=None),
            "entries": kinds,
            "unpublished": unpublished,
            "review": {"held": kinds["held"], "flagged": flags},
            "messages": messages,
            "subscribers": people,
            "stuck": [f"{r['id']}: {r['error']}" for r in health if r["status"] == "failing"],
        }

    def discover(self, url: str) -> Found:
        """The feed behind an address: itself, what the page names, or a common path."""
        return asyncio.run(self._discover(url))

    async def _discover(self, url: str) -> Found:
        from syndicate.adapters.http import Request
        from syndicate.core import decode, discover

        async with self.fetcher() as fetcher:
            answer = await fetcher.fetch(Request(url))
            if answer.failure:
                raise FetchError(answer.failure, where=url)
            if discover.is_feed(answer.body):
                return discover.Found(answer.url, _title_of(answer.body), "it is a feed itself")
            text, _ = decode.decode(answer.body, answer.header("content-type"))
            for found in discover.links(text, answer.url):
                if (title := await self._feed_title(fetcher, found.url)) is not None:
                    return discover.Found(found.url, title or found.title, found.how)
            for guess in discover.guesses(answer.url):
                if (title := await self._feed_title(fetcher, guess)) is not None:
                    return discover.Found(guess, title, "a common path")
        raise FetchError(
            "no feed is there, and the page names none",
            where=url,
            remedy='a source of type "page" reads listings without a feed',
        )

    async def _feed_title(self, fetcher: Fetcher, url: str) -> str | None:
        """The title of the feed at an address; None where none is there."""
        from syndicate.adapters.http import Request
        from syndicate.core import discover

        try:
            answer = await fetcher.fetch(Request(url))
        except FetchError:
            return None
        if not answer.ok or not discover.is_feed(answer.body):
            return None
        return _title_of(answer.body)

    def retract(
        self, entry: Entry, *, reason: str, only: bool, notify: bool, by: str
    ) -> Retraction:
        """Take a story down: in the database, on disk, in mail that has not left; at once."""
        from syndicate.jobs import digest, edit

        edited = edit.retract(
            self.database,
            self.settings,
            entry,
            self.now,
            by,
            reason=reason,
            only=only,
            secret=self.secret,
        )
        report = self.publish()
        corrections = 0
        if notify:
            corrections = digest.correct(
                self.database, self.settings, edited.entries, self.secret, self.now
            )
        parts = report.parts
        files = sum(parts[kind]["written"] for kind in ("feeds", "pages") if kind in parts)
        return Retraction(edited, files, corrections)

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


def _local(at: datetime | None, zone: str) -> str | None:
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds") if at else None


def _title_of(data: bytes) -> str:
    """The title of a feed that was just found; "" where it cannot be read."""
    from syndicate.core import parse
    from syndicate.errors import ParseError

    try:
        return parse.parse(data).title
    except ParseError:
        return ""


def check(
    settings: Settings, *, now: datetime, network: bool, rules: bool
) -> tuple[tuple[Problem, ...], list[dict[str, Any]]]:
    """What `check` finds beyond the config itself: rules, schedules, templates, mail, network.

    Nothing is created: a database that is not there yet is not looked at.
    """
    problems = [*_check_rules(settings), *_check_digests(settings), *_check_templates(settings)]
    problems += _check_mail(settings)
    reports: list[dict[str, Any]] = []
    if rules:
        reports = _rule_reports(settings, now)
    if network:
        problems += _check_network(settings, now)
    return tuple(problems), reports


def _problem(settings: Settings, path: str, message: str, *, warning: bool = False) -> Problem:
    from syndicate import config

    line = config.line_of(settings.file, path)
    return Problem(str(settings.file), line, f"{path}: {message}", warning)


def _check_rules(settings: Settings) -> list[Problem]:
    from syndicate.core import rules

    compiled = rules.compile_rules(settings.columns)
    return [
        _problem(settings, *problem.message.split(": ", 1)) if ": " in problem.message else problem
        for problem in compiled.problems
    ]


def _check_digests(settings: Settings) -> list[Problem]:
    from syndicate.core import schedule

    return [
        _problem(settings, f"digests[{number}].schedule", wrong)
        for number, digest in enumerate(settings.digests)
        if (wrong := schedule.problem(digest.schedule))
    ]


def _check_templates(settings: Settings) -> list[Problem]:
    from syndicate.adapters.templates import Templates
    from syndicate.core import sample, sample_mail

    templates = Templates(template_folders(settings))
    found = list(templates.check({**sample.contexts(settings), **sample_mail.contexts(settings)}))
    for number, digest in enumerate(settings.digests):
        path = f"digests[{number}]"
        for suffix in (".html", ".txt"):
            if not templates.has(digest.template + suffix):
                missing = f"no template {digest.template}{suffix}"
                found.append(_problem(settings, f"{path}.template", missing))
        try:
            templates.render_text(digest.subject, sample_mail.subject(settings, digest))
        except TemplateError as error:
            found.append(_problem(settings, f"{path}.subject", error.what))
    return found


def _check_mail(settings: Settings) -> list[Problem]:
    from syndicate.adapters import dkim, smtp

    found = []
    try:
        smtp.route(settings.mail.route, settings.mail.password)
    except MailError as error:
        found.append(_problem(settings, "mail.route", error.what))
    try:
        dkim.signer(settings.mail.dkim)
    except MailError as error:
        found.append(_problem(settings, "mail.dkim.key", error.what))
    return found


def _rule_reports(settings: Settings, now: datetime) -> list[dict[str, Any]]:
    """What each rule matched in the last 30 days."""
    from syndicate.adapters.store import entries, open_database
    from syndicate.core import audit, rules

    name = settings.storage.database
    if name.startswith("sqlite:") and not Path(name.removeprefix("sqlite:")).exists():
        return [report.to_json() for report in audit.audit(settings.columns, ())]
    database = open_database(settings.storage.database)
    try:
        with database.read() as conn:
            lately = entries.newest(conn, since=now - timedelta(days=30))
            facts = (rules.facts(e, settings.source(e.source)) for e in lately)
            return [report.to_json() for report in audit.audit(settings.columns, facts)]
    finally:
        database.close()


def _check_network(settings: Settings, now: datetime) -> list[Problem]:
    """What the sources answer now, and what the domain's mail records lack."""
    from syndicate.core import dns_records

    found = asyncio.run(_ask_sources(settings, now))
    domain = settings.mail.sender.rpartition("@")[2]
    found += [
        _problem(settings, "mail.from", text, warning=True)
        for text in dns_records.advice(domain, settings.mail.dkim, _dns)
    ]
    return found


def _dns(name: str) -> list[str]:
    """The TXT records of a name; [] where there are none or DNS cannot be asked."""
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=5)
    except dns.exception.DNSException:
        return []
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


async def _ask_sources(settings: Settings, now: datetime) -> list[Problem]:
    from syndicate.adapters.http import Request
    from syndicate.core import discover

    app = Application(settings, now)
    found: list[Problem] = []

    async def ask(number: int, source: Source, fetcher: Fetcher) -> None:
        path = f"sources[{number}].url"
        try:
            answer = await fetcher.fetch(Request(source.url))
        except FetchError as error:
            found.append(_problem(settings, path, str(error), warning=True))
            return
        if answer.failure:
            found.append(_problem(settings, path, answer.failure, warning=True))
        elif source.type == "feed" and not discover.is_feed(answer.body):
            found.append(_problem(settings, path, "what is there is no feed", warning=True))
        if answer.moved_to and answer.moved_to != source.url:
            found.append(
                _problem(settings, path, f"has moved: write {answer.moved_to!r}", warning=True)
            )

    async with app.fetcher() as fetcher, asyncio.TaskGroup() as group:
        for number, source in enumerate(settings.sources):
            if source.url.startswith(("http://", "https://")):
                group.create_task(ask(number, source, fetcher))
    return sorted(found, key=str)


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
