"""Columns: what they hold, what was learned about them, and the filings that nothing is sure of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import Response
from starlette.routing import Route

from syndicate.adapters.store import columns as learned
from syndicate.adapters.store import entries, overview
from syndicate.adapters.store.columns import Mapped, Version
from syndicate.core import phrases
from syndicate.core.frame import Link, title_of
from syndicate.jobs import edit
from syndicate.web.admin.desk import BY, Cell, Desk, Table, desk
from syndicate.web.admin.entries import find_entry

_DOUBTFUL = 50


@desk
def columns(at: Desk) -> Response:
    """GET shows all of it; POST moves the doubtful ones."""
    if at.form is not None:
        return _move(at)
    with at.app.database.read() as conn:
        counts = entries.count_by_column(conn)
        unsure = overview.doubtful(conn, _DOUBTFUL)
        known = entries.get_many(conn, [id for id, _, _ in unsure])
        versions, moves = learned.versions(conn), learned.standing(conn).moves
        mapped = learned.mapping(conn)
    return at.render(
        "columns.html",
        at.say["columns"],
        here="columns",
        tables=[_held(at, counts), _models(at, versions, moves), *_mapping(at, mapped)],
        doubtful=[(known[id], column, reason) for id, column, reason in unsure if id in known],
        columns=[Link(title_of(c, at.words), c.id) for c in at.app.settings.columns],
    )


def _move(at: Desk) -> Response:
    assert at.form is not None
    for id in at.form.all("entry"):
        column = at.form.one(f"column-{id}")
        entry = find_entry(at, id)
        if column and column != entry.column:
            edit.move(at.app.database, at.app.settings, entry, column, at.app.now, BY)
    at.site.wake("publish")
    at.site.wake("learn")
    return at.done("columns")


def _held(at: Desk, counts: Mapping[str, int]) -> Table:
    say = at.say
    rows = [
        (
            Cell(title_of(column, at.words), f"{at.root()}entries?column={column.id}"),
            Cell(column.id, kind="tight"),
            Cell(str(counts.get(column.id, 0)), kind="number"),
        )
        for column in at.app.settings.columns
    ]
    return Table(say["columns"], (say["title"], say["column"], say["count"]), rows)


def _models(at: Desk, versions: Sequence[Version], moves: int) -> Table:
    """The versions of the model, newest first, each with what became of it and why."""
    say = at.say
    rows = [
        (
            Cell(str(version.version), kind="number"),
            Cell(at.moment(version.created), kind="tight"),
            Cell(say["in_use"] if version.active else "", kind="tight"),
            Cell(str(version.figures.get("examples", "")), kind="number"),
            Cell(f"{version.figures.get('held_back_accuracy', 0):.3f}", kind="number"),
            Cell(version.reason),
        )
        for version in versions
    ]
    heads = ("version", "at", "status", "examples", "accuracy", "why")
    after = at.app.settings.learning.train_after
    heading = phrases.fill(say["learned_after" if after else "learned"], moves=moves, after=after)
    return Table(heading, [say[head] for head in heads], rows, say["nothing_learned"])


def _mapping(at: Desk, mapped: Sequence[Mapped]) -> tuple[Table, ...]:
    """What upstream categories were learned to mean; none where nothing was."""
    say = at.say
    rows = [
        (Cell(one.category), Cell(one.column), Cell(f"{one.agree}/{one.total}", kind="number"))
        for one in mapped
    ]
    made = Table(say["mapping"], (say["category"], say["column"], say["count"]), rows)
    return (made,) if rows else ()


ROUTES = [Route("/admin/columns", columns, methods=["GET", "POST"])]
