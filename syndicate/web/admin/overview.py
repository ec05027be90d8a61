"""What needs me, and how the site does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from syndicate import reporting
from syndicate.adapters.store import figures
from syndicate.adapters.store import overview as store
from syndicate.core.claims import State
from syndicate.jobs import claims
from syndicate.web.admin import charts
from syndicate.web.admin.desk import Cell, Desk, Table, desk

_DAYS = 14
_ROWS = 20


@desk
def needs_me(at: Desk) -> Response:
    app, say = at.app, at.say
    review = reporting.review(app)
    health = reporting.source_health(app)
    digests = reporting.digests(app)
    status = reporting.status(app)
    failing = [row for row in health if row["status"] in ("failing", "gone")]
    open_claims = list(claims.listed(app.database, State.OPEN.value))
    held = [e for digest in digests for e in digest["editions"] if e["state"] == "held"]
    zone = app.now.astimezone(app.zone).utcoffset()
    assert zone is not None
    with app.database.read() as conn:
        drawn = _charts(at, conn, zone)
    tables = [
        _review(at, [row for row in review if row["kind"] == "held"], "held_entries"),
        _review(at, [row for row in review if row["kind"] not in ("held", "embargo")], "flags"),
        _failing(at, failing),
        _claims(at, open_claims),
        _editions(at, held),
    ]
    return at.render(
        "overview.html",
        say["needs_me"],
        here="",
        tables=[table for table in tables if table.rows],
        report=status,
        charts=drawn,
        needs=sum(len(table.rows) for table in tables),
    )


def _charts(at: Desk, conn: Connection, zone: timedelta) -> list[charts.Chart]:
    """What came, what went, and how long each took."""
    say, now = at.say, at.app.now
    chinese = at.language.lower().startswith("zh")
    came = store.entries_by_day(conn, now, _DAYS, zone)
    took = {
        what: figures.days(conn, what, now, _DAYS, zone)
        for what in (figures.ARRIVAL, figures.OUT, figures.MAIL)
    }
    went = [(day, sum(found.values())) for day, found in took[figures.MAIL]]
    return [
        charts.counts(say["entries_a_day"], say, came),
        charts.counts(say["mails_a_day"], say, went),
        *(
            charts.times(say[f"latency_{what}"], say, found, chinese=chinese)
            for what, found in took.items()
        ),
    ]


def _review(at: Desk, rows: Sequence[dict[str, Any]], heading: str) -> Table:
    root, say = at.root(), at.say
    cells = [
        (
            Cell(row["title"] or at.words.untitled, f"{root}entries/{row['id']}"),
            Cell(row["source"], kind="tight"),
            Cell(row["reason"] if row["kind"] == "held" else f"{row['kind']}: {row['reason']}"),
        )
        for row in rows[:_ROWS]
    ]
    return Table(f"{say[heading]} ({len(rows)})", (say["title"], say["source"], say["why"]), cells)


def _failing(at: Desk, rows: Sequence[dict[str, Any]]) -> Table:
    say = at.say
    cells = [
        (
            Cell(row["name"], f"{at.root()}sources#s-{row['id']}"),
            Cell(row["error"] or row["status"]),
            Cell(str(row["failures"]), kind="number"),
            Cell(at.moment(row["next"]), kind="tight"),
        )
        for row in rows[:_ROWS]
    ]
    heads = (say["source"], say["error"], say["count"], say["next"])
    return Table(f"{say['failing_sources']} ({len(rows)})", heads, cells)


def _claims(at: Desk, found: Sequence[Any]) -> Table:
    say = at.say
    cells = [
        (
            Cell(claims.shown(claim.number), f"{at.root()}claims/{claim.number}"),
            Cell(at.words.claim_takedown if claim.kind == "takedown" else at.words.claim_royalty),
            Cell(claim.name),
            Cell(at.moment(claim.due), kind="bad" if claim.is_near(at.app.now) else "tight"),
        )
        for claim in found[:_ROWS]
    ]
    heads = (say["claim_number"], say["what"], say["from_whom"], say["due"])
    return Table(f"{say['claims_due']} ({len(found)})", heads, cells)


def _editions(at: Desk, rows: Sequence[dict[str, Any]]) -> Table:
    say = at.say
    cells = [
        (
            Cell(row["id"], f"{at.root()}digests#{row['id']}"),
            Cell(at.moment(row["at"]), kind="tight"),
            Cell(row["reason"] or ""),
        )
        for row in rows
    ]
    return Table(
        f"{say['held_editions']} ({len(rows)})", (say["what"], say["at"], say["why"]), cells
    )


async def home(_request: Request) -> Response:
    return RedirectResponse("/admin/", 301)


ROUTES = [
    Route("/admin", home, methods=["GET"]),
    Route("/admin/review", home, methods=["GET"]),  # what waits is what it begins with
    Route("/admin/", needs_me, methods=["GET"]),
]
