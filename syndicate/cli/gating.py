"""The list of permitted origins, and what it would make of what is here: origins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from syndicate.cli import terminal
from syndicate.cli.options import Call, common

if TYPE_CHECKING:
    from syndicate.jobs.origins import Affected

BY = "editor"


@click.command()
@click.option(
    "--apply", "applies", is_flag=True, help="Treat them so, but what an editor approved."
)
@common
def origins(call: Call, applies: bool) -> None:
    """What is published or held, against the list of permitted origins as it is now."""
    from syndicate.jobs import origins as job

    app = call.app
    if applies:
        done, changed = job.apply(app.database, call.settings, app.gate, app.now, BY)
    else:
        done, changed = job.examine(app.database, call.settings, app.gate), frozenset()
    rows = [_row(affected, affected.entry.id in changed) for affected in done.affected]
    if call.json:
        listed = len(app.gate.register.origins)
        name = call.settings.origins.list or None
        terminal.document(
            {
                "list": name,
                "origins": listed,
                "examined": done.examined,
                "stricter": done.stricter,
                "freer": done.freer,
                "approved": done.approved,
                "affected": rows,
            }
        )
        return
    if not app.gate.asks:
        terminal.say("no column asks where entries are from: `origins` of [[columns]] is not set")
        return
    if rows:
        cells = [
            (r["id"], f"{r['treated']} → {r['action']}", _state(r), terminal.clip(r["title"], 30),
             r["reason"])
            for r in rows
        ]  # fmt: skip
        terminal.table(cells, ("id", "would be", "", "title", "why"))
    terminal.say(
        f"{done.examined} entries looked at: {done.stricter} would be held or shown as links, "
        f"{done.freer} might go out, {done.approved} an editor approved"
    )
    if rows and not applies:
        terminal.say("`syndicate origins --apply` does so; `approve ID`, `reject ID` settles one")
    elif changed:
        terminal.say(f"{len(changed)} changed; `syndicate publish` shows it")


def _state(row: dict[str, Any]) -> str:
    return "approved" if row["approved"] else "done" if row["applied"] else ""


def _row(affected: Affected, applied: bool) -> dict[str, Any]:
    entry, gated = affected.entry, affected.gated
    verdict = gated.verdict
    return {
        "id": entry.id,
        "title": entry.title,
        "source": entry.source,
        "column": entry.column,
        "origin": entry.attribution.source.name,
        "state": verdict.state if verdict else None,
        "near": list(verdict.near) if verdict else [],
        "treated": affected.now,
        "action": gated.action,
        "reason": affected.reason,
        "approved": affected.approved,
        "applied": applied,
    }


COMMANDS = {"origins": origins}
