"""The whole job and its stages: run, ingest, publish, deliver."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from syndicate.cli import terminal
from syndicate.cli.options import Call, common

if TYPE_CHECKING:
    from syndicate.wiring import Report


# What `run --json` always has: a stage that could not be completed did nothing
_NOTHING: dict[str, Any] = {
    "sources": dict.fromkeys(("polled", "changed", "unchanged", "skipped", "failed"), 0),
    "entries": dict.fromkeys(("received", "new", "updated", "unchanged", "duplicates", "held"), 0),
    "feeds": {"written": 0, "unchanged": 0},
    "pages": {"written": 0, "unchanged": 0},
    "digests": dict.fromkeys(("editions", "messages", "sent", "deferred", "failed"), 0),
}


def _finish(
    call: Call, report: Report, started: float, nothing: Mapping[str, Any] = MappingProxyType({})
) -> int:
    document = report.to_json()
    document["seconds"] = round(time.monotonic() - started, 3)
    if call.json:
        terminal.document({**nothing, **document})
    elif not call.quiet:
        for line in _lines(document, call):
            terminal.say(line)
    return report.exit_status


def _lines(document: dict[str, Any], call: Call) -> list[str]:
    """At most twelve lines: what came in, what was joined, held, published, sent, what failed."""
    lines = []
    if sources := document.get("sources"):
        lines.append(
            f"sources   {sources['polled']} polled, {sources['changed']} changed, "
            f"{sources['skipped']} not yet due, {sources['failed']} failed"
        )
    if entries := document.get("entries"):
        lines.append(_entries(entries))
        if entries["held"]:
            lines.append(f"held      {entries['held']}: `syndicate review` shows why")
    if columns := document.get("columns"):
        filled = "  ".join(f"{name} {count}" for name, count in columns.items() if count)
        lines.append(f"columns   {filled or 'nothing new'}")
    if feeds := document.get("feeds"):
        pages = document["pages"]
        lines.append(
            f"published {feeds['written']} feeds and {pages['written']} pages written, "
            f"{feeds['unchanged'] + pages['unchanged']} unchanged, "
            f"in {call.settings.storage.output}"
        )
    if digests := document.get("digests"):
        lines.append(
            f"mail      {digests['editions']} editions, {digests['messages']} messages; "
            f"{digests['sent']} sent, {digests['deferred']} deferred, {digests['failed']} failed"
            + (f", {digests['waiting']} wait for their hour" if digests["waiting"] else "")
        )
    problems = document.get("problems", [])
    lines += [
        f"problem   {p['source'] or '-'}: {terminal.clip(p['error'], 100)}" for p in problems[:4]
    ]
    if len(problems) > 4:
        lines.append(f"          and {len(problems) - 4} more: `syndicate sources`")
    return lines


def _entries(entries: dict[str, int]) -> str:
    if not entries["new"] and not entries["updated"]:
        return f"entries   nothing new ({entries['unchanged']} known)"
    return (
        f"entries   {entries['received']} received: {entries['new']} new, "
        f"{entries['updated']} updated, {entries['unchanged']} unchanged; "
        f"{entries['duplicates']} joined a story"
    )


@click.command()
@common
def run(call: Call) -> int:
    """The whole job, once: ingest, publish, compose due editions, deliver."""
    started = time.monotonic()
    report = call.app.run()
    columns = dict.fromkeys((column.id for column in call.settings.columns), 0)
    status = _finish(call, report, started, {**_NOTHING, "columns": columns})
    if not call.json and not call.quiet:
        terminal.say(f"look at   {call.settings.storage.output}/index.html")
        route = call.settings.mail.route
        if route.startswith("maildir:"):
            terminal.say(f"and at    {route.removeprefix('maildir:')}/new")
    return status


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE…]")
@common
def ingest(call: Call, sources: tuple[str, ...]) -> int:
    """Read the sources that are due; named ones now, due or not."""
    started = time.monotonic()
    return _finish(call, call.app.ingest(sources), started)


@click.command()
@click.option("--rebuild", is_flag=True, help="Everything, also what should be right already.")
@common
def publish(call: Call, rebuild: bool) -> int:
    """Write the feeds and pages that changed."""
    started = time.monotonic()
    return _finish(call, call.app.publish(rebuild=rebuild), started)


@click.command()
@common
def deliver(call: Call) -> int:
    """Compose due editions and hand over every message that is due."""
    started = time.monotonic()
    return _finish(call, call.app.deliver(), started)


COMMANDS = {"run": run, "ingest": ingest, "publish": publish, "deliver": deliver}
