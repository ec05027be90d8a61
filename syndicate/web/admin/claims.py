"""Rightsholders' claims: read, answered, closed, and the article taken down at once."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from syndicate.adapters.store import claims as store
from syndicate.adapters.store import entries
from syndicate.core import phrases
from syndicate.core.claims import LONGEST, Claim, Demand, State
from syndicate.core.frame import Link
from syndicate.errors import UsageError
from syndicate.jobs import claims as job
from syndicate.model import Entry, Status
from syndicate.web.admin.desk import BY, Cell, Desk, Table, desk
from syndicate.web.admin.entries import find_entry
from syndicate.wiring import Retraction

_ROWS = 200  # claims in each state


@desk
def every(at: Desk) -> Response:
    say = at.say
    if at.form is not None:
        return at.done(f"claims/{_add(at).number}")
    with at.app.database.read() as conn:
        counts = store.counts(conn)
    tables = []
    for state in State:
        newest = state is not State.OPEN
        found = job.listed(at.app.database, state.value, _ROWS, newest=newest)
        rows = [_row(at, claim) for claim in found]
        heads = (say["claim_number"], say["what"], say["from_whom"], say["article"], say["due"])
        tables.append(
            Table(f"{at.states[state]} ({counts.get(state.value, 0)})", heads, rows, say["nothing"])
        )
    return at.render("claims.html", say["claims"], here="claims", tables=tables, longest=LONGEST)


def _add(at: Desk) -> Claim:
    """A claim that came by letter or telephone."""
    form, app = at.form, at.app
    assert form is not None
    demand = Demand(*(form.one(name) for name in ("kind", "name", "email", "url", "text")))
    claim = job.add(
        app.database,
        app.settings,
        demand,
        how=form.one("how")[:200],
        secret=app.secret,
        now=app.now,
        by=BY,
        quiet=not form.one("mail"),
    )
    at.site.wake("deliver")
    return claim


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
    try:
        number = job.number_of(at.request.path_params["number"])
    except UsageError:
        return at.missing("claims")
    if at.form is not None:
        return at.done(f"claims/{number}", _act(at, number))
    try:
        claim, steps = job.get(at.app.database, number)
    except UsageError:
        return at.missing("claims")
    entry = _entry(at, claim)
    say = at.say
    rows = [
        (
            Cell(at.moment(s.at), kind="tight"),
            Cell(phrases.step(s.what, at.language)),
            Cell(s.by),
            Cell(s.text),
        )
        for s in steps
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
        posted=_posted(at, number),
        article=entry,
        reach=[] if entry is None or entry.status is Status.RETRACTED else [at.reach(entry)],
        mails=[
            Link(f"{at.moment(kept.at)} .eml", f"{at.root()}claims/{number}/{place}.eml")
            for place, kept in enumerate(job.mails_of(at.app.database, number), 1)
        ],
    )


def _posted(at: Desk, number: int) -> Table:
    """What was mailed about it, and whether it arrived."""
    say = at.say
    rows = [
        (
            Cell(at.moment(mail.changed), kind="tight"),
            Cell(mail.subject),
            Cell(mail.email),
            Cell(at.states[mail.state], kind="bad" if mail.state == "failed" else "tight"),
            Cell(mail.error),
        )
        for mail in job.mailed(at.app.database, number)
    ]
    heads = (say["at"], say["title"], say["mail_address"], say["status"], say["error"])
    return Table(say["our_mails"], heads, rows)


def _entry(at: Desk, claim: Claim) -> Entry | None:
    """The article that a claim names, where we have it."""
    if not claim.entry:
        return None
    with at.app.database.read() as conn:
        return entries.get(conn, claim.entry)


@desk
def mail(at: Desk) -> Response:
    """A mail as it came, to be saved: never shown here, for it may hold anything."""
    asked = at.request.path_params
    try:
        number = job.number_of(asked["number"])
        found = job.mails_of(at.app.database, number)
    except UsageError:
        return at.missing("claims")
    if not 0 < asked["place"] <= len(found):
        return at.missing("claims")
    kept = found[asked["place"] - 1]
    name = f"{job.shown(number)}-{asked['place']}.eml"
    answer = Response(kept.data or b"", media_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _act(at: Desk, number: int) -> Retraction | None:
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
        case "about":
            entry = find_entry(at, form.one("entry"))
            job.name_entry(app.database, number, entry.id, now=app.now, by=BY)
        case "retract":
            return _retract(at, number)
        case other:
            raise UsageError(f"no such action: {other[:40]!r}")
    return None


def _retract(at: Desk, number: int) -> Retraction:
    form, app = at.form, at.app
    assert form is not None
    if not form.one("sure"):
        raise UsageError(at.say["sure_missing"])
    claim, _ = job.get(app.database, number)
    entry = _entry(at, claim)
    if entry is None:
        raise UsageError("the claim names no article that we have", where=claim.url[:200])
    done = app.retract_for_claim(
        number, entry, only=bool(form.one("only")), notify=bool(form.one("notify")), by=BY
    )
    at.site.wake("publish")
    at.site.wake("deliver")
    return done


ROUTES = [
    Route("/admin/claims", every, methods=["GET", "POST"]),
    Route("/admin/claims/{number}/{place:int}.eml", mail, methods=["GET"]),
    Route("/admin/claims/{number}", one, methods=["GET", "POST"]),
]
