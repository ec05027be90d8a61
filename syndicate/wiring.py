"""Config to adapters to jobs: the only place that builds them.

One Application serves one command, or one daemon: it opens what is needed when it is needed.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from syndicate.errors import (
    ConfigError,
    FetchError,
    MailError,
    OutputError,
    StoreError,
    SyndicateError,
    TemplateError,
    UsageError,
)
from syndicate.files import read_origins, read_secret, template_folders
from syndicate.model import EditionState
from syndicate.settings import Settings

if TYPE_CHECKING:
    from syndicate.adapters.http import Fetcher
    from syndicate.adapters.mailbox import Mailbox
    from syndicate.adapters.parsing import Make, Resting
    from syndicate.adapters.store.engine import Database
    from syndicate.adapters.templates import Templates
    from syndicate.core.bounce import Report as Bounce
    from syndicate.core.classify import Classifier
    from syndicate.core.discover import Found
    from syndicate.core.gate import Gate
    from syndicate.core.report import Report as ProvenanceReport
    from syndicate.jobs.bounces import Others, Taken
    from syndicate.jobs.digest import Composed
    from syndicate.jobs.edit import Edited
    from syndicate.jobs.ingest import Ingested
    from syndicate.jobs.ingest.counts import File
    from syndicate.jobs.learn import Trained
    from syndicate.jobs.media import Copied
    from syndicate.jobs.originals import Checked
    from syndicate.jobs.publish import Pages
    from syndicate.jobs.send import Delivery
    from syndicate.model import Entry, Filed
    from syndicate.settings import Digest, Source

_LEARNING = 900.0  # seconds that learning columns may take
_LOG = logging.getLogger(__name__)
# The mapping of upstream categories to columns, and the model as it is stored
Learned = tuple[dict[str, str], bytes | None]
Result = TypeVar("Result")


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
class Retraction:
    """What a retraction did."""

    edited: Edited
    files: int
    corrections: int


class Application:
    """Everything that a door needs, over one configuration and one moment."""

    resting: Resting | None = None  # processes that read, between two runs of one that lives on

    def __init__(self, settings: Settings, now: datetime) -> None:
        self.settings = settings
        self.now = now
        self.progress: Callable[[int, int], None] | None = None
        self.stopping: Callable[[], bool] = lambda: False  # asked between messages
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

    @functools.cached_property
    def gate(self) -> Gate:
        """What columns ask of an entry, with the list of permitted origins.

        Raises ConfigError, with every problem, where the list cannot be read.
        """
        from syndicate.core import gate

        register, problems = read_origins(self.settings)
        if problems:
            raise ConfigError(problems)
        return gate.of(self.settings, register)

    def pass_time(self) -> int:
        """What time makes of entries (embargoes end, terms are over), and columns that are
        others than before; how many changed."""
        from syndicate.jobs import due

        return self._rearranged + due.pass_time(self.database, self.settings, self.now)

    @functools.cached_property
    def _rearranged(self) -> int:
        from syndicate.jobs.rearrange import rearrange

        file = self._filer(functools.cache(self._learned))
        return rearrange(self.database, self.settings, file, self.now)

    def reexamine(self) -> str:
        """What is here against the list of origins, where that has changed; a line about what
        would be treated otherwise, "" where nothing would."""
        from syndicate.jobs import origins

        done = origins.examine_if_changed(self.database, self.settings, self.gate, self.now)
        if done is None or not (done.stricter or done.freer):
            return ""
        return (
            f"the list of origins has changed: {done.stricter} published entries would now "
            f"be held or shown as links, {done.freer} held ones might go out; "
            "`syndicate origins` shows them"
        )

    def inboxes(self) -> dict[str, Mailbox]:
        """The mailboxes that are read, by their keys: what comes back, and claims."""
        from syndicate.adapters.mailbox import open_mailbox

        mail, fetch = self.settings.mail, self.settings.fetch
        places = {
            "mail.inbox": (mail.inbox, mail.inbox_password),
            "mail.claims_inbox": (mail.claims_inbox, mail.claims_inbox_password),
        }
        return {
            key: open_mailbox(where, password, timeout=fetch.timeout, max_bytes=fetch.max_bytes)
            for key, (where, password) in places.items()
            if where and f"{key}_password" not in self.settings.unset
            if not where.startswith("lmtp:")  # that one is handed over to `serve`
        }

    def read_inboxes(self) -> Taken | None:
        """Take in what came into the mailboxes; None where there are none.

        Raises FetchError where one cannot be read, after the others were.
        """
        from syndicate.jobs import bounces

        found, failed = self.inboxes(), []
        taken = bounces.Taken()
        for key, box in found.items():
            others = self._others(every=key == "mail.claims_inbox")
            try:
                came = bounces.take_from(self.database, box, self.secret, self.now, others)
                taken.add(came, key)
            except FetchError as error:
                failed.append(f"{key}: {error}")
        if failed:
            raise FetchError("; ".join(failed))
        return taken if found else None

    def take_in(self, mails: Iterable[bytes], *, every: bool = False) -> Taken:
        """Take in mails that came back, or are about claims; `every` other one is a claim."""
        from syndicate.jobs import bounces

        others = self._others(every=every)
        return bounces.take_in(self.database, mails, self.secret, self.now, others)

    def _others(self, *, every: bool) -> Others:
        """Whom mails are for that neither report nor unsubscribe: rightsholders' claims."""
        from syndicate.jobs import bounces, claims

        def mail(data: bytes, note: str) -> str | None:
            outcome = claims.take_mail(
                self.database,
                self.settings,
                data,
                secret=self.secret,
                now=self.now,
                every=every,
                note=note,
            )
            return outcome.what.value if outcome else None

        def report(read: Bounce) -> bool:
            return bool(claims.came_back(self.database, read, secret=self.secret, now=self.now))

        return bounces.Others(mail, report)

    # --- the job and its stages ---------------------------------------------------------

    def run(self) -> Report:
        """Ingest, publish, compose, deliver: what fails in one does not stop the others."""
        report = Report()
        for stage in (self._ingest, self._prune, self._publish, self._deliver):
            try:
                stage(report)
            except (StoreError, OutputError, MailError, TemplateError) as error:
                report.fail(error)
        self.seal()
        return report

    def _prune(self, _report: Report) -> None:
        from syndicate.jobs import prune

        prune.prune(self.database, self.settings, self.now)

    def seal(self) -> None:
        """Seal the record of decisions, once a day."""
        from syndicate.jobs import audit

        try:
            audit.seal(self.database, self.now)
        except StoreError as error:
            _LOG.warning("the record of decisions was not sealed: %s", error)

    def ingest(self, only: Sequence[str] = ()) -> Report:
        for name in only:
            if self.settings.source(name) is None:
                raise UsageError(f"no source {name!r}", remedy="`syndicate sources` lists them")
        report = Report()
        self._ingest(report, only)
        return report

    def publish(self, *, fetch: bool = True, rebuild: bool = False) -> Report:
        """What changed, or everything, written, editions too; with `fetch` the pictures that are
        to be copied first."""
        report = Report()
        self._publish(report, fetch=fetch, rebuild=rebuild)
        report.parts["pages"]["written"] += self.publish_editions(report, rebuild=rebuild)
        return report

    def deliver(self) -> Report:
        report = Report()
        self._deliver(report)
        return report

    def copy_pictures(self) -> list[tuple[str, str]]:
        """Fetch the pictures that are to be copied of what is about to be published; (source,
        reason) of those that will not be."""
        from syndicate.jobs import media

        if not media.plan(self.database, self.settings, self.now):
            return []
        return _run(self._fetch_pictures()).problems

    async def _fetch_pictures(self) -> Copied:
        from syndicate.adapters.http import PICTURES
        from syndicate.jobs import media
        from syndicate.jobs.ingest.visits import Visitor

        async with self.fetcher() as fetcher:
            visitor = Visitor(fetcher, self.settings.media.max_bytes, accept=PICTURES)
            return await media.fetch(
                self.database, self.settings, visitor.fetch, self.now, self.stopping
            )

    def _publish(self, report: Report, *, fetch: bool = True, rebuild: bool = False) -> None:
        from syndicate.jobs import publish

        self.pass_time()
        if fetch:  # a takedown waits for nobody
            for source, reason in self.copy_pictures():
                report.problem(source or None, reason)
        done = publish.publish(
            self.database,
            self.settings,
            self.pages,
            self.now,
            rebuild=rebuild,
            stop=self.stopping,
        )
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

    def report_page(self, by_source: ProvenanceReport, by_column: ProvenanceReport) -> str:
        """The report of provenance as a page to print, which stands alone."""
        from syndicate.core import phrases, report_page, words

        spoken = words.of(self.settings.site.language)
        return self.templates.render(
            "report.html",
            {
                "report": report_page.view(by_source, by_column),
                "site": self.settings.site,
                "words": spoken,
                "say": phrases.of(spoken.language),
                "fill": phrases.fill,
                "since": by_source.since[:10],
                "until": by_source.until[:10],
                "made": self.now.astimezone(self.zone).strftime("%Y-%m-%d %H:%M"),
            },
        )

    def verify(self) -> dict[str, Any]:
        """`verify --json`: everything published, re-read and compared."""
        from syndicate.jobs.verify import verify

        return asdict(verify(self.database, self.settings))

    def _deliver(self, report: Report) -> None:
        """Take in what came back, compose what is due, hand over every message that is due."""
        from syndicate.jobs import digest

        try:
            taken = self.read_inboxes()
            for problem in taken.problems if taken else ():
                report.problem(None, problem)
        except FetchError as error:
            report.problem(None, str(error))
        self.remind_of_claims()
        self.pass_time()
        composed = digest.compose_due(
            self.database, self.settings, self.templates, self.secret, self.now
        )
        self._hand_over(report, composed)

    def remind_of_claims(self) -> int:
        """Mail the editor about claims whose date is near; how many."""
        from syndicate.jobs import claims

        return claims.remind(self.database, self.settings, secret=self.secret, now=self.now)

    def compose(self) -> Composed:
        """Compose what is due, and write the pages of its editions; for the daemon."""
        from syndicate.jobs import digest

        self.pass_time()
        composed = digest.compose_due(
            self.database, self.settings, self.templates, self.secret, self.now
        )
        self.publish_editions()
        return composed

    def publish_editions(self, report: Report | None = None, *, rebuild: bool = False) -> int:
        """Write the pages of editions that are new or changed; how many files.

        A digest whose template is broken goes into the report, else into the log.
        """
        from syndicate.adapters.store import editions

        if not self.settings.digests:
            with self.database.read() as conn:
                if not editions.enrolled(conn):  # nor was there ever any
                    return 0
        from syndicate.jobs.editions import publish_editions
        from syndicate.jobs.publish import fingerprint

        look = fingerprint(self.settings, self.pages)
        done = publish_editions(
            self.database, self.settings, self.templates, look, self.stopping, rebuild=rebuild
        )
        for error in done.errors:
            if report is not None:
                report.fail(error)
            else:
                _LOG.error("%s", error)
        return done.written

    def send_digest(self, chosen: Digest) -> Report:
        """Compose a digest now, and deliver what is queued."""
        from syndicate.jobs import digest

        report = Report()
        self.pass_time()
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
            "waiting": 0,
        }
        report.parts["digests"] = counts
        for edition in composed.editions:
            if edition.state is EditionState.HELD:
                report.problem(None, f"edition {edition.id} is held: {edition.reason}")
        written = self.publish_editions(report)
        if "pages" in report.parts:
            report.parts["pages"]["written"] += written
        if off := self.settings.unsendable:
            report.problem(None, f"{off[0]} is not set: delivery is off, messages wait")
            return
        from syndicate.adapters import signals
        from syndicate.adapters.store import outbox

        done = signals.finish_first(self.deliver_async)
        counts.update(sent=done.sent, deferred=done.deferred, failed=done.failed)
        with self.database.read() as conn:
            counts["waiting"] = outbox.count_later(conn, self.now)
        for problem in done.problems:
            report.problem(None, problem)

    async def deliver_async(self, stop: Callable[[], bool] = lambda: False) -> Delivery:
        """Hand over what is due until `stop` says so; for a loop that runs already."""
        from syndicate.adapters import dkim, smtp
        from syndicate.jobs import digest, send

        self.pass_time()
        digest.withdraw(self.database, self.settings, self.templates, self.now)
        return await send.deliver(
            self.database,
            self.settings,
            route=smtp.route(self.settings.mail.route, self.settings.mail.password),
            sign=dkim.signer(self.settings.mail.dkim),
            secret=self.secret,
            now=self.now,
            progress=self.progress,
            stop=lambda: stop() or self.stopping(),
        )

    def _ingest(self, report: Report, only: Sequence[str] = ()) -> None:
        done = _run(self.ingest_async(only, whole=True))
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
        if told := self.reexamine():
            report.problem(None, told)

    async def ingest_async(
        self,
        only: Sequence[str] = (),
        stop: Callable[[], bool] = lambda: False,
        *,
        whole: bool = False,
    ) -> Ingested:
        """Read what is due; for a loop that runs already. On PostgreSQL `stop` ends it between
        two batches, and `whole` waits for what other processes are reading."""
        from syndicate.adapters.parsing import Workers
        from syndicate.jobs.ingest import ingest

        learned = functools.cache(self._learned)  # once, where there is anything to file
        workers = Workers(None, lambda: self._desk(learned), self.resting)
        try:
            async with self.fetcher() as fetcher:
                return await ingest(
                    self.database,
                    self.settings,
                    fetcher=fetcher,
                    workers=workers,
                    file=self._filer(learned),
                    secret=self.secret,
                    now=self.now,
                    gate=self.gate,
                    only=only,
                    stop=stop,
                    whole=whole,
                    progress=self.progress,
                )
        finally:
            workers.close()

    def check_originals(self, wanted: Sequence[Entry]) -> list[Checked]:
        """Entries beside their originals, which are fetched now."""
        return _run(self._check_originals(wanted))

    async def _check_originals(self, wanted: Sequence[Entry]) -> list[Checked]:
        from syndicate.adapters.parsing import Workers
        from syndicate.jobs import originals
        from syndicate.jobs.ingest.visits import Visitor

        workers = Workers()
        try:
            async with self.fetcher() as fetcher:
                visitor = Visitor(fetcher, self.settings.fetch.max_bytes)
                return await originals.check(
                    self.database,
                    self.settings,
                    wanted,
                    visit=visitor.fetch,
                    workers=workers,
                    now=self.now,
                )
        finally:
            workers.close()

    async def learn_async(self) -> Trained:
        """Learn columns from what editors moved, in a process that ends when it is done, or when
        this is cancelled."""
        from syndicate.adapters.parsing import Workers
        from syndicate.jobs import learn

        workers = Workers(1)
        url = self.settings.storage.database
        try:
            return await workers.run(
                learn.train_apart, url, self.settings, self.now, timeout=_LEARNING
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

    def _filer(self, learned: Callable[[], Learned]) -> File:
        """How entries are filed: rules, learned model and mapping of this site."""

        @functools.cache
        def classifier() -> Classifier:  # when there is something to file; most runs have nothing
            from syndicate.core import classify, linear

            mapping, stored = learned()
            model = linear.load(stored) if stored else None
            return classify.prepare(self.settings.columns, mapping, model)

        def file(entry: Entry, source: Source, moved: str | None, stated: str | None) -> Filed:
            from syndicate.core import classify

            return classify.file(entry, source, classifier(), moved=moved, stated=stated)

        return file

    def _desk(self, learned: Callable[[], Learned]) -> Make:
        """How worker processes make what they draft entries with."""
        from syndicate.core import desk

        mapping, stored = learned()
        return desk.desk, (self.settings.site, self.settings.columns, mapping, stored, self.now)

    def _learned(self) -> Learned:
        """The mapping of upstream categories, and the model as it is stored."""
        from syndicate.adapters.store import columns

        with self.database.read() as conn:
            active = columns.active_model(conn)
            return columns.mapped(conn), active[1] if active else None

    def discover(self, url: str) -> Found:
        """The feed behind an address: itself, what the page names, or a common path.

        FetchError where none is there.
        """
        return _run(self._discover(url))

    async def _discover(self, url: str) -> Found:
        from syndicate.jobs.discover import discover

        async with self.fetcher() as fetcher:
            return await discover(fetcher, url)

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
        digest.withdraw(self.database, self.settings, self.templates, self.now)
        report = self.publish(fetch=False)
        corrections = 0
        if notify:
            corrections = digest.correct(
                self.database, self.settings, edited.entries, self.secret, self.now
            )
        parts = report.parts
        files = sum(parts[kind]["written"] for kind in ("feeds", "pages") if kind in parts)
        return Retraction(edited, files, corrections)

    def retract_for_claim(
        self, number: int, entry: Entry, *, only: bool, notify: bool, by: str
    ) -> Retraction:
        """Take down what a claim is about; both records say so."""
        from syndicate.jobs import claims

        reason = f"claim {claims.shown(number)}"
        done = self.retract(entry, reason=reason, only=only, notify=notify, by=by)
        told = f"{' '.join(done.edited.ids)}: {done.files} files rewritten"
        if notify:
            told += f", {done.corrections} corrections by mail"
        claims.note(self.database, number, "took the article down", told, now=self.now, by=by)
        return done


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    """What a coroutine comes to, in a loop of its own."""
    import asyncio  # with its TLS 30 ms, which commands that only look need not pay

    return asyncio.run(work)
