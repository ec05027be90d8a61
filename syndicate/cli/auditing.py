"""The record of decisions: audit, audit export."""

from __future__ import annotations

from pathlib import Path

import click

from syndicate.cli import shapes, terminal
from syndicate.cli.looking import find
from syndicate.cli.options import Call, common, moment


@click.group(invoke_without_command=True)
@click.option("--entry", metavar="ID", help="Only what was decided about this entry.")
@click.option("--since", metavar="TIME", help="Only what was decided since.")
@click.option("--verify", is_flag=True, help="Prove that nothing of the record was changed.")
@common
def audit(call: Call, entry: str | None, since: str | None, verify: bool) -> int:
    """Who decided what, when and why; sealed once a day by a chain of hashes."""
    if call.context.invoked_subcommand is not None:
        return 0
    if verify:
        return _verify(call)
    from syndicate.adapters.store import audit as store

    after = moment(since, call.zone, "--since") if since else None
    with call.app.database.read() as conn:
        id = find(conn, entry).id if entry else None
        found = list(store.records(conn, id, after))
    if call.json:
        terminal.document(
            [
                {"number": n, "entry": made.entry, **shapes.decision(made, call.zone)}
                for n, made in found
            ]
        )
        return 0
    for _, made in found:
        at = made.at.astimezone(call.zone).strftime("%Y-%m-%d %H:%M")
        terminal.say(f"{at}  {made.entry}  {made.what}: {made.reason} (by {made.by})")
    return 0


def _verify(call: Call) -> int:
    from syndicate.jobs import audit as job

    proof = job.prove(call.app.database)
    if call.json:
        terminal.document(
            {
                "seals": proof.seals,
                "sealed": proof.sealed,
                "unsealed": proof.unsealed,
                "broken": list(proof.broken),
            }
        )
    else:
        for reason in proof.broken:
            terminal.say(reason)
        terminal.say(
            f"{proof.sealed} decisions under {proof.seals} seals, {proof.unsealed} not sealed yet; "
            + (f"{len(proof.broken)} broken" if proof.broken else "nothing was changed")
        )
    return 1 if proof.broken else 0


@audit.command()
@click.argument("id")
@click.option("--out", type=click.Path(path_type=Path), help="Where to; else ID.zip here.")
@common
def export(call: Call, id: str, out: Path | None) -> None:
    """One entry's whole file as a zip, for a dispute."""
    from syndicate.jobs import audit as job

    with call.app.database.read() as conn:
        entry = find(conn, id)
    path = out or Path(f"{entry.id}.zip")
    path.write_bytes(job.export(call.app.database, call.settings, entry))
    if call.json:
        terminal.document({"entry": entry.id, "file": str(path)})
    elif not call.quiet:
        terminal.say(f"wrote {path}")


COMMANDS = {"audit": audit}
