"""Entries: the newest, one with every decision about it, and an editor's corrections."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from syndicate import reporting
from syndicate.adapters.store import entries as store
from syndicate.adapters.store import received, stories
from syndicate.core.frame import Link, title_of
from syndicate.errors import UsageError
from syndicate.jobs import edit
from syndicate.model import Entry, Status
from syndicate.web.admin import provenance
from syndicate.web.admin.desk import BY, Cell, Desk, Table, desk
from syndicate.wiring import Retraction

_ROWS = 100
_LONGEST = 300


@desk
def newest(at: Desk) -> Response:
    asked = at.request.query_params
    column = asked.get("column") or None
    source = asked.get("source") or None
    status = asked.get("status") or None
    with at.app.database.read() as conn:
        found = list(store.newest(conn, column=column, source=source, status=status, limit=_ROWS))
    say = at.say
    rows = [
        (
            Cell(at.moment(entry.received), kind="tight"),
            Cell(entry.title or at.words.untitled, f"{at.root()}entries/{entry.id}"),
            Cell(entry.source, f"?source={entry.source}", "tight"),
            Cell(entry.column, f"?column={entry.column}", "tight"),
            Cell(at.states[entry.status], f"?status={entry.status.value}", _look(entry)),
        )
        for entry in found
    ]
    heads = (say["at"], say["title"], say["source"], say["column"], say["status"])
    table = Table(say["latest"], heads, rows, say["nothing"])
    return at.tables(say["entries"], [table], here="entries")


def _look(entry: Entry) -> str:
    return "tight" if entry.status is Status.PUBLISHED else "tight bad"


def find_entry(at: Desk, words: str) -> Entry:
    with at.app.database.read() as conn:
        found = store.resolve(conn, words)
        if len(found) != 1:
            many = f"{len(found)} entries begin so" if found else "there is no such entry"
            raise UsageError(many, where=words[:100])
        entry = store.get(conn, found[0])
    assert entry is not None
    return entry


@desk
def one(at: Desk) -> Response:
    id = at.request.path_params["id"]
    if at.form is not None:
        entry = find_entry(at, id)
        return at.done(f"entries/{entry.id}", act(at, entry))
    try:
        entry = find_entry(at, id)
    except UsageError:
        return at.missing("entries")
    with at.app.database.read() as conn:
        history = store.history(conn, entry.id)
        flags = stories.flagged(conn, entry.id)
        others = [e for e in store.of_story(conn, [entry.story])[entry.story] if e.id != entry.id]
        carried = reporting.carried(conn, entry)
        hops = reporting.hops(at.app, conn, entry)
        compared = received.compared(conn, entry.id)
    say = at.say
    rows = [
        (
            Cell(at.moment(made.at), kind="tight"),
            Cell(made.what, kind="tight"),
            Cell(made.reason),
            Cell(_change(made.before, made.after)),
            Cell(made.by, kind="tight"),
        )
        for made in history
    ]
    heads = (say["at"], say["what"], say["reason"], say["after"], say["by"])
    return at.render(
        "entry.html",
        entry.title or at.words.untitled,
        here="entries",
        entry=entry,
        received=at.moment(entry.received),
        flags=flags,
        others=[Link(f"{e.title} · {e.source}", f"{at.root()}entries/{e.id}") for e in others],
        carried=[*carried.feeds, *carried.editions],
        hops=provenance.hops(at, hops),
        beside=provenance.beside(at, compared[-1]) if compared else None,
        why=Table(say["why"], heads, rows, anchor="why"),
        reach=[at.reach(entry), *([at.reach(entry, only=True)] if others else [])],
        columns=[Link(title_of(column, at.words), column.id) for column in at.app.settings.columns],
    )


def _change(before: Any, after: Any) -> str:
    if before is None and (after is None or (isinstance(after, dict) and "sha256" in after)):
        return ""
    return f"{_short(before)} → {_short(after)}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "-" if value is None else text
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def act(at: Desk, entry: Entry) -> Retraction | None:
    """Do what a form says with an entry; UsageError where that cannot be."""
    done = None
    app, form = at.app, at.form
    assert form is not None
    db, settings, now = app.database, app.settings, app.now
    match form.one("action"):
        case "move":
            edit.move(db, settings, entry, form.one("column"), now, BY)
            at.site.wake("learn")
        case "merge":
            edit.merge(db, settings, entry, find_entry(at, form.one("other")), now, BY)
        case "split":
            edit.split(db, settings, entry, now, BY)
        case "approve":
            edit.approve(db, settings, entry, now, BY)
        case "reject":
            edit.reject(db, settings, entry, now, BY)
        case "restore":
            edit.restore(db, settings, entry, now, BY)
        case "retract":
            done = _retract(at, entry)
        case other:
            raise UsageError(f"no such action: {other[:40]!r}")
    at.site.wake("publish")
    return done


def _retract(at: Desk, entry: Entry) -> Retraction:
    form, say = at.form, at.say
    assert form is not None
    if not form.one("sure"):
        raise UsageError(say["sure_missing"])
    if not form.one("reason"):
        raise UsageError(f"{say['reason']}?")
    done = at.app.retract(
        entry,
        reason=form.one("reason"),
        only=bool(form.one("only")),
        notify=bool(form.one("notify")),
        by=BY,
    )
    at.site.wake("deliver")
    return done


ROUTES = [
    Route("/admin/entries", newest, methods=["GET"]),
    Route("/admin/entries/{id}", one, methods=["GET", "POST"]),
]
