"""Reports: how complete attribution is, what is held, how claims were met; also as files."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from starlette.responses import Response
from starlette.routing import Route

from syndicate.core import report as core
from syndicate.core import report_page
from syndicate.core.report import Report
from syndicate.jobs import report as job
from syndicate.web.admin.desk import Desk, desk

# The page to print stands alone, with its styles in it; nothing else may load or run
_PRINTED = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox allow-modals"
)
_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "html": "text/html"}


@desk
def page(at: Desk) -> Response:
    since, until = _day(at, "since"), _day(at, "until")
    return at.render(
        "reports.html",
        at.say["reports"],
        here="reports",
        report=report_page.view(_made(at, "source"), _made(at, "column")),
        since=since.isoformat() if since else "",
        until=until.isoformat() if until else "",
        asked="&".join(f"{n}={d}" for n, d in (("since", since), ("until", until)) if d),
    )


@desk
def file(at: Desk) -> Response:
    """The same as a file: `report.json`, `report.csv` by source or column, `report.html`."""
    form = at.request.path_params["form"]
    by = at.request.query_params.get("by", "source")
    if form not in _TYPES or by not in core.BY:
        return at.missing("reports")
    if form == "html":
        body = at.app.report_page(_made(at, "source"), _made(at, "column"))
    elif form == "csv":
        body = "".join(core.to_csv(_made(at, by)))
    else:
        body = json.dumps(core.to_json(_made(at, by)), ensure_ascii=False, indent=2) + "\n"
    answer = Response(body, media_type=_TYPES[form])
    answer.headers["Cache-Control"] = "no-store"
    if form == "html":
        answer.headers["Content-Security-Policy"] = _PRINTED
    else:
        answer.headers["Content-Disposition"] = f'attachment; filename="report-{by}.{form}"'
    return answer


def _made(at: Desk, by: str) -> Report:
    app = at.app
    since, until = (_start(at, _day(at, name)) for name in ("since", "until"))
    return job.make(app.database, app.settings, by, app.now, since=since, until=until)


def _day(at: Desk, name: str) -> date | None:
    """A day that was asked for; what is none counts as not given."""
    try:
        return date.fromisoformat(at.request.query_params.get(name, ""))
    except ValueError:
        return None


def _start(at: Desk, day: date | None) -> datetime | None:
    if day is None or not 1970 < day.year < 9999:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=at.app.zone).astimezone(UTC)


ROUTES = [
    Route("/admin/reports", page, methods=["GET"]),
    Route("/admin/reports/report.{form}", file, methods=["GET"]),
]
