"""How complete attribution is, what is held, how claims were met: report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syndicate.cli import terminal
from syndicate.cli.options import Call, common, moment
from syndicate.errors import UsageError

if TYPE_CHECKING:
    from syndicate.core.report import Report


@click.command()
@click.option("--since", metavar="TIME", help="Only what was received since.")
@click.option("--until", metavar="TIME", help="Only what was received before.")
@click.option(
    "--by",
    type=click.Choice(["source", "column", "month"]),
    default="source",
    show_default=True,
    help="What a line is of.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Write CSV: all lines, and their months.")
@click.option("--html", "as_html", is_flag=True, help="Write a page to print: all of it.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to; .csv, .html and .json say the form too.",
)
@common
def report(
    call: Call,
    since: str | None,
    until: str | None,
    by: str,
    as_csv: bool,
    as_html: bool,
    out: Path | None,
) -> None:
    """How complete attribution is over time, what is held, how long takedowns took."""
    form = _form(call, as_csv, as_html, out)
    span = (
        moment(since, call.zone, "--since") if since else None,
        moment(until, call.zone, "--until") if until else None,
    )
    if span[0] and span[1] and span[0] >= span[1]:
        raise UsageError("--until is not after --since")
    pieces = _written(call, form, by, span)
    if out is None:
        for piece in pieces:
            click.echo(piece, nl=False)
        return
    with out.open("w", encoding="utf-8", newline="") as file:
        file.writelines(pieces)
    if not call.quiet and not call.json:
        terminal.say(f"wrote {out}")


def _form(call: Call, as_csv: bool, as_html: bool, out: Path | None) -> str:
    asked = [n for n, on in (("json", call.json), ("csv", as_csv), ("html", as_html)) if on]
    if len(asked) > 1:
        raise UsageError(f"--{asked[0]} and --{asked[1]} do not go together")
    suffix = out.suffix.lower().lstrip(".") if out else ""
    form = asked[0] if asked else suffix if suffix in ("json", "csv", "html") else "text"
    if form == "text" and out is not None:
        raise UsageError("what is to be written?", where=str(out), remedy="--json, --csv or --html")
    return form


def _written(
    call: Call, form: str, by: str, span: tuple[datetime | None, datetime | None]
) -> Iterable[str]:
    import json

    from syndicate.core import report as core
    from syndicate.jobs import report as job

    def made(by: str) -> Report:
        app = call.app
        return job.make(app.database, app.settings, by, app.now, since=span[0], until=span[1])

    if form == "html":
        return [call.app.report_page(made("source"), made("column"))]
    if form == "csv":
        return core.to_csv(made(by))
    if form == "json":
        return [json.dumps(core.to_json(made(by)), ensure_ascii=False, indent=2) + "\n"]
    return _said(made(by))


def _said(made: Report) -> Iterable[str]:
    from syndicate.core import report_page

    terminal.table(report_page.text_rows(made), (made.by, *report_page.TEXT_HEADS))
    claims = made.claims
    median = report_page.spoken(claims, "median")
    longest = report_page.spoken(claims, "longest")
    yield (
        f"claims: {claims.received} received, {claims.open} open, {claims.overdue} overdue; "
        f"{claims.taken_down} articles taken down, in days: median {median}, longest {longest}\n"
    )


COMMANDS = {"report": report}
