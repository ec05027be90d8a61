"""What `check` finds beyond the config itself: rules, schedules, templates, mail, network."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syndicate.errors import FetchError, MailError, ParseError, Problem, TemplateError
from syndicate.files import read_origins, template_folders
from syndicate.loading import at, problems_of
from syndicate.settings import Settings, Source
from syndicate.wiring import Application

if TYPE_CHECKING:
    from syndicate.adapters.http import Fetcher
    from syndicate.adapters.mailbox import Mailbox

_SHOWN = 5  # articles of a list


def check(
    settings: Settings, *, now: datetime, network: bool, rules: bool
) -> tuple[tuple[Problem, ...], list[dict[str, Any]]]:
    """What `check` finds beyond the config itself: rules, schedules, templates, mail, network.

    Nothing is created: a database that is not there yet is not looked at.
    """
    problems = [*problems_of(settings), *_check_templates(settings), *_check_sources(settings)]
    problems += _check_mail(settings)
    problems += read_origins(settings)[1]
    reports: list[dict[str, Any]] = []
    if rules:
        reports = _rule_reports(settings, now)
    if network:
        problems += _check_network(settings, now)
    return tuple(problems), reports


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
                found.append(at(settings, f"{path}.template", missing))
        try:
            if not templates.render_text(digest.subject, sample_mail.subject(settings, digest)):
                found.append(at(settings, f"{path}.subject", "comes out empty"))
        except TemplateError as error:
            found.append(at(settings, f"{path}.subject", error.what))
    return found


def _check_sources(settings: Settings) -> list[Problem]:
    """Selectors that are none; files and folders that are not there yet."""
    from syndicate.core import listing

    found = []
    for number, source in enumerate(settings.sources):
        for key, wrong in listing.problems(source.select):
            found.append(at(settings, f"sources[{number}].select.{key}", wrong))
        if source.path and not Path(source.path).exists():
            missing = f"there is no {source.path} yet"
            found.append(at(settings, f"sources[{number}].path", missing, warning=True))
    return found


def _check_mail(settings: Settings) -> list[Problem]:
    from syndicate.adapters import dkim, smtp

    found = []
    try:
        smtp.route(settings.mail.route, settings.mail.password)
    except MailError as error:
        found.append(at(settings, "mail.route", error.what))
    try:
        dkim.signer(settings.mail.dkim)
    except MailError as error:
        found.append(at(settings, "mail.dkim.key", error.what))
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
        at(settings, "mail.from", text, warning=True)
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
    from syndicate.jobs import ingest

    app = Application(settings, now)
    found: list[Problem] = []

    async def look(number: int, source: Source, fetcher: Fetcher) -> None:
        text = await _listed(source, fetcher, settings.fetch.max_bytes)
        found.append(at(settings, f"sources[{number}].url", text, warning=True))

    async def unlock(path: str, box: Mailbox) -> None:
        try:
            await asyncio.to_thread(lambda: list(box.unread(0)))
        except FetchError as error:
            found.append(at(settings, path, str(error), warning=True))

    async def ask(number: int, source: Source, fetcher: Fetcher) -> None:
        path = f"sources[{number}].url"
        try:
            answer = await fetcher.fetch(Request(source.url))
        except FetchError as error:
            found.append(at(settings, path, str(error), warning=True))
            return
        if answer.failure:
            found.append(at(settings, path, answer.failure, warning=True))
        elif source.type == "feed" and not discover.is_feed(answer.body):
            found.append(at(settings, path, "what is there is no feed", warning=True))
        if answer.moved_to and answer.moved_to != source.url:
            found.append(at(settings, path, f"has moved: write {answer.moved_to!r}", warning=True))

    async with app.fetcher() as fetcher, asyncio.TaskGroup() as group:
        for number, source in enumerate(settings.sources):
            if source.type == "page":
                group.create_task(look(number, source, fetcher))
            elif source.type == "mailbox":
                box = ingest.mailbox_of(source, settings.fetch)
                group.create_task(unlock(f"sources[{number}]", box))
            elif source.url.startswith(("http://", "https://")):
                group.create_task(ask(number, source, fetcher))
        for path, inbox in app.inboxes().items():
            group.create_task(unlock(path, inbox))
    return sorted(found, key=str)


async def _listed(source: Source, fetcher: Fetcher, max_bytes: int) -> str:
    """What the selectors of a listing page, or its shape, find on it now."""
    from syndicate.core import listing
    from syndicate.jobs.ingest.visits import Visitor

    try:
        answer = await Visitor(fetcher, max_bytes).fetch(source.url)
        if answer.failure:
            return answer.failure
        kind = answer.header("content-type")
        found = await asyncio.to_thread(listing.read, answer.body, kind, answer.url, source.select)
    except (FetchError, ParseError) as error:
        return str(error)
    shown = [f"{i.date or 'no date'} {i.title!r} {i.link}" for i in found.items[:_SHOWN]]
    more = [f"and {len(found.items) - _SHOWN} more"] if len(found.items) > _SHOWN else []
    after = f"; next page {found.next}" if found.next else ""
    return f"lists {len(found.items)} articles: {'; '.join([*shown, *more])}{after}"
