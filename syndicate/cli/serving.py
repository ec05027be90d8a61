"""The daemon, and rightsholders' claims."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from syndicate.cli import shapes, terminal
from syndicate.cli.options import Call, before, common

if TYPE_CHECKING:
    from syndicate.core.claims import Claim

BY = "editor"


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Instead of web.listen.")
@common
def serve(call: Call, listen: str | None) -> int:
    """The daemon: scheduler, mail worker, web."""
    from syndicate.daemon import process

    moment = call.moment() if call.at is not None else None
    return process.serve(call.context.obj["config"], listen=listen, moment=moment)


@click.group()
@before
def claims() -> None:
    """Rightsholders' claims: list, show, answer, close."""


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
        "email": claim.email,
        "url": claim.url or None,
        "entry": claim.entry or None,
        "text": claim.text,
    }


@claims.command()
@click.argument("number")
@common
def show(call: Call, number: str) -> None:
    """One claim in full, with all that happened to it."""
    from syndicate.jobs import claims as job

    claim, steps = job.get(call.app.database, job.number_of(number))
    shape = _shape(call, claim)
    shape["history"] = [
        {"at": shapes.moment(s.at, call.zone), "what": s.what, "by": s.by, "text": s.text or None}
        for s in steps
    ]
    if call.json:
        terminal.document(shape)
        return
    for name, value in shape.items():
        if name not in ("text", "history") and value:
            terminal.say(f"{name:<10}{value}")
    terminal.say()
    terminal.say(claim.text)
    terminal.say()
    for step in shape["history"]:
        terminal.say(f"{step['at']}  {step['what']} by {step['by']}  {step['text'] or ''}".rstrip())


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
    _done(call, claim, "is answered; `syndicate deliver` sends it")


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


COMMANDS = {"serve": serve, "claims": claims}
