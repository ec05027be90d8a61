"""Rightsholders' claims: list, show, add, read, about, answer, retract, close."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syndicate import reporting
from syndicate.cli import shapes, terminal
from syndicate.cli.bouncing import mails_in, say_taken
from syndicate.cli.editing import say_reach, say_retracted
from syndicate.cli.looking import find
from syndicate.cli.options import Call, before, common
from syndicate.errors import UsageError

if TYPE_CHECKING:
    from syndicate.core.claims import Claim

BY = "editor"


@click.group()
@before
def claims() -> None:
    """Rightsholders' claims: list, show, add, read, about, answer, retract, close."""


@claims.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed ones too.")
@common
def list_claims(call: Call, everything: bool) -> None:
    """Claims, the soonest due first."""
    from syndicate.core.claims import State
    from syndicate.jobs import claims as job

    found = [c for c in job.listed(call.app.database) if everything or c.state is not State.CLOSED]
    if call.json:
        terminal.document([_shape(call, claim) for claim in found])
        return
    if not found:
        terminal.say("no claims")
        return
    rows = []
    for claim in found:
        late = claim.state is State.OPEN and claim.due < call.app.now
        day = claim.due.astimezone(call.zone).date().isoformat() + (" overdue" if late else "")
        place = terminal.clip(claim.entry or claim.url or "-", 40)
        cells = (job.shown(claim.number), claim.state.value, claim.kind.value, day)
        rows.append((*cells, terminal.clip(claim.name, 24), place))
    terminal.table(rows, ("number", "state", "kind", "due", "by", "about"))


def _shape(call: Call, claim: Claim) -> dict[str, Any]:
    from syndicate.jobs import claims as job

    return {
        "number": job.shown(claim.number),
        "state": claim.state.value,
        "kind": claim.kind.value,
        "received": shapes.moment(claim.at, call.zone),
        "due": shapes.moment(claim.due, call.zone),
        "name": claim.name,
        "email": claim.email or None,
        "url": claim.url or None,
        "entry": claim.entry or None,
        "text": claim.text,
    }


@claims.command()
@click.argument("number")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for its mails as they came, with what is attached (.eml).",
)
@common
def show(call: Call, number: str, out: Path | None) -> None:
    """One claim in full, with all that happened to it."""
    from syndicate.jobs import claims as job

    claim, steps = job.get(call.app.database, job.number_of(number))
    shape = _shape(call, claim)
    shape["mails"] = len(job.mails_of(call.app.database, claim.number))
    shape["history"] = [
        {"at": shapes.moment(s.at, call.zone), "what": s.what, "by": s.by, "text": s.text or None}
        for s in steps
    ]
    shape["posted"] = [
        {
            "at": shapes.moment(mail.changed, call.zone),
            "subject": mail.subject,
            "to": mail.email,
            "state": mail.state,
            "error": mail.error or None,
        }
        for mail in job.mailed(call.app.database, claim.number)
    ]
    if out is not None:
        shape["files"] = _write_mails(call, claim, out)
    if call.json:
        terminal.document(shape)
        return
    for name, value in shape.items():
        if name not in ("text", "history", "posted", "files") and value:
            terminal.say(f"{name:<10}{value}")
    terminal.say()
    terminal.say(claim.text)
    terminal.say()
    for step in shape["history"]:
        terminal.say(f"{step['at']}  {step['what']} by {step['by']}  {step['text'] or ''}".rstrip())
    for mail in shape["posted"]:
        wrong = f": {mail['error']}" if mail["error"] else ""
        terminal.say(f"{mail['at']}  {mail['subject']} to {mail['to']}: {mail['state']}{wrong}")
    for file in shape.get("files", ()):
        terminal.say(f"wrote {file}")


def _write_mails(call: Call, claim: Claim, out: Path) -> list[str]:
    from syndicate.jobs import claims as job

    out.mkdir(parents=True, exist_ok=True)
    files = []
    for place, kept in enumerate(job.mails_of(call.app.database, claim.number), 1):
        file = out / f"{job.shown(claim.number)}-{place}.eml"
        file.write_bytes(kept.data or b"")
        files.append(str(file))
    return files


@claims.command()
@click.option("--kind", required=True, help="takedown or royalty.")
@click.option("--name", required=True, help="Who makes it.")
@click.option("--text", required=True, help="What it says; - reads it from stdin.")
@click.option("--email", default="", help="Where the number and the answer go, if anywhere.")
@click.option(
    "--url", default="", help="The article: its address here or its original's, or its id."
)
@click.option("--how", default="", help="How it came (letter, telephone …); kept in its history.")
@click.option("--language", default="", help="Of mails to the claimant; none: the site's.")
@click.option("--no-mail", is_flag=True, help="Do not mail the number to the claimant.")
@common
def add(
    call: Call,
    kind: str,
    name: str,
    text: str,
    email: str,
    url: str,
    how: str,
    language: str,
    no_mail: bool,
) -> None:
    """Enter a claim that came by letter or telephone; `--at` says when, if not today."""
    from syndicate.core.claims import Demand, Kind
    from syndicate.jobs import claims as job

    if kind not in tuple(Kind):
        raise UsageError(f"{kind!r} is neither {' nor '.join(Kind)}", where="--kind")
    said = sys.stdin.read() if text == "-" else text
    app = call.app
    claim = job.add(
        app.database,
        app.settings,
        Demand(kind, name.strip(), email.strip(), url.strip(), said.strip()),
        how=how,
        secret=app.secret,
        now=app.now,
        by=BY,
        language=language,
        quiet=no_mail,
    )
    day = claim.due.astimezone(call.zone).date().isoformat()
    mailed = "; `syndicate deliver` mails the number" if claim.email and not no_mail else ""
    about = f", about {claim.entry}" if claim.entry else ""
    _done(call, claim, f"is to be answered by {day}{about}{mailed}")


@claims.command()
@click.argument("files", nargs=-1, metavar="[FILE…|-]", type=click.Path(path_type=Path))
@common
def read(call: Call, files: tuple[Path, ...]) -> int:
    """Take in claims that came by mail.

    FILE holds one mail or an mbox; - is standard input: each is a claim, but for delivery reports
    and automatic replies. Without any, mail.claims_inbox and mail.inbox are read.
    """
    app = call.app
    if files:
        taken = app.take_in([])
        for file in files:
            taken.add(app.take_in(mails_in(file), every=True), str(file))
    else:
        found = app.read_inboxes()
        if found is None:
            remedy = "name a FILE or - for standard input, or set mail.claims_inbox"
            raise UsageError("there is no mailbox to read", remedy=remedy)
        taken = found
    say_taken(call, taken)
    return 1 if files and taken.problems else 0


@claims.command()
@click.argument("number")
@click.argument("id")
@common
def about(call: Call, number: str, id: str) -> None:
    """Say which article a claim is about, where its words did not tell."""
    from syndicate.jobs import claims as job

    app = call.app
    with app.database.read() as conn:
        entry = find(conn, id)
    claim = job.name_entry(app.database, job.number_of(number), entry.id, now=app.now, by=BY)
    _done(call, claim, f"is about {entry.id}: {entry.title}")


@claims.command()
@click.argument("number")
@click.option("--text", required=True, help="What the claimant is written; - reads it from stdin.")
@common
def answer(call: Call, number: str, text: str) -> None:
    """Mail an answer to the claimant."""
    from syndicate.jobs import claims as job

    said = sys.stdin.read() if text == "-" else text
    app = call.app
    claim = job.answer(
        app.database,
        app.settings,
        job.number_of(number),
        said,
        secret=app.secret,
        now=app.now,
        by=BY,
    )
    way = "`syndicate deliver` sends it" if claim.email else "it has no mail address: send it"
    _done(call, claim, f"is answered; {way}")


@claims.command()
@click.argument("number")
@click.option("--only", is_flag=True, help="This entry, not the whole story.")
@click.option("--notify", is_flag=True, help="Mail a correction to those who were mailed it.")
@click.option("--dry-run", is_flag=True, help="Say what it would do, and do nothing.")
@common
def retract(call: Call, number: str, only: bool, notify: bool, dry_run: bool) -> None:
    """Take down the article that a claim is about, at once."""
    from syndicate.jobs import claims as job

    app = call.app
    claim, _ = job.get(app.database, job.number_of(number))
    if not claim.entry:
        remedy = f"`syndicate claims about {job.shown(claim.number)} ID`"
        raise UsageError("it names no article that we have", where=number, remedy=remedy)
    with app.database.read() as conn:
        entry = find(conn, claim.entry)
        reach = reporting.reach(conn, entry, call.zone, only=only)
    say_reach(call, reach, dry_run=dry_run)
    if dry_run:
        return
    done = app.retract_for_claim(claim.number, entry, only=only, notify=notify, by=BY)
    say_retracted(call, done, notify=notify)


@claims.command()
@click.argument("number")
@click.option("--note", default="", help="Kept in the record, not sent.")
@common
def close(call: Call, number: str, note: str) -> None:
    """Nothing more is to be done about it."""
    from syndicate.jobs import claims as job

    app = call.app
    claim = job.close(app.database, job.number_of(number), note, now=app.now, by=BY)
    _done(call, claim, "is closed")


def _done(call: Call, claim: Claim, text: str) -> None:
    from syndicate.jobs import claims as job

    if call.json:
        terminal.document(_shape(call, claim))
    elif not call.quiet:
        terminal.say(f"{job.shown(claim.number)} {text}")


COMMANDS = {"claims": claims}
