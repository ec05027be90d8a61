"""Commands that only look: sources, list, show, why, status, verify."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from syndicate import reporting
from syndicate.cli import shapes, terminal
from syndicate.cli.options import Call, common, moment
from syndicate.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from syndicate.adapters.store.received import Comparison
    from syndicate.core.hops import Step
    from syndicate.model import Decision, Entry

_STUCK = 3  # sources that `status` names


@click.command("list")
@click.option("--column", "-c", help="Only what stands in this column.")
@click.option("--source", "-s", help="Only what this source brought.")
@click.option("--since", metavar="TIME", help="Only what was received since.")
@click.option("--limit", "-n", type=click.IntRange(1, 2**31 - 1), help="At most so many.")
@click.option(
    "--status",
    type=click.Choice(["published", "held", "rejected", "retracted", "expired"]),
    help="Only these.",
)
@click.option("--leads", is_flag=True, help="Only the lead of each story.")
@common
def list_(
    call: Call,
    column: str | None,
    source: str | None,
    since: str | None,
    limit: int | None,
    status: str | None,
    leads: bool,
) -> None:
    """Entries, newest first."""
    from syndicate.adapters.store import entries

    if column and not call.settings.column(column):
        raise UsageError(f"no column {column!r}", where="--column")
    if source and not call.settings.source(source):
        raise UsageError(f"no source {source!r}", where="--source")
    after = moment(since, call.zone, "--since") if since else None
    with call.app.database.read() as conn:
        found = entries.newest(
            conn,
            column=column,
            source=source,
            since=after,
            status=status,
            leads=leads,
            limit=limit,
        )
        if call.json:
            terminal.document([shapes.listed(entry, call.zone) for entry in found])
            return
        rows = [_row(entry) for entry in found]
    if rows:
        terminal.table(rows, ("id", "published", "status", "column", "source", "title"))
    else:
        terminal.say("no entries; `syndicate ingest` reads the sources")


def _row(entry: Entry) -> tuple[str, ...]:
    published = entry.attribution.published
    name = entry.attribution.source.name or entry.source
    return (
        entry.id,
        published.text[:10] if published else "-",
        entry.status.value if entry.lead else "also",
        entry.column,
        terminal.clip(name, 20),
        terminal.clip(entry.title, 60),
    )


def find(conn: Connection, words: str) -> Entry:
    """The entry meant by a prefix of its id, its URL (here too) or its original URL; UsageError
    if none."""
    from syndicate.adapters.store import entries

    words = words.strip()
    if not words:
        raise UsageError("an empty ID names no entry", remedy="`syndicate list` shows their ids")
    ids = entries.resolve(conn, words)
    if not ids:
        raise UsageError("no such entry", where=words, remedy="`syndicate list` shows their ids")
    if len(ids) > 1:
        raise UsageError(f"could be {', '.join(ids)}", where=words, remedy="write more of it")
    entry = entries.get(conn, ids[0])
    if entry is None:
        raise UsageError("no such entry", where=words)
    return entry


@click.command()
@click.argument("id")
@common
def show(call: Call, id: str) -> None:
    """One entry in full. ID is a prefix of its id, its URL, or its original URL."""
    from syndicate.adapters.store import entries, media

    with call.app.database.read() as conn:
        entry = find(conn, id)
        history = entries.history(conn, entry.id)
        others = [e for e in entries.of_story(conn, [entry.story])[entry.story] if e != entry]
        copies = media.files_of(conn, [entry.id]).get(entry.id, {})
    if call.json:
        terminal.document(shapes.shown(entry, history, entry.notices, call.zone, copies))
        return
    for label, value in _particulars(entry, call):
        if value:
            terminal.say(f"{label:<12} {value}")
    for other in others:
        kind = "lead" if other.lead else "also"
        terminal.say(f"{kind:<12} {other.id}  {other.attribution.source.name or other.source}")
    for picture in entry.pictures:
        said = " · ".join(filter(None, (picture.caption, picture.credit, picture.rights)))
        terminal.say(f"{'picture':<12} {said} {picture.url}")
    for url, file in sorted(copies.items()):
        terminal.say(f"{'copy':<12} {file} of {url}")
    for notice in entry.notices:
        terminal.say(f"{'notice':<12} {notice.text}")
    terminal.say()
    terminal.say(entry.content_text)


def _particulars(entry: Entry, call: Call) -> list[tuple[str, str | None]]:
    from syndicate.core import terms

    said = entry.attribution
    return [
        ("id", entry.id),
        ("title", entry.title),
        ("original title", said.original_title),
        ("status", entry.status.value + (f" ({entry.held_for})" if entry.held_for else "")),
        ("shown", "its link alone, for its origin" if entry.link_only else None),
        ("labels", "、".join(label.text or label.kind for label in entry.labels)),
        ("not before", shapes.moment(entry.not_before, call.zone)),
        ("expires", shapes.moment(entry.expires, call.zone)),
        ("column", ", ".join(entry.columns)),
        ("source", " ".join(filter(None, (said.source.name, said.source.url)))),
        ("authors", "、".join(person.name for person in said.authors)),
        ("editor", said.editor),
        ("published", said.published.text if said.published else None),
        ("updated", said.updated.text if said.updated else None),
        ("received", shapes.moment(entry.received, call.zone)),
        ("original", said.original_url or entry.url),
        ("via", " → ".join(" ".join(filter(None, (hop.name, hop.url))) for hop in said.via)),
        ("rights", said.rights),
        ("licence", said.licence),
        ("terms", terms.words(entry.terms) if entry.terms else None),
        ("read from", entry.source),
    ]


@click.command()
@click.argument("id")
@common
def why(call: Call, id: str) -> None:
    """Every decision about an entry, and its reason."""
    from syndicate.adapters.store import entries, received, stories
    from syndicate.cli import comparing

    with call.app.database.read() as conn:
        entry = find(conn, id)
        history = entries.history(conn, entry.id)
        flags = stories.flagged(conn, entry.id)
        carried = reporting.carried(conn, entry)
        hops = reporting.hops(call.app, conn, entry)
        compared = received.compared(conn, entry.id)
    if call.json:
        terminal.document(
            {
                "id": entry.id,
                "title": entry.title,
                "status": entry.status.value,
                "story": entry.story,
                "lead": entry.lead,
                "column": entry.column,
                "decisions": [shapes.decision(made, call.zone) for made in history],
                "flags": [{"kind": flag.kind, "reason": flag.reason} for flag in flags],
                "feeds": carried.feeds,
                "editions": carried.editions,
                "hops": [shapes.hop(step, call.zone) for step in hops],
                "originals": [comparing.stored(made, call.zone) for made in compared],
            }
        )
        return
    terminal.say(f"{entry.id}  {entry.title}")
    for made in history:
        terminal.say(decision_line(made, call))
    for flag in flags:
        terminal.say(f"  ! {flag.kind}: {flag.reason}")
    terminal.say("  came from us back to its origin by")
    for step in hops:
        _hop(step, call)
    if compared:
        _beside(compared[-1], call)
    terminal.say(f"  feeds: {', '.join(carried.feeds) or 'none'}")
    terminal.say(f"  editions: {', '.join(carried.editions) or 'none'}")


def _hop(step: Step, call: Call) -> None:
    name = " ".join(filter(None, (step.name, step.url))) or "not known"
    terminal.say(f"    {step.role:<10} {name}")
    for proof in step.evidence:
        at = proof.at.astimezone(call.zone).strftime(" [%Y-%m-%d %H:%M]") if proof.at else ""
        text = f": {proof.text}" if proof.text else ""
        terminal.say(f"               {proof.kind}: {proof.where}{text}{at}")


def _beside(made: Comparison, call: Call) -> None:
    from syndicate.cli import comparing
    from syndicate.core import compare

    found = compare.from_json(made.result)
    if found.kinds:
        at = made.at.astimezone(call.zone).strftime("%Y-%m-%d %H:%M")
        terminal.say(f"  here and in the original, as seen {at}:")
        comparing.tell(found)


def decision_line(made: Decision, call: Call) -> str:
    """A decision as people read it."""
    at = made.at.astimezone(call.zone).strftime("%Y-%m-%d %H:%M")
    change = ""
    hashes = isinstance(made.after, dict) and "sha256" in made.after  # for `audit --json`
    if (made.before is not None or made.after is not None) and not hashes:
        change = f" [{'-' if made.before is None else made.before} → {made.after}]"
    return f"  {at}  {made.what}: {made.reason}{change} (by {made.by})"


@click.command()
@common
def sources(call: Call) -> None:
    """Each source's health."""
    rows = reporting.source_health(call.app)
    if call.json:
        terminal.document(rows)
        return
    if not rows:
        terminal.say("no sources; `syndicate add URL` finds the feed behind an address")
        return
    cells = [
        (
            row["id"],
            row["status"],
            str(row["entries"]),
            (row["last"] or "never")[:16],
            (row["next"] or "-")[:16],
            terminal.clip(row["error"] or row["name"] or row["url"], 70),
        )
        for row in rows
    ]
    terminal.table(cells, ("id", "status", "entries", "last", "next", "what"))


@click.command()
@common
def verify(call: Call) -> int:
    """Re-read everything published and compare it with the record."""
    report = call.app.verify()
    if call.json:
        terminal.document(report)
    else:
        for problem in report["problems"]:
            terminal.say(
                f"{problem['file']}: {problem['entry'] or '-'}: {problem['field']}: "
                f"recorded {problem['stored']!r}, found {problem['found']!r}"
            )
        terminal.say(
            f"{report['checked']} checked, {report['stale']} changed since and not yet published, "
            f"{len(report['problems'])} problems"
        )
        if report["problems"] and not call.quiet:
            terminal.say("`syndicate publish --rebuild` writes everything as it was recorded")
    return 1 if report["problems"] else 0


def _shortened(told: list[str]) -> str:
    """The first of what is stuck: thousands of sources fail at once where the network does."""
    more = len(told) - _STUCK
    text = "; ".join(told[:_STUCK])
    return f"{text}; and {more} more: `syndicate sources`" if more > 0 else text


@click.command()
@common
def status(call: Call) -> None:
    """One screen: what ran, what is due, what is stuck."""
    report = reporting.status(call.app)
    if call.json:
        terminal.document(report)
        return
    terminal.say(f"{call.settings.site.name} · {call.settings.site.url}")
    for name, value in report.items():
        if isinstance(value, dict):
            known = (f"{key} {each}" for key, each in value.items() if each is not None)
            text = "  ".join(known) or "none"
        elif isinstance(value, list):
            text = _shortened(value) or "none"
        else:
            text = "never" if value is None else str(value)
        terminal.say(f"{name:<12} {text}")


COMMANDS = {
    "list": list_,
    "show": show,
    "why": why,
    "sources": sources,
    "verify": verify,
    "status": status,
}
