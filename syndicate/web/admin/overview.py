"""What needs me, and how the site does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from syndicate import reporting
from syndicate.adapters.store import overview as store
from syndicate.core.claims import State
from syndicate.jobs import claims
from syndicate.web.admin.desk import Cell, Desk, Table, desk

_DAYS = 14
_ROWS = 20


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a chart, in its own coordinates."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over days, and the largest count."""

    title: str
    bars: Sequence[Bar]
    most: int
    first: str
    last: str


def chart(title: str, counted: Sequence[tuple[date, int]]) -> Chart:
    """Counts as bars in a drawing of 420 × 100."""
    most = max((count for _, count in counted), default=0)
    wide = 420 / max(len(counted), 1)
    bars = []
    for number, (day, count) in enumerate(counted):
        high = round(70 * count / most, 1) if most else 0.0
        bars.append(Bar(round(number * wide + 2, 1), 84 - high, round(wide - 4, 1), high,
                        day.isoformat(), count))  # fmt: skip
    ends = [day.isoformat()[5:] for day, _ in counted] or ["", ""]
    return Chart(title, bars, most, ends[0], ends[-1])


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
        charts = [
            chart(say[title], store.days(conn, what, app.now, _DAYS, zone))
            for what, title in (("entries", "entries_a_day"), ("messages", "mails_a_day"))
        ]
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
        charts=charts,
        needs=sum(len(table.rows) for table in tables),
    )


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


async def slash(_request: Request) -> Response:
    return RedirectResponse("/admin/", 301)


ROUTES = [
    Route("/admin", slash, methods=["GET"]),
    Route("/admin/", needs_me, methods=["GET"]),
]
