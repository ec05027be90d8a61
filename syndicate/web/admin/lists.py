"""Sources, deliveries, subscribers, and what editors did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from syndicate import reporting
from syndicate.adapters.store import overview, subscribers
from syndicate.errors import UsageError
from syndicate.jobs import subscribe
from syndicate.web.admin.desk import BY, Cell, Desk, Table, desk

_ROWS = 200
_WEEK = timedelta(days=7)


@desk
def sources(at: Desk) -> Response:
    if at.form is not None:
        id = at.form.one("source")
        if at.app.settings.source(id) is None:
            raise UsageError(f"no source {id[:60]!r}")
        at.site.wake("ingest", id)
        return at.done("sources")
    return at.render(
        "sources.html",
        at.say["sources"],
        here="sources",
        rows=[
            {**row, "last": at.moment(row["last"]), "next": at.moment(row["next"])}
            for row in sorted(reporting.source_health(at.app), key=_need)
        ],
    )


def _need(row: dict[str, Any]) -> int:
    """What needs somebody comes first; within that, the order of the config."""
    return {"gone": 0, "failing": 1, "paused": 2}.get(row["status"], 3)


@desk
def deliveries(at: Desk) -> Response:
    say = at.say
    with at.app.database.read() as conn:
        found = overview.domains(conn, at.app.now - _WEEK, _ROWS)
    rows = [
        (
            Cell(domain.name, kind="tight"),
            Cell(str(domain.sent), kind="number"),
            Cell(str(domain.waiting), kind="number"),
            Cell(str(domain.failed), kind="number"),
            Cell(domain.error, kind="bad" if domain.failed else ""),
        )
        for domain in found
    ]
    heads = (say["domain"], say["sent"], say["waiting"], say["failed"], say["error"])
    table = Table(say["deliveries"], heads, rows, say["nothing"])
    return at.tables(say["deliveries"], [table], here="deliveries")


@desk
def people(at: Desk) -> Response:
    if at.form is not None:
        _act(at)
        return at.done("subscribers")
    asked = at.request.query_params.get("q", "").strip()[:100]
    with at.app.database.read() as conn:
        counts = subscribers.counts(conn)
        found = overview.find_subscribers(conn, asked, _ROWS)
    return at.render(
        "subscribers.html",
        at.say["subscribers"],
        here="subscribers",
        counts=sorted(counts.items()),
        asked=asked,
        people=[(person, at.moment(person.joined)) for person in found],
    )


def _act(at: Desk) -> None:
    form, app = at.form, at.app
    assert form is not None
    email = form.one("email")
    match form.one("action"):
        case "add":
            subscribe.add(
                app.database,
                app.settings,
                email,
                consent=form.one("consent"),
                invite=not form.one("consent"),
                secret=app.secret,
                now=app.now,
                by=BY,
            )
            at.site.wake("deliver")
        case "remove":
            subscribe.remove(app.database, email, now=app.now, by=BY)
        case "forget":
            if not form.one("sure"):
                raise UsageError(at.say["sure_missing"])
            subscribe.forget(app.database, email, secret=app.secret, now=app.now)
        case other:
            raise UsageError(f"no such action: {other[:40]!r}")


@desk
def audit(at: Desk) -> Response:
    say = at.say
    with at.app.database.read() as conn:
        made = overview.editors_decisions(conn, BY, _ROWS)
    rows = [
        (
            Cell(at.moment(each.at), kind="tight"),
            Cell(each.what, kind="tight"),
            Cell(each.entry, f"{at.root()}entries/{each.entry}", "tight"),
            Cell(each.reason),
        )
        for each in made
    ]
    heads = (say["at"], say["what"], say["article"], say["reason"])
    return at.tables(say["audit"], [Table(say["audit"], heads, rows, say["nothing"])], here="audit")


ROUTES = [
    Route("/admin/sources", sources, methods=["GET", "POST"]),
    Route("/admin/deliveries", deliveries, methods=["GET"]),
    Route("/admin/subscribers", people, methods=["GET", "POST"]),
    Route("/admin/audit", audit, methods=["GET"]),
]
