"""Digests and their subscribers: digest list|preview|send|approve|reject, subscribers …"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syndicate import reporting
from syndicate.cli import shapes, terminal
from syndicate.cli.options import Call, before, common
from syndicate.errors import ConfigError, ParseError, SyndicateError, UsageError

if TYPE_CHECKING:
    from syndicate.settings import Digest

STATES = ("unconfirmed", "confirmed", "unsubscribed", "suppressed")


@click.group()
@before
def digest() -> None:
    """Digests: their editions, a preview, sending by hand, editions on hold."""


@click.group()
@before
def subscribers() -> None:
    """Who gets which digests."""


def _digest(call: Call, name: str) -> Digest:
    found = next((d for d in call.settings.digests if d.id == name), None)
    if found is None:
        known = ", ".join(d.id for d in call.settings.digests) or "none"
        raise UsageError(f"no digest {name!r}", remedy=f"the config has {known}")
    return found


@digest.command("list")
@common
def list_digests(call: Call) -> None:
    """Digests with their next time and their editions."""
    rows = reporting.digests(call.app)
    if call.json:
        terminal.document(rows)
        return
    if not rows:
        terminal.say("no digests; add [[digests]] to the config")
    for row in rows:
        terminal.say(f"{row['id']}  {row['title']}  next {row['next'] or '-'}")
        for edition in row["editions"][:10]:
            terminal.say(
                f"  {edition['id']}  {terminal.state(edition['state'])}  "
                f"{edition['sent']}/{edition['messages']} sent"
                + (f"  {edition['reason']}" if edition["reason"] else "")
            )


@digest.command()
@click.argument("name", metavar="DIGEST")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write the three files.")
@common
def preview(call: Call, name: str, out: Path | None) -> None:
    """The very message that a subscriber would get, as .html, .txt and .eml."""
    from syndicate.adapters import dkim
    from syndicate.jobs import digest as job

    chosen = _digest(call, name)
    app = call.app
    made = job.preview(
        app.database,
        call.settings,
        chosen,
        app.templates,
        app.secret,
        app.now,
        dkim.signer(call.settings.mail.dkim),
    )
    folder = out or Path()
    files = []
    if out is not None or not call.json:
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, data in (
            ("html", made.html.encode()),
            ("txt", made.text.encode()),
            ("eml", made.message),
        ):
            path = folder / f"{chosen.id}.{suffix}"
            path.write_bytes(data)
            files.append(str(path))
    if call.json:
        terminal.document(
            {
                "digest": chosen.id,
                "entries": made.entries,
                "recipients": made.recipients,
                "files": files,
                "html": made.html,
                "text": made.text,
            }
        )
        return
    if not call.quiet:
        terminal.say(
            f"{made.entries} entries for {made.recipients} subscribers: {', '.join(files)}"
        )


@digest.command()
@click.argument("name", metavar="DIGEST")
@click.option("--dry-run", is_flag=True, help="Say who would get what; compose and send nothing.")
@common
def send(call: Call, name: str, dry_run: bool) -> int:
    """Compose now, in the place of the next edition of this day, and deliver."""
    chosen = _digest(call, name)
    if dry_run:
        plan = reporting.digest_plan(call.app, chosen)
        if call.json:
            terminal.document(plan)
        else:
            terminal.say(
                f"{plan['edition']}: {plan['entries']} entries for {plan['recipients']} subscribers"
                + (f"; {plan['reason']}" if plan["reason"] else "")
            )
            for email in plan["to"][:50]:
                terminal.say(f"  {email}")
        return 0
    report = call.app.send_digest(chosen)
    if call.json:
        terminal.document(report.to_json())
    elif not call.quiet:
        counts = report.parts["digests"]
        if not counts["editions"] and not counts["sent"]:
            waiting = f"{counts['waiting']} wait for their hour" if counts["waiting"] else ""
            reasons = [*report.parts.get("reasons", []), waiting]
            terminal.say("nothing to send: " + "; ".join(filter(None, reasons)))
        else:
            terminal.say(
                f"{counts['editions']} editions, {counts['messages']} messages; "
                f"{counts['sent']} sent, {counts['deferred']} deferred, {counts['failed']} failed"
                + (f", {counts['waiting']} wait for their hour" if counts["waiting"] else "")
            )
        for problem in report.problems[:5]:
            terminal.say(f"problem   {problem['error']}")
    return report.exit_status


@digest.command("approve")
@click.argument("edition")
@common
def approve_edition(call: Call, edition: str) -> None:
    """Let an edition that was held go out with the next delivery."""
    from syndicate.jobs import digest as job

    made = job.approve(call.app.database, edition)
    _edition_done(call, made.id, made.state.value)


@digest.command("reject")
@click.argument("edition")
@common
def reject_edition(call: Call, edition: str) -> None:
    """Refuse an edition that was held: nothing of it is sent."""
    from syndicate.jobs import digest as job

    made = job.reject(call.app.database, edition, call.app.now)
    _edition_done(call, made.id, made.state.value)


def _edition_done(call: Call, edition: str, state: str) -> None:
    if call.json:
        terminal.document({"edition": edition, "state": state})
    else:
        terminal.say(f"{edition} is {state}")


# --- subscribers ----------------------------------------------------------------------------


@subscribers.command()
@click.argument("email")
@click.option("--digest", "-d", "digests", multiple=True, help="A digest; none: all public ones.")
@click.option("--column", "-c", "columns", multiple=True, help="Only these columns.")
@click.option("--frequency", help="edition (each), daily or weekly.")
@click.option("--hour", help="When daily or weekly mail comes: 0 to 23, in their zone.")
@click.option("--timezone", help="Their time zone; none: the site's.")
@click.option("--language", help="Their language; none: the site's.")
@click.option("--consent", default="", help="When and how consent was given; kept in the log.")
@click.option("--invite", is_flag=True, help="Send the opt-in mail instead.")
@common
def add(
    call: Call,
    email: str,
    digests: tuple[str, ...],
    columns: tuple[str, ...],
    frequency: str | None,
    hour: str | None,
    timezone: str | None,
    language: str | None,
    consent: str,
    invite: bool,
) -> None:
    """Add a subscriber, confirmed on your word, which is logged."""
    from syndicate.core.subscription import Wish
    from syndicate.jobs import subscribe

    app = call.app
    for name in digests:
        _digest(call, name)
    wish = Wish(
        digests=digests or None,
        columns=columns or None,
        frequency=frequency,
        hour=hour,
        timezone=timezone,
        language=language,
    )
    done = subscribe.add(
        app.database,
        call.settings,
        email,
        wish,
        consent=consent,
        invite=invite,
        secret=app.secret,
        now=app.now,
    )
    if call.json:
        terminal.document(shapes.subscriber(done.person, call.settings.site))
    elif not call.quiet:
        invited = "; the invitation goes out with the next delivery" if done.invited else ""
        terminal.say(f"{done.person.email} is {done.person.state.value}{invited}")


@subscribers.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@common
def list_subscribers(call: Call, state: str | None) -> None:
    """Subscribers by address."""
    from syndicate.adapters.store import subscribers as store

    with call.app.database.read() as conn:
        people = [p for p in store.everybody(conn) if state is None or p.state.value == state]
    if call.json:
        terminal.document([shapes.subscriber(person, call.settings.site) for person in people])
        return
    rows = [
        (
            p.email,
            p.state.value,
            ", ".join(p.digests) or "all",
            ", ".join(p.columns) or "all",
            p.frequency,
        )
        for p in people
    ]
    if rows:
        terminal.table(rows, ("email", "state", "digests", "columns", "frequency"))
    else:
        terminal.say("no subscribers; `syndicate subscribers add EMAIL`")


@subscribers.command()
@click.argument("email")
@common
def remove(call: Call, email: str) -> None:
    """Unsubscribe somebody."""
    from syndicate.jobs import subscribe

    person = subscribe.remove(call.app.database, email, now=call.app.now)
    if call.json:
        terminal.document(shapes.subscriber(person, call.settings.site))
    elif not call.quiet:
        terminal.say(f"{person.email} is {person.state.value}")


@subscribers.command()
@click.argument("email")
@common
def forget(call: Call, email: str) -> None:
    """Erase a person; a keyed hash stops a re-import."""
    from syndicate.jobs import subscribe

    was = subscribe.forget(call.app.database, email, secret=call.app.secret, now=call.app.now)
    if call.json:
        terminal.document({"email": email, "forgotten": was})
    elif not call.quiet:
        terminal.say(f"{email} is erased" if was else f"{email} was not there; it stays out")


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@common
def import_(call: Call, file: Path, dry_run: bool) -> int:
    """Take subscribers from a CSV file with a header row."""
    from syndicate.jobs import subscribe

    try:
        text = file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise UsageError("there is no such file", where=str(file)) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        remedy = "save it as CSV in UTF-8"
        raise ParseError("is not UTF-8", where=f"{file}:{line}", remedy=remedy) from error
    app = call.app
    try:
        done = subscribe.import_csv(
            app.database,
            call.settings,
            text,
            str(file),
            secret=app.secret,
            now=app.now,
            dry_run=dry_run,
        )
    except ConfigError as error:
        raise SyndicateError(str(error)) from error
    left_out = [str(problem) for problem in done.left_out]
    if call.json:
        counts = {"confirmed": done.confirmed, "invited": done.invited, "unchanged": done.unchanged}
        terminal.document({**counts, "left_out": left_out, "dry_run": dry_run})
        return 0
    for problem in left_out:
        terminal.say(f"left out  {problem}")
    would = "would be " if dry_run else ""
    terminal.say(
        f"{done.confirmed} {would}confirmed, {done.invited} {would}invited, "
        f"{done.unchanged} unchanged"
    )
    return 0


@subscribers.command("export")
@common
def export(call: Call) -> None:
    """Print all subscribers as CSV."""
    from syndicate.adapters.store import subscribers as store
    from syndicate.jobs import subscribe

    if call.json:
        with call.app.database.read() as conn:
            people = [shapes.subscriber(p, call.settings.site) for p in store.everybody(conn)]
        terminal.document(people)
        return
    sys.stdout.writelines(subscribe.export(call.app.database))


COMMANDS = {"digest": digest, "subscribers": subscribers}
