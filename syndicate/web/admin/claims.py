"""Rightsholders' claims: read, answered, closed, and the article taken down at once."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from syndicate.adapters.store import entries
from syndicate.core.claims import Claim, State
from syndicate.errors import UsageError
from syndicate.jobs import claims as job
from syndicate.web.admin.desk import BY, Cell, Desk, Table, desk


@desk
def every(at: Desk) -> Response:
    say = at.say
    found = list(job.listed(at.app.database))
    tables = []
    for state in State:
        rows = [_row(at, claim) for claim in found if claim.state is state]
        heads = (say["claim_number"], say["what"], say["from_whom"], say["article"], say["due"])
        tables.append(Table(f"{at.states[state]} ({len(rows)})", heads, rows, say["nothing"]))
    return at.tables(say["claims"], tables, here="claims")


def _row(at: Desk, claim: Claim) -> tuple[Cell, ...]:
    kind = at.words.claim_takedown if claim.kind == "takedown" else at.words.claim_royalty
    return (
        Cell(job.shown(claim.number), f"{at.root()}claims/{claim.number}", "tight"),
        Cell(kind, kind="tight"),
        Cell(claim.name),
        Cell(claim.entry or claim.url),
        Cell(at.moment(claim.due), kind="bad" if claim.is_near(at.app.now) else "tight"),
    )


@desk
def one(at: Desk) -> Response:
    number = job.number_of(at.request.path_params["number"])
    if at.form is not None:
        _act(at, number)
        return at.done(f"claims/{number}")
    claim, steps = job.get(at.app.database, number)
    say = at.say
    rows = [
        (Cell(at.moment(s.at), kind="tight"), Cell(s.what), Cell(s.by), Cell(s.text)) for s in steps
    ]
    heads = (say["at"], say["what"], say["by"], say["text"])
    return at.render(
        "claim.html",
        f"{say['claims']} {job.shown(number)}",
        here="claims",
        claim=claim,
        due=at.moment(claim.due),
        received=at.moment(claim.at),
        overdue=claim.state is State.OPEN and claim.due < at.app.now,
        history=Table(say["history"], heads, rows),
    )


def _act(at: Desk, number: int) -> None:
    form, app = at.form, at.app
    assert form is not None
    match form.one("action"):
        case "answer":
            job.answer(
                app.database,
                app.settings,
                number,
                form.one("text"),
                secret=app.secret,
                now=app.now,
                by=BY,
            )
            at.site.wake("deliver")
        case "close":
            job.close(app.database, number, form.one("text"), now=app.now, by=BY)
        case "retract":
            _retract(at, number)
        case other:
            raise UsageError(f"no such action: {other[:40]!r}")


def _retract(at: Desk, number: int) -> None:
    form, app = at.form, at.app
    assert form is not None
    if not form.one("sure"):
        raise UsageError(at.say["sure_missing"])
    claim, _ = job.get(app.database, number)
    with app.database.read() as conn:
        entry = entries.get(conn, claim.entry)
    if entry is None:
        raise UsageError("the claim names no article that we have", where=claim.url[:200])
    reason = f"claim {job.shown(number)}"
    app.retract(entry, reason=reason, only=False, notify=bool(form.one("notify")), by=BY)
    job.note(app.database, number, "took the article down", entry.id, now=app.now, by=BY)
    at.site.wake("deliver")


ROUTES = [
    Route("/admin/claims", every, methods=["GET"]),
    Route("/admin/claims/{number}", one, methods=["GET", "POST"]),
]
